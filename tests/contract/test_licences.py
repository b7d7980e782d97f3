"""What an image carries may be passed on: its licences ask for nothing but to be named."""

import re
import subprocess
from importlib.metadata import metadata
from pathlib import Path

import pytest
from stack.layout import SERVICES

ROOT = Path(__file__).parents[2]
# Of code that is used unchanged as a package: its file-level copyleft asks nothing of ours.
UNCHANGED = {"certifi": "MPL", "orjson": "MPL-2.0"}
PERMISSIVE = re.compile(
    r"MIT(-0)?( License)?|Apache(-2\.0| Software License)|(3-Clause )?BSD(-[23]-Clause| License)?|0BSD"
    r"|ISC( License \(ISCL\))?|PSF-2\.0|Python Software Foundation License|(The )?Unlicense( \(Unlicense\))?"
    r"|Zlib|CC0-1\.0|OSI Approved"
)


def packages(name: str) -> list[str]:
    """Return what is installed into the image of a package."""
    command = [
        ".uv/bin/uv",
        "export",
        "--quiet",
        "--frozen",
        "--no-dev",
        "--no-hashes",
        "--no-emit-workspace",
    ]
    done = subprocess.run([*command, "--package", name], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if "==" in line and "win32" not in line]
    return [line.partition("==")[0] for line in lines if "emscripten" not in line]


def licences(package: str) -> list[str]:
    """Return the licences of an installed package, as it names them."""
    said = metadata(package)
    for expression in said.get_all("License-Expression") or ():
        return re.split(r" AND | OR ", re.sub(r"[()]", "", str(expression)))
    named = [one for one in said.get_all("Classifier") or () if one.startswith("License :: ")]
    return [one.rpartition(" :: ")[2] for one in named] or said.get_all("License") or ["nothing"]


@pytest.mark.parametrize("image", [*SERVICES, "opdrachtctl"])
def test_each_package_of_an_image_may_be_passed_on(image: str) -> None:
    found = packages(image)
    assert len(found) > 30
    for package in found:
        for licence in licences(package):
            known = UNCHANGED.get(package)
            assert PERMISSIVE.fullmatch(licence) or (known and known in licence), f"{package}: {licence}"
