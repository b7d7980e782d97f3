"""The last release's own code, from git, in an environment of its own beside the checkout's."""

import fcntl
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = ROOT / "deploy" / "last-release"
KEPT = ROOT / ".last-release"


def commit() -> str:
    """Return the commit that deploy/last-release names."""
    lines = [line for line in NAMED.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1, f"{NAMED} must name one commit"
    assert re.fullmatch("[0-9a-f]{40}", lines[0]), (
        f"{NAMED} must name a commit in full, 40 hexadecimal digits"
    )
    return lines[0]


def name() -> str:
    """Return the commit in short, as tests name it."""
    return commit()[:7]


def python() -> Path:
    """Return the last release's Python, with its packages as its own lock has them.

    The first time it is made, in some ten seconds; it is kept until deploy/last-release names another commit.
    """
    folder = KEPT / commit()
    program = folder / ".venv" / "bin" / "python"
    with _one_at_a_time():
        if not (folder / "complete").exists():
            for other in KEPT.iterdir():
                if other.is_dir():
                    shutil.rmtree(other)
            _check_out(folder)
            uv = ROOT / ".uv" / "bin" / "uv"
            _run(
                str(uv), "sync", "--frozen", "--all-packages", "--no-dev", "--quiet", "--project", str(folder)
            )
            (folder / "complete").touch()
    return program


def _check_out(folder: Path) -> None:
    wanted = commit()
    if not _has(wanted):  # a shallow clone: a server gives a single commit too
        subprocess.run(["git", "fetch", "--quiet", "--depth=1", "origin", wanted], cwd=ROOT, check=False)
    assert _has(wanted), (
        f"{NAMED.relative_to(ROOT)} names {wanted}, which is not in this clone and not given by `origin`:"
        " fetch it (git fetch --unshallow), for what is tested is this release beside that one"
    )
    with tarfile.open(fileobj=BytesIO(_run("git", "archive", "--format=tar", wanted))) as archive:
        archive.extractall(folder, filter="data")


def _has(wanted: str) -> bool:
    asked = ["git", "cat-file", "-e", f"{wanted}^{{commit}}"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _run(*command: str) -> bytes:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode()}"
    return done.stdout


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
