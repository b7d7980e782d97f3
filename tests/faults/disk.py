"""A small disk for PostgreSQL, which can be filled: a file system in memory, where we may mount one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = "768m"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount one on a folder until the end of the block; tell whether that could be done."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode:
        print("no disk could be mounted here: a full one is told by PostgreSQL alone", file=sys.stderr)
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Take all that is left on a folder's disk until the end of the block."""
    filler, size = folder / "filler", 0
    try:
        with filler.open("wb") as file:
            for step in (1 << 24, 1 << 16):  # large ones, then the rest
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), size, step)
                        size += step
        yield
    finally:
        filler.unlink()
