"""JSON Schema as Markdown: what a value is, in words."""

import json
from collections.abc import Iterable
from typing import Any

from contracts.requests import NAME_PATTERN
from contracts.values import ONE_LINE_PATTERN, STORABLE_PATTERN

from generator.markdown import code, link, one_line, paragraphs, sections, table

Schema = dict[str, Any]

PATTERNS = {
    STORABLE_PATTERN: "",
    ONE_LINE_PATTERN: ", on one line",
    NAME_PATTERN: ", on one line, without `://`",
}


def kind(schema: Schema) -> str:
    """Say in words what a value of this schema is."""
    if "$ref" in schema:
        return link(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return " or ".join(code(str(value)) for value in schema["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[several]))
    return _plain(schema)


def kind_or_default(schema: Schema) -> str:
    """Say what a value is, and what it is where it is absent."""
    default = schema.get("default")
    return kind(schema) if default is None else f"{kind(schema)}; {code(json.dumps(default))} where absent"


def _plain(schema: Schema) -> str:
    match schema.get("type"):
        case "array":
            unique = "different " if schema.get("uniqueItems") else ""
            size = _range(schema, "minItems", "maxItems", " of them")
            return f"list of {unique}{kind(schema.get('items', {}))}{size}"
        case "object":
            values = schema.get("additionalProperties")
            keys = kind(schema["propertyNames"]) if "propertyNames" in schema else "name"
            return f"object of {kind(values)} by {keys}" if isinstance(values, dict) else "object"
        case "integer" | "number" as name:
            over = f", over {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""
            return f"{name}{_range(schema, 'minimum', 'maximum', '')}{over}"
        case "string":
            return _string(schema)
        case None:
            return "anything"
        case name:
            return str(name)


def _string(schema: Schema) -> str:
    formats = {"date-time": "moment", "date": "day", "uuid": "UUID", "email": "e-mail address"}
    formats |= {"password": "secret", "file-path": "file"}
    size = _range(schema, "minLength", "maxLength", " characters")
    pattern = PATTERNS.get(schema["pattern"], f", `{schema['pattern']}`") if "pattern" in schema else ""
    return formats.get(schema.get("format", ""), "text") + size + pattern


def _range(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    if most is None:
        return f", {least} or more{unit}"
    return f", {least}–{most}{unit}" if least is not None else f", at most {most}{unit}"


def fields(schema: Schema, names: Iterable[str] | None = None) -> str:
    """Return a table of an object's fields: all, or those of `names`."""
    properties: Schema = schema.get("properties", {})
    rows = []
    for name in properties if names is None else names:
        one = properties[name]
        optional = "" if name in schema.get("required", ()) else "optional"
        rows.append((code(name), kind_or_default(one), optional, one_line(one.get("description", ""))))
    # Most fields say by their name what they are.
    width = 4 if any(row[3] for row in rows) else 3
    return table(("field", "type", "", "meaning")[:width], (row[:width] for row in rows))


def definition(name: str, schema: Schema) -> str:
    """Return the section of a schema that others refer to by its name."""
    body = fields(schema) if "properties" in schema else kind(schema)
    return sections(f"### {name}", paragraphs(schema.get("description", "")), body)
