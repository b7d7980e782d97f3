"""The repository is complete: nothing in it points to what only stands beside it on somebody's machine."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIMBING = re.compile(r"(?<![\w.])\.\.(?![\w.])(?:/\.\.)*(?:/[\w.-]*\w)*")
OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work)/\w")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> dict[Path, str]:
    return {path: path.read_text(errors="ignore") for path in tracked() if path.suffix != ".png"}


def test_a_path_that_climbs_stays_inside_and_names_something() -> None:
    astray = []
    for path, text in texts().items():
        for climb in CLIMBING.findall(text):
            target = (path.parent / climb).resolve()
            if not (target.is_relative_to(ROOT) and target.exists()):
                astray.append(f"{path.relative_to(ROOT)}: {climb}")
    assert astray == []


def test_no_path_is_one_of_somebodys_machine() -> None:
    found = [path.relative_to(ROOT) for path, text in texts().items() if OF_A_MACHINE.search(text)]
    assert found == []


def test_a_link_in_the_file_system_stays_inside() -> None:
    assert [path for path in tracked() if not path.resolve().is_relative_to(ROOT)] == []
