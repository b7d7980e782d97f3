"""The images of a release, by digest: `release publish` writes them down, `notes` and `pin` read them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from releasing.repository import Refused

PACKAGES = ("profiles", "assignments", "matching", "notifications", "desk", "opdrachtctl")
BY_DIGEST = re.compile(r"(?P<name>[^@\s]+)@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Images:
    """A release's version, its commit, and of each package `registry/name@sha256:…`."""

    version: str
    revision: str
    by_package: dict[str, str]

    def write(self, file: Path) -> None:
        """Write them down."""
        content = {"version": self.version, "revision": self.revision, "images": self.by_package}
        file.write_text(json.dumps(content, indent=2) + "\n")


def read(file: Path) -> Images:
    """Return what was written down; raises Refused where an image is missing or has no digest."""
    content = json.loads(file.read_text())
    images: dict[str, str] = content["images"]
    for package in PACKAGES:
        if not BY_DIGEST.fullmatch(images.get(package, "")):
            raise Refused(f"{file} names no image of {package} by digest")
    return Images(content["version"], content["revision"], images)
