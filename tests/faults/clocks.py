"""Clocks that step: libfaketime, loaded into a replica, adds to the wall clock what a file says. Time that
passes (the monotonic clock) stays true, as it does on a machine whose clock is set."""

from pathlib import Path

import libfaketime

LIBRARY = Path(libfaketime.__file__).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
RIGHT = "+0"


def environment(file: Path) -> dict[str, str]:
    """Return what gives a process a clock that is set by a file; it is right at first."""
    file.write_text(RIGHT)
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def step(file: Path, seconds: float) -> None:
    """Let the clock be so many seconds ahead of the right one; 0: right again."""
    file.write_text(f"{seconds:+.0f}" if seconds else RIGHT)
