"""A release from its cut to its pinned overlays, on a copy of this repository, without a registry."""

import hashlib
import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from releasing import changelog
from releasing.changes import changes, faults
from releasing.images import PACKAGES
from releasing.publishing import SCANNER
from releasing.repository import before, released
from support.released import ROOT, Copy, copy

REGISTRY = "registry.example.org/of-a-test"
# Stands for docker: writes down what it is told, and a digest where it is asked for one.
DOCKER = """#!/usr/bin/env python3
import hashlib, json, os, sys
with open(os.environ["TOLD"], "a") as told:
    told.write(json.dumps(sys.argv) + "\\n")
if "--metadata-file" in sys.argv:
    name = sys.argv[sys.argv.index("--tag") + 1]
    digest = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    with open(sys.argv[sys.argv.index("--metadata-file") + 1], "w") as written:
        json.dump({"containerimage.digest": digest}, written)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a copy in which 9.0.0 is cut, whose changelog had nothing amiss."""
    made = copy(tmp_path_factory.mktemp("released") / "repository")
    made.release("cut", "9.0.0")
    return made


@pytest.fixture
def another(tmp_path: Path) -> Copy:
    """Return a copy of one's own in which 9.0.0 is tagged, and nothing unreleased."""
    made = copy(tmp_path / "repository")
    file = made.folder / "CHANGELOG.md"
    file.write_text(file.read_text().replace("## Unreleased\n", "## Unreleased\n\n## 9.0.0 - 2026-01-01\n"))
    made.commit("Release 9.0.0")
    made.git("tag", "v9.0.0")
    return made


def test_what_is_unreleased_says_who_goes_first_which_tables_change_and_the_way_back() -> None:
    section = changelog.section((ROOT / "CHANGELOG.md").read_text(), changelog.UNRELEASED)
    assert section is not None
    assert [*faults(section, changes(before(None)))] == []


def test_so_does_every_release() -> None:
    written = changelog.sections((ROOT / "CHANGELOG.md").read_text())
    assert [one.name for one in written if one.day] == released()[::-1], (
        "each tag has a section, and it a tag"
    )
    for version in released():
        section = changelog.section((ROOT / "CHANGELOG.md").read_text(), version)
        assert section is not None
        assert [*faults(section, changes(before(version), f"v{version}"))] == [], version


def test_a_cut_moves_what_was_unreleased_and_tags_it_with_its_notes(repository: Copy) -> None:
    text = (repository.folder / "CHANGELOG.md").read_text()
    unreleased, section, *_ = changelog.sections(text)
    assert (unreleased.name, unreleased.body) == ("Unreleased", "")
    assert section.name == "9.0.0"
    assert section.day is not None
    assert repository.git("describe").strip() == "v9.0.0"
    assert repository.git("status", "--porcelain", "--untracked-files=no") == ""
    tag = repository.git("tag", "--list", "--format=%(contents)", "v9.0.0")
    assert tag.strip() == repository.release("notes", "9.0.0").strip()


def test_notes_tell_topics_events_with_who_reads_them_and_migrations(repository: Copy) -> None:
    notes = repository.release("notes", "9.0.0")
    assert notes.startswith("# 9.0.0\n")
    assert "- **Order**: `desk`, `notifications`, `matching`, `profiles`, `assignments`" in notes
    assert "KeyMade.v1 (profiles → desk, matching, notifications)" in notes
    assert "| migrations of assignments | 0003_drafts.sql" in notes


@pytest.mark.parametrize(("version", "why"), [("9.0.0", "does not come after"), ("1.0", "no version")])
def test_a_version_that_was_or_is_none_is_refused(repository: Copy, version: str, why: str) -> None:
    refused = repository.try_release("cut", version)
    assert refused.returncode == 1
    assert why in refused.stderr
    assert repository.git("describe").strip() == "v9.0.0"


def test_nothing_is_released_twice(another: Copy) -> None:
    refused = another.try_release("cut", "9.1.0")
    assert refused.returncode == 1
    assert "nothing stands under" in refused.stderr


def test_a_change_that_is_not_committed_is_not_released(another: Copy) -> None:
    _say(another, "### Fixed\n\n- Something.")
    (another.folder / "README.md").write_text("something else")
    refused = another.try_release("cut", "9.1.0")
    assert refused.returncode == 1
    assert "not committed" in refused.stderr


def test_a_contract_that_changed_is_not_released_without_who_goes_first(another: Copy) -> None:
    _change_a_contract(another)
    _say(another, "### Added\n\n- Something.")
    refused = another.try_release("cut", "9.1.0")
    assert refused.returncode == 1
    assert "it lacks desk, matching, notifications" in refused.stderr
    assert "`- **Back**: …`" in refused.stderr
    upgrade = (
        "### Upgrade\n\n- **Order**: `desk`, `notifications`, `matching`.\n- **Back**: the other way about.\n"
    )
    _say(another, f"{upgrade}\n### Added\n\n- Something.")
    another.release("cut", "9.1.0")
    assert "changed events | MatchDecided.v1 (matching → desk, notifications)" in another.release(
        "notes", "9.1.0"
    )


def test_an_event_that_is_written_before_its_reader_is_there_is_not_released_without_a_word(
    another: Copy,
) -> None:
    _add_an_event(another)
    said = "- **Back**: the other way about.\n"
    _say(another, f"### Upgrade\n\n- **Order**: `matching`, `notifications`, `desk`.\n{said}")
    refused = another.try_release("check")
    assert refused.returncode == 1
    assert "MatchSlept.v1 is new; matching goes before desk" in refused.stderr
    _say(another, f"### Upgrade\n\n- **Order**: `desk`, `notifications`, `matching`.\n{said}")
    another.release("check")


def test_a_migration_is_not_released_without_its_service(another: Copy) -> None:
    folder = another.folder / "services/profiles/src/profiles/migrations"
    (folder / "9999_more.sql").write_text("SELECT 1;\n")
    another.commit("A migration")
    _say(another, "### Upgrade\n\n- **Back**: as it is.\n")
    refused = another.try_release("check")
    assert refused.returncode == 1
    assert "must name profiles: 9999_more.sql" in refused.stderr


def test_images_are_built_of_the_tag_with_what_is_in_them_and_who_made_them(
    repository: Copy, tmp_path: Path
) -> None:
    told = _publish(repository, tmp_path, "--sign")
    builds = [words for words in told if words[1:3] == ["buildx", "build"]]
    assert len(builds) == len(PACKAGES)
    revision = repository.git("rev-parse", "HEAD").strip()
    for package, words in zip(PACKAGES, builds, strict=True):
        given = [*itertools.pairwise(words)]
        for value in (f"PACKAGE={package}", "VERSION=9.0.0", f"REVISION={revision}"):
            assert ("--build-arg", value) in given
        assert ("--attest", f"type=sbom,generator={SCANNER}") in given
        assert ("--attest", "type=provenance,mode=max") in given
        assert "--push" in words
    written = json.loads((tmp_path / "images.json").read_text())
    assert written["images"] == {package: _image(package) for package in PACKAGES}
    (signed,) = [words for words in told if Path(words[0]).name == "cosign"]
    assert signed[1:] == ["sign", "--yes", "--recursive", *written["images"].values()]


def test_images_of_something_else_than_the_tag_are_refused(another: Copy, tmp_path: Path) -> None:
    another.commit("Something after it")
    refused = another.try_release("publish", "9.0.0", REGISTRY)
    assert refused.returncode == 1
    assert "this is not v9.0.0" in refused.stderr


def test_pinned_overlays_name_every_image_of_ours_by_digest(repository: Copy, tmp_path: Path) -> None:
    _publish(repository, tmp_path)
    folders = sorted((repository.folder / "deploy/kubernetes/overlays").iterdir())
    named = [str(folder / "kustomization.yaml") for folder in folders]
    repository.release("pin", str(tmp_path / "images.json"), *named)
    for folder in folders:
        command = [str(ROOT / ".tools/kustomize"), "build", str(folder)]
        rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        images = {
            container["image"]
            for manifest in yaml.safe_load_all(rendered)
            for container in _containers(manifest)
            if "opdrachten/" in container["image"] or REGISTRY in container["image"]
        }
        assert images == {_image(package) for package in PACKAGES}, folder.name
    assert _image("matching") in repository.release(
        "notes", "9.0.0", "--images", str(tmp_path / "images.json")
    )


def test_the_workflow_attests_every_image_and_builds_none_before_the_tests_passed() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert jobs["provenance"]["strategy"]["matrix"]["package"] == [*PACKAGES]
    assert jobs["images"]["needs"] == "test"
    assert jobs["publish"]["needs"] == ["images", "provenance"]
    assert (ROOT / jobs["test"]["uses"]).exists()


def _publish(repository: Copy, folder: Path, *more: str) -> list[list[str]]:
    """Publish by programs that stand for docker and cosign; return what they were told."""
    for name in ("docker", "cosign"):
        (folder / name).write_text(DOCKER)
        (folder / name).chmod(0o755)
    (folder / "told").unlink(missing_ok=True)
    path = f"{folder}:{os.environ['PATH']}"
    images = str(folder / "images.json")
    repository.release(
        "publish", "9.0.0", REGISTRY, "--images", images, *more, PATH=path, TOLD=str(folder / "told")
    )
    return [json.loads(line) for line in (folder / "told").read_text().splitlines()]


def _image(package: str) -> str:
    name = f"{REGISTRY}/{package}"
    return f"{name}@sha256:{hashlib.sha256(f'{name}:9.0.0'.encode()).hexdigest()}"


def _containers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
    if manifest["kind"] == "CronJob":
        pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return [*pod.get("containers", ()), *pod.get("initContainers", ())]


def _say(repository: Copy, body: str) -> None:
    """Write what is unreleased, and commit it."""
    file = repository.folder / "CHANGELOG.md"
    text = file.read_text()
    start, end = text.index("## Unreleased\n"), text.index("## 9.0.0 - ")
    file.write_text(f"{text[:start]}## Unreleased\n\n{body}\n\n{text[end:]}")
    repository.commit("What is said")


def _change_a_contract(repository: Copy) -> None:
    file = repository.folder / "contracts/schemas/MatchDecided.v1.json"
    file.write_text(
        file.read_text().replace('"title": "MatchDecided.v1"', '"title": "MatchDecided.v1", "a": 1')
    )
    repository.commit("A contract changes")


def _add_an_event(repository: Copy) -> None:
    folder = repository.folder / "contracts"
    (folder / "schemas/MatchSlept.v1.json").write_text("{}\n")
    document = json.loads((folder / "asyncapi.json").read_text())
    document["channels"]["matches"]["messages"]["MatchSlept.v1"] = {}
    (folder / "asyncapi.json").write_text(json.dumps(document))
    repository.commit("A new event")
