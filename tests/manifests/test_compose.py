"""The topology for Docker: what can be held without Docker."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from stack.layout import SERVICES

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "compose.yaml").read_text())
BUILT: dict[str, Any] = {name: it for name, it in COMPOSE["services"].items() if "build" in it}


def test_every_service_is_built() -> None:
    assert {*SERVICES, "setup"} == BUILT.keys()


@pytest.mark.parametrize("name", BUILT)
def test_a_command_replaces_the_entry_point_of_the_image(name: str) -> None:
    """The image's own takes what follows as arguments of the package, so `sh -c …` would be refused."""
    assert BUILT[name]["entrypoint"] == []
    assert BUILT[name]["command"][:2] == ["sh", "-c"]
