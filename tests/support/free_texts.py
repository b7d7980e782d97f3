"""Where people may write what they like: in bodies of requests, and in events."""

from collections.abc import Iterator, Mapping
from typing import Any

BOUND = {"enum", "const", "format", "contentMediaType"}


def of_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the place of each free text: fields with slashes between. What a word list, an id, a day, a
    moment or an address is, is none; an e-mail address is one."""
    if "$ref" in schema:
        yield from of_schema(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, at)
    if schema.get("type") == "string" and (not BOUND & schema.keys() or schema.get("format") == "email"):
        yield at
    for kind in ("anyOf", "allOf", "oneOf"):
        for one in schema.get(kind, ()):
            yield from of_schema(one, definitions, at)
    if "items" in schema:
        yield from of_schema(schema["items"], definitions, at)
    for name, one in schema.get("properties", {}).items():
        yield from of_schema(one, definitions, f"{at}/{name}")


def of_api(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the free texts of each operation's body in an OpenAPI document, by `POST /profiles`."""
    definitions = document["components"]["schemas"]
    found: dict[str, set[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                texts = set(of_schema(content["schema"], definitions))
                if texts:
                    found.setdefault(f"{method.upper()} {path}", set()).update(texts)
    return found
