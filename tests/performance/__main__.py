"""`make bench`: what the platform does on this machine, as tables and as bench.json in STACK_DIR.

`python -m performance engine` measures one part alone, and then writes that part's rows only.
"""

import os
import sys
from pathlib import Path

from performance import career, desk, engine, example, growing, mail, scale, service
from performance.rows import alone, show, write
from support.stacks import a_folder_for_all

PARTS = {
    "example": example.run,
    "engine": engine.run,
    "career": career.run,
    "service": service.run,
    "scale": scale.run,
    "mail": mail.run,
    "desk": desk.run,
    "growing": growing.run,
}


def main() -> None:
    """Measure, print and write."""
    rows = [alone("processors", os.cpu_count() or 1, "processors")]
    for name in sys.argv[1:] or PARTS:
        rows.append(alone(f"load_before_{name}", os.getloadavg()[0], "processes"))
        with a_folder_for_all("bench-") as folder:
            measured = PARTS[name](folder)
        show(measured, f"{name}, on this machine, now")
        rows += measured
    write(rows, Path(os.environ.get("STACK_DIR", ".stack")))


if __name__ == "__main__":
    main()
