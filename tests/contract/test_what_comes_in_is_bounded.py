"""Whatever a body or a parameter may hold has an end: every list, number and text of every request.

Headers and paths have theirs from the server, which takes 16 KiB of them in all.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter
from support.openapi import apps

OPENAPI = Path(__file__).parents[2] / "contracts/openapi"
DOCUMENTS = {path.stem: json.loads(path.read_text()) for path in sorted(OPENAPI.glob("*.json"))}
LARGEST = 2**63 - 1
Schema = dict[str, Any]


def requests(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every schema of a query's parameter or a body, with where it is."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    yield f"{method} {path} ?{parameter['name']}", parameter["schema"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}", content["schema"]


def unbounded(schema: Schema, where: str, document: Schema, seen: set[str]) -> Iterator[str]:
    """Yield where a schema has no end, each definition once."""
    if reference := schema.get("$ref"):
        if reference not in seen:
            seen.add(reference)
            name = reference.rpartition("/")[2]
            yield from unbounded(document["components"]["schemas"][name], name, document, seen)
        return
    for kind in ("anyOf", "allOf", "oneOf"):
        for part in schema.get(kind, ()):
            yield from unbounded(part, where, document, seen)
    match schema.get("type"):
        case "array":
            if "maxItems" not in schema:
                yield where
            yield from unbounded(schema.get("items", {}), f"{where}/-", document, seen)
        case "object":
            others = schema.get("additionalProperties", False)
            if isinstance(others, dict):
                if "maxProperties" not in schema:
                    yield where
                yield from unbounded(others, f"{where}/*", document, seen)
            for name, part in schema.get("properties", {}).items():
                yield from unbounded(part, f"{where}/{name}", document, seen)
        case "string":
            if not schema.keys() & {"maxLength", "enum", "const", "format"}:
                yield where
        case "integer" | "number":
            most = schema.get("maximum") or schema.get("exclusiveMaximum") or LARGEST + 1
            if not (schema.keys() & {"enum", "const"} or most <= LARGEST):
                yield where


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_list_number_and_text_that_comes_in_has_an_end(service: str) -> None:
    document, seen = DOCUMENTS[service], set[str]()
    found = [at for where, schema in requests(document) for at in unbounded(schema, where, document, seen)]
    assert found == []


def parameters(dependant: Dependant) -> Iterator[Any]:
    yield from (*dependant.query_params, *dependant.path_params, *dependant.header_params)
    yield from (*dependant.body_params, *dependant.cookie_params)
    for dependency in dependant.dependencies:
        yield from parameters(dependency)


def test_every_number_that_any_route_takes_has_an_end() -> None:
    """Those of the desk's pages too, which are in no document."""
    seen, endless = 0, set()
    for service, app in apps().items():
        for route in iter_route_contexts(app.routes):
            dependant = getattr(route, "dependant", None)
            for parameter in () if dependant is None else parameters(dependant):
                seen += 1
                info = parameter.field_info
                kind: Any = Annotated[info.annotation, None, *info.metadata]
                schema = str(TypeAdapter(kind).json_schema())
                if "'integer'" in schema and not ("'maximum'" in schema or "'enum'" in schema):
                    endless.add((service, route.path, parameter.name))
    assert endless == set()
    assert seen > 100


def test_what_has_no_end_is_seen() -> None:
    document: Schema = {"components": {"schemas": {"Name": {"type": "string"}}}}
    schema: Schema = {
        "type": "object",
        "properties": {
            "names": {"type": "array", "maxItems": 3, "items": {"$ref": "#/components/schemas/Name"}},
            "all": {"type": "array", "items": {"type": "integer"}},
            "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "points": {"type": "object", "additionalProperties": {"type": "number", "maximum": 5}},
        },
    }
    assert list(unbounded(schema, "x", document, set())) == ["Name", "x/all", "x/all/-", "x/points"]
