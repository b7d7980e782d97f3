"""What git knows of the working tree that the command is given in."""

import re
import subprocess
from pathlib import Path

LAST_RELEASE = Path("deploy/last-release")
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Refused(Exception):
    """What was asked is not done; the text says why, and what would do."""


def git(*words: str) -> str:
    """Return what git prints; raises Refused with its own words."""
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout


def root() -> Path:
    """Return the folder of the repository that one is in."""
    return Path(git("rev-parse", "--show-toplevel").strip())


def order_of(version: str) -> tuple[int, ...]:
    """Return a version as numbers that compare; raises Refused for what is none."""
    found = VERSION.fullmatch(version)
    if found is None:
        raise Refused(f"{version} is no version: three numbers, such as 0.2.0")
    return tuple(int(number) for number in found.groups())


def released() -> list[str]:
    """Return the versions that have a tag, the oldest first."""
    tags = (tag.removeprefix("v") for tag in git("tag", "--list", "v*").split())
    return sorted((tag for tag in tags if VERSION.fullmatch(tag)), key=order_of)


def before(version: str | None) -> str:
    """Return the commit or tag that a release follows (None: the one to come).

    Before the first that is what `deploy/last-release` names.
    """
    earlier = [one for one in released() if version is None or order_of(one) < order_of(version)]
    if earlier:
        return f"v{earlier[-1]}"
    lines = (root() / LAST_RELEASE).read_text().splitlines()
    return next(line for line in lines if line and not line.startswith("#"))
