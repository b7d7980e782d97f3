"""The page on the HTTP APIs, from the OpenAPI documents."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from generator.markdown import code, one_line, page, paragraphs, sections, table
from generator.schemas import Schema, definition, kind, kind_or_default

OPENAPI = Path(__file__).parents[2] / "contracts/openapi"
PROBLEM = "application/problem+json"
REFERENCE = "#/components/schemas/"
METHODS = ("get", "post", "put", "patch", "delete")
INTRODUCTION = """
What each service answers, from its [OpenAPI document](../../contracts/openapi); a running service shows the
same at `/docs`, where every operation can be tried.

`HEAD` answers wherever `GET` does, without a body. A text in a body must not contain directional control
characters (U+202A to U+202E, U+2066 to U+2069). The domain of an e-mail address is stored in ASCII (IDNA
2008); letters beyond ASCII before the @ are taken where [`ALLOW_SMTPUTF8`](settings.md) is set. A moment is
written in any form of RFC 3339.

A body holds at most 1 MiB, a form 512 KiB (413 over that). JSON has at most 70,000 values and 20,000
names, an object each name once and at most 100 of them. A problem tells the first hundred errors. Every
operation may answer 429, with `Retry-After`, to a person or an address that sends more requests a second
than [`RATE_LIMIT_SUBJECT` and `RATE_LIMIT_ADDRESS`](settings.md) allow. Paths have no slash at their end.
"""


def render() -> str:
    """Return the page as Markdown."""
    documents = {path.stem: json.loads(path.read_text()) for path in sorted(OPENAPI.glob("*.json"))}
    while names := _ambiguous(documents.values()):
        documents = {service: _qualified(document, names, service) for service, document in documents.items()}
    shared = {name: schema for document in documents.values() for name, schema in _schemas(document).items()}
    return page(
        "HTTP APIs",
        INTRODUCTION,
        *(_service(service, document) for service, document in documents.items()),
        "## Problems",
        f"Each is a [ProblemDetails](#problemdetails) as `{PROBLEM}`.",
        table(("status", "meaning"), _meanings(documents.values()).items()),
        "## Values",
        *(definition(name, shared[name]) for name in sorted(shared)),
    )


def _schemas(document: Schema) -> Schema:
    schemas: Schema = document.get("components", {}).get("schemas", {})
    return schemas


def _ambiguous(documents: Iterable[Schema]) -> set[str]:
    """Return the names that stand for different schemas in different documents."""
    first: Schema = {}
    return {
        name
        for document in documents
        for name, schema in _schemas(document).items()
        if first.setdefault(name, schema) != schema
    }


def _qualified(document: Schema, names: set[str], service: str) -> Schema:
    """Return the document with its service behind these names; the references to them follow."""
    text = json.dumps(document)
    for name in names:
        text = text.replace(f'"{REFERENCE}{name}"', f'"{REFERENCE}{name} of {service}"')
    qualified: Schema = json.loads(text)
    qualified["components"]["schemas"] = {
        f"{name} of {service}" if name in names else name: schema
        for name, schema in _schemas(qualified).items()
    }
    return qualified


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
    problems = sorted(_problems(operation["responses"]))
    return sections(
        f"### {heading}",
        operation.get("summary", ""),
        paragraphs(operation.get("description", "")),
        table(("parameter", "in", "type", "", "meaning"), map(_parameter, operation.get("parameters", ()))),
        f"Body: {_contents(body)}" if body else "",
        table(("status", "answer"), _answers(operation["responses"])),
        f"Problems: {', '.join(problems)}." if problems else "",
    )


def _parameter(parameter: Schema) -> tuple[str, ...]:
    optional = "" if parameter.get("required") else "optional"
    meaning = one_line(parameter.get("description", ""))
    return code(parameter["name"]), parameter["in"], kind_or_default(parameter["schema"]), optional, meaning


def _contents(content: Schema) -> str:
    return ", or ".join(f"{kind(one.get('schema', {}))} as `{media}`" for media, one in content.items())


def _answers(responses: Schema) -> Iterator[tuple[str, str]]:
    problems = _problems(responses)
    for status, answer in responses.items():
        if status not in problems:
            yield status, _contents(answer.get("content", {}))


def _problems(responses: Schema) -> dict[str, str]:
    """Return the answers that are a problem (RFC 9457): status → meaning."""
    return {
        status: one_line(answer["description"])
        for status, answer in responses.items()
        if PROBLEM in answer.get("content", {})
    }


def _meanings(documents: Iterable[Schema]) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for document in documents:
        for operations in document["paths"].values():
            for method in METHODS:
                for status, meaning in _problems(operations.get(method, {}).get("responses", {})).items():
                    found.setdefault(status, {})[meaning] = None
    return {status: " Or: ".join(found[status]) for status in sorted(found)}
