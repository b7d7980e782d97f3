"""What is installed at a tag says that it is of that tag, wherever it says so."""

import json
from pathlib import Path

import pytest
from stack.layout import SERVICES
from support.released import ROOT, Copy, copy

PACKAGES = (*SERVICES, "chassis", "contracts", "words", "opdrachtctl", "stack")
VERSIONS = f"""
import json
from importlib.metadata import version
print(json.dumps([version(name) for name in {PACKAGES}]))
"""
DOCUMENTS = """
import json
from support.openapi import apps
print(json.dumps({name: app.openapi()["info"]["version"] for name, app in apps().items()}))
"""


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a copy at the tag v9.0.0, installed by its own lock."""
    made = copy(tmp_path_factory.mktemp("tagged") / "repository")
    made.git("tag", "v9.0.0")
    command = (str(ROOT / ".uv/bin/uv"), "sync", "--frozen", "--all-packages", "--no-dev", "--quiet")
    done = made.run(*command)
    assert done.returncode == 0, done.stderr
    return made


def test_every_package_has_the_version_of_the_tag(tagged: Copy) -> None:
    assert set(json.loads(_python(tagged, "-c", VERSIONS))) == {"9.0.0"}


def test_every_openapi_document_has_it(tagged: Copy) -> None:
    documents = json.loads(_python(tagged, "-c", DOCUMENTS, PYTHONPATH="tests"))
    assert documents == dict.fromkeys(SERVICES, "9.0.0")


def test_the_operators_command_tells_it(tagged: Copy) -> None:
    assert _python(tagged, "-m", "opdrachtctl", "--version") == "9.0.0\n"


def test_the_image_has_it_as_a_label_and_in_its_packages() -> None:
    build, runtime = (ROOT / "deploy/images/Dockerfile").read_text().split("\nFROM ")[1:]
    told = 'SETUPTOOLS_SCM_PRETEND_VERSION="${VERSION}"'
    assert "\nARG VERSION=" in build
    assert f"RUN {told} " in build
    assert "\nARG VERSION=" in runtime
    assert 'org.opencontainers.image.version="${VERSION}"' in runtime


def test_without_git_the_builder_says_it(tmp_path: Path) -> None:
    """As in an image, whose build has no git to ask."""
    made = copy(tmp_path / "repository")
    made.run("rm", "-r", ".git")
    command = (str(ROOT / ".uv/bin/uv"), "build", "--wheel", "--quiet", "--out-dir", "built", "contracts")
    for settings, version in (({"SETUPTOOLS_SCM_PRETEND_VERSION": "9.1.0"}, "9.1.0"), ({}, "0.0.0")):
        done = made.run(*command, **settings)
        assert done.returncode == 0, done.stderr
        assert (made.folder / f"built/contracts-{version}-py3-none-any.whl").exists()


def _python(made: Copy, *words: str, **settings: str) -> str:
    done = made.run(".venv/bin/python", *words, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout
