"""The page on the HTTP APIs, from the OpenAPI documents."""

import json
from collections.abc import Iterator
from pathlib import Path

from generator.markdown import code, one_line, page, paragraphs, sections, table
from generator.schemas import Schema, definition, kind

OPENAPI = Path(__file__).parents[2] / "contracts/openapi"
METHODS = ("get", "post", "put", "patch", "delete")
INTRODUCTION = """
What each service answers, from its [OpenAPI document](../../contracts/openapi); a running service shows the
same at `/docs`, where every operation can be tried.
"""


def http() -> str:
    """Return the page."""
    documents = {path.stem: json.loads(path.read_text()) for path in sorted(OPENAPI.glob("*.json"))}
    shared: Schema = {}
    for service, document in documents.items():
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            if shared.setdefault(name, schema) != schema:
                raise ValueError(f"{service} has another {name} than the services before it: rename one")
    return page(
        "HTTP APIs",
        INTRODUCTION,
        *(_service(service, document) for service, document in documents.items()),
        "## Values",
        *(definition(name, shared[name]) for name in sorted(shared)),
    )


def _service(service: str, document: Schema) -> str:
    return sections(
        f"## {service}",
        document["info"].get("description", ""),
        *(
            _operation(f"{method.upper()} {path}", operations[method])
            for path, operations in document["paths"].items()
            for method in METHODS
            if method in operations
        ),
    )


def _operation(heading: str, operation: Schema) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    return sections(
        f"### {heading}",
        operation.get("summary", ""),
        paragraphs(operation.get("description", "")),
        table(("parameter", "in", "type", "", "meaning"), map(_parameter, operation.get("parameters", ()))),
        f"Body: {_contents(body)}" if body else "",
        table(("status", "answer", "meaning"), _answers(operation["responses"])),
    )


def _parameter(parameter: Schema) -> tuple[str, ...]:
    optional = "" if parameter.get("required") else "optional"
    meaning = one_line(parameter.get("description", ""))
    return code(parameter["name"]), parameter["in"], kind(parameter["schema"]), optional, meaning


def _contents(content: Schema) -> str:
    return ", or ".join(f"{kind(one.get('schema', {}))} as `{media}`" for media, one in content.items())


def _answers(responses: Schema) -> Iterator[tuple[str, str, str]]:
    for status, answer in responses.items():
        yield status, _contents(answer.get("content", {})), one_line(answer.get("description", ""))
