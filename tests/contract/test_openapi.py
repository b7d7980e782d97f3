"""The services' OpenAPI documents: those in the repository are those of the code, and they say enough."""

import json
from typing import Any

import pytest
from contracts.requests import AssignmentRequest
from profiles.api import ProfileBody
from pydantic import BaseModel
from support.openapi import FOLDER, documents

from contracts import examples

DOCUMENTS = documents()
METHODS = {"get", "put", "post", "delete", "patch"}
NOT_JSON = {"text/html", "text/event-stream"}  # pages, and a stream


def operations(name: str) -> list[tuple[str, dict[str, Any]]]:
    paths = json.loads(DOCUMENTS[name])["paths"]
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_the_one_that_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == DOCUMENTS[name], f"{name}: run `make contracts`"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_says_what_it_does_and_what_it_answers(name: str) -> None:
    for where, operation in operations(name):
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where
        assert _errors_of(operation) <= operation["responses"].keys(), where
        for status, answer in operation["responses"].items():
            content = {kind: of for kind, of in answer.get("content", {}).items() if kind not in NOT_JSON}
            if status.startswith("2"):
                schemas = [of["schema"] for of in content.values()]
                assert status == "204" or answer["content"], where
                assert all("$ref" in schema for schema in schemas), where
            else:
                assert list(content) in ([], ["application/problem+json"]), f"{where} {status}"
                assert answer["content"], f"{where} {status}"


def _errors_of(operation: dict[str, Any]) -> set[str]:
    """Return which errors an operation has by what it asks for."""
    schemes = operation.get("security", [{}])
    if {} in schemes:
        return {"503"}
    # whoever signs in has a token, and needs no role yet
    return {"401", "503"} if operation["operationId"].startswith("sign_in") else {"401", "403", "503"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_knows_another_form_of_error(name: str) -> None:
    assert "ValidationError" not in DOCUMENTS[name]


@pytest.mark.parametrize(
    ("model", "example"), [(ProfileBody, examples.PROFILE), (AssignmentRequest, examples.ASSIGNMENT)]
)
def test_an_example_is_valid(model: type[BaseModel], example: dict[str, Any]) -> None:
    model.model_validate_json(json.dumps(example), extra="forbid")
