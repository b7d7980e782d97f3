"""A copy of this repository, its working tree as it is, in which releases can be made."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Of the one who commits in a copy, and of nobody's settings.
ENVIRONMENT = {
    **os.environ,
    **{
        f"GIT_{who}_{what}": "release@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Copy:
    """A clone with a commit of what the working tree has."""

    folder: Path

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy."""
        return subprocess.run(
            command, cwd=self.folder, env=ENVIRONMENT | settings, capture_output=True, text=True, check=False
        )

    def git(self, *words: str) -> str:
        """Return what git prints."""
        done = self.run("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def release(self, *words: str, **settings: str) -> str:
        """Return what `release` prints; it must not refuse."""
        done = self.try_release(*words, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def try_release(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `release`."""
        return self.run("deploy/release/release", *words, **settings)

    def commit(self, message: str) -> None:
        """Commit all that is there."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)


def copy(folder: Path) -> Copy:
    """Clone the repository, without its tags, and commit what is not committed here."""
    made = Copy(folder)
    done = subprocess.run(
        ["git", "clone", "--quiet", "--no-tags", "--shared", str(ROOT), str(folder)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    made.git("rm", "--quiet", "-r", "--cached", ".")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    for name in made.git("ls-files", "--others", "--exclude-standard").splitlines():
        if not (ROOT / name).exists():
            (folder / name).unlink()
    made.commit("As it is in the working tree")
    return made
