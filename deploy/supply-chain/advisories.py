"""`make advisories`: asks OSV (osv.dev) whether anything in uv.lock has a known fault; by `uv audit`.

Ends with status 1 for a fault that is not let through by `advisories.toml`, and for an entry there that has
no reason or whose day is over. Where OSV cannot be reached nothing was checked: it says so, and ends with 0,
or with `--required`, as on the servers that build what is deployed, with 1.
"""

import argparse
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONGEST = timedelta(days=180)
FAULTS, NOT_ASKED = 1, 2  # uv audit's exit codes


def faults_of(allowed: list[dict[str, Any]], today: date) -> list[str]:
    """Return what is wrong with the entries that let advisories through, a line for each."""
    faults = []
    for entry in allowed:
        name, until = entry.get("id", "an entry without an id"), entry.get("until")
        if not str(entry.get("because", "")).strip():
            faults.append(f"{name}: say why it does no harm here (because)")
        if type(until) is not date:
            faults.append(f"{name}: say until when that is believed (until, a date)")
        elif until < today:
            faults.append(f"{name}: its day was {until}; look again")
        elif until > today + LONGEST:
            faults.append(f"{name}: look again within {LONGEST.days} days")
    return faults


def main() -> int:
    """Scan, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--required", action="store_true", help="fail where OSV cannot be reached")
    parser.add_argument("--allowed", type=Path, default=HERE / "advisories.toml")
    parser.add_argument("--service", default="https://api.osv.dev/", help="the address of OSV's API")
    options = parser.parse_args()
    allowed = tomllib.loads(options.allowed.read_text()).get("allowed", [])
    faults = faults_of(allowed, datetime.now(UTC).date())
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return FAULTS
    ignored = [word for entry in allowed for word in ("--ignore", entry["id"])]
    command = [str(ROOT / ".uv/bin/uv"), "audit", "--frozen", "--service-url", options.service, *ignored]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    if done.returncode != NOT_ASKED:
        return done.returncode
    print("OSV did not answer: nothing was checked for advisories", file=sys.stderr)
    return 1 if options.required else 0


if __name__ == "__main__":
    sys.exit(main())
