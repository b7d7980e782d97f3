"""Each exception for schemathesis is of the operations that it is meant for, and of no other."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.config import OperationConfig, SchemathesisConfig
from schemathesis.core.result import Ok
from support.openapi import FOLDER

CONFIG = FOLDER.parents[1] / "tests/e2e/schemathesis.toml"


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> dict[str, OperationConfig]:
    """What holds of each operation, by its method and path."""
    monkeypatch.setenv("TOKEN", "nobody's")
    config = SchemathesisConfig.from_path(CONFIG).projects.default
    return {label: config.operations.get_for_operation(one) for label, one in operations()}


def operations() -> Iterator[tuple[str, Any]]:
    for document in sorted(FOLDER.glob("*.json")):
        for found in schemathesis.openapi.from_dict(json.loads(document.read_text())).get_all_operations():
            assert isinstance(found, Ok)
            yield found.ok().label, found.ok()


def test_what_is_wrong_is_kept_in_drafts_alone(configured: dict[str, OperationConfig]) -> None:
    kept = {name for name, one in configured.items() if not one.checks.negative_data_rejection.enabled}
    assert kept == {"POST /drafts", "PUT /drafts/{draft_id}"}


def test_an_entry_has_one_condition_as_of_two_one_would_be_enough() -> None:
    entries = tomllib.loads(CONFIG.read_text())["operations"]
    conditions = [[name for name in one if name.startswith(("include", "exclude"))] for one in entries]
    assert [one for one in conditions if len(one) != 1] == []
