"""Brings the browser's libraries from npm's registry into the package when it is built or installed.

Which ones, and the hash of each, stands in pyproject.toml: a package with another hash ends the build.
"""

import base64
import hashlib
import io
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

REGISTRY = "https://registry.npmjs.org"
SECONDS = 60


class FetchAssets(BuildHookInterface[Any]):
    """Puts the files of `[[tool.hatch.build.hooks.custom.assets]]` into src/desk/assets."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is not there yet."""
        folder = Path(self.root, "src", "desk", "assets")
        folder.mkdir(exist_ok=True)
        for asset in self.config["assets"]:
            name = f"{asset['package']}-{asset['version']}.min.js"
            if not (folder / name).exists():
                (folder / name).write_bytes(_fetch(asset))
        build_data["artifacts"].append("src/desk/assets/*.js")


def _fetch(asset: dict[str, str]) -> bytes:
    package, version = asset["package"], asset["version"]
    with urllib.request.urlopen(f"{REGISTRY}/{package}/-/{package}-{version}.tgz", timeout=SECONDS) as answer:
        archive = answer.read()
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != asset["integrity"]:
        raise ValueError(f"{package} {version} has another hash than pyproject.toml says: {found}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        member = files.extractfile(f"package/{asset['file']}")
        assert member is not None
        return member.read()
