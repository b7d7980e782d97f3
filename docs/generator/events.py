"""The page on topics and events, from the contracts."""

from contracts.documents import HEADERS
from contracts.events import TYPES
from contracts.topics import DEAD_RETENTION_DAYS, PARTITIONS, TOPICS, Topic
from pydantic import BaseModel

from generator.markdown import code, link, page, paragraphs, sections, table
from generator.schemas import Schema, definition, fields

INTRODUCTION = """
CloudEvents 1.0 over Kafka in binary mode: the headers hold the event's attributes, the value its data as
JSON, and the key the identifier of what the event is about. A contract grows by adding fields, and consumers
ignore fields that they do not know; a change that breaks it is a new `.v2` beside the old. The same stands,
for programs, in [asyncapi.json](../../contracts/asyncapi.json) and the [schemas](../../contracts/schemas).
"""


def render() -> str:
    """Return the page as Markdown."""
    shared: Schema = {}
    for model in TYPES.values():
        shared |= model.model_json_schema().get("$defs", {})
    return page(
        "Events",
        INTRODUCTION,
        f"Headers: {', '.join(map(code, HEADERS))}; and `traceparent` where the event is part of a trace.",
        "## Topics",
        table(("topic", "key", "written by", "read by", "kept", "events"), map(_topic, TOPICS)),
        f"Each has {PARTITIONS} partitions. What a consumer group cannot digest goes to `TOPIC.GROUP.dead`:\n"
        f"one partition, records kept for {DEAD_RETENTION_DAYS} days.",
        "## Events",
        *(_event(name, model) for name, model in TYPES.items()),
        "## Values",
        *(definition(name, shared[name]) for name in sorted(shared)),
    )


def _topic(topic: Topic) -> tuple[str, ...]:
    kept = f"{topic.retention_days} days" if topic.retention_days else "the latest of each key (compacted)"
    names = [link(name) for name in topic.types]
    if topic.tombstone:
        names.append(f"`{topic.tombstone}`: a record without a value, which erases its key")
    return (
        code(topic.name),
        ", ".join(
            (code(topic.key), *(f"{code(key)} in {code(kind)}" for kind, key in topic.other_keys.items()))
        ),
        ", ".join(topic.producers),
        ", ".join(topic.consumers),
        kept,
        ", ".join(names),
    )


def _event(name: str, model: type[BaseModel]) -> str:
    base = next((other for other, parent in TYPES.items() if parent in model.__mro__[1:]), None)
    known = TYPES[base].model_fields if base else {}
    added = [field for field in model.model_fields if field not in known]
    return sections(
        f"### {name}",
        paragraphs(model.__doc__ or ""),
        f"The fields of {link(base)}{', and:' if added else '.'}" if base else "",
        fields(model.model_json_schema(), added),
        f"[A record of it](../../contracts/samples/{name}.1.json)",
    )
