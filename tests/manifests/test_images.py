"""Whatever is pulled is named by its digest, so that nobody else decides what runs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from support.rendered import OVERLAYS, ROOT, of_kind, pods

PINNED = re.compile(r"(?P<tag>[a-z0-9./-]+:[A-Za-z0-9._-]+)@sha256:[0-9a-f]{64}")
OWN = re.compile(
    r"(registry\.example\.org/)?opdrachten/[a-z]+[:@]"
)  # built here; a release names them by digest
NODE = "tests/kubernetes/node/"  # makes its images on this machine, and pulls none


def tracked(pattern: str) -> list[Path]:
    """Return the files of the repository whose name ends so."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if re.search(pattern, name)]


def from_dockerfiles() -> Iterator[str]:
    for file in tracked(r"(^|/)[^/]*Dockerfile[^/]*$"):
        if not file.relative_to(ROOT).as_posix().startswith(NODE):
            text = file.read_text()
            arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE))
            for base in re.findall(r"^FROM (?:--\S+ )*(\S+)", text, re.MULTILINE):
                argument = re.fullmatch(r"\$\{(\w+)\}", base)
                yield arguments[argument[1]] if argument else base


def named(content: Any) -> Iterator[str]:
    """Find images in a YAML document: whatever is under `image`, `imageName` or `container`."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in {"image", "imageName", "container"} and isinstance(value, str):
                yield value
            yield from named(value)
    elif isinstance(content, list):
        for value in content:
            yield from named(value)


def from_documents() -> Iterator[str]:
    for file in [*tracked(r"(^|/)compose[^/]*\.ya?ml$"), *tracked(r"^\.github/workflows/|^\.gitlab-ci")]:
        for document in yaml.safe_load_all(file.read_text()):
            yield from named(document)
    for overlay in OVERLAYS:
        for _, pod in pods(overlay):
            yield from named(pod)
        for manifest in of_kind(overlay, "Cluster", "Kafka", "KafkaNodePool"):
            yield from named(manifest)


def test_every_image_that_is_pulled_has_its_digest_and_a_tag_one_digest() -> None:
    images = {*from_dockerfiles(), *from_documents()}
    pulled = {image for image in images if not OWN.match(image)}
    assert {image for image in pulled if not PINNED.fullmatch(image)} == set()
    names = (
        "python:",
        "postgres:",
        "apache/kafka:",
        "axllent/mailpit:",
        "ghcr.io/cloudnative-pg/postgresql:",
    )
    for name in names:
        (_,) = {image for image in pulled if image.startswith(name)}
    assert len(pulled) == len(names)


def test_every_action_of_a_workflow_is_named_by_its_commit() -> None:
    for file in tracked(r"^\.github/workflows/"):
        for action in re.findall(r"uses: (?!\./)(\S+)", file.read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), file.name
