"""The contracts as documents: a JSON Schema for each event, and an AsyncAPI document of the topics."""

import json
from pathlib import Path
from typing import Any

from contracts.events import TYPES
from contracts.topics import TOPICS, Topic

HEADERS = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type")


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of an event's data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind}.json",
        **TYPES[kind].model_json_schema(),
        "title": kind,
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document: who sends what on which topic, and who receives it."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {
        kind: {
            "name": kind,
            "contentType": "application/json",
            "headers": {
                "type": "object",
                "required": list(HEADERS),
                "properties": {name: {"type": "string"} for name in HEADERS} | {"ce_type": {"const": kind}},
            },
            "payload": {"$ref": f"./schemas/{kind}.json"},
        }
        for kind in TYPES
    }
    for topic in TOPICS:
        kinds = [*topic.types]
        if topic.tombstone:
            kinds.append(topic.tombstone)
            messages[topic.tombstone] = {
                "name": topic.tombstone,
                "summary": "A record without a value: everything of this key is erased.",
                "payload": {"type": "null"},
            }
        channels[topic.name] = {
            "address": topic.name,
            "description": f"Key: {keys(topic)}. {topic.config['cleanup.policy']}.",
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        }
        channel = {"$ref": f"#/channels/{topic.name}"}
        for producer in topic.producers:
            operations[f"{producer}-sends-{topic.name}"] = {"action": "send", "channel": channel}
        for consumer in topic.consumers:
            operations[f"{consumer}-receives-{topic.name}"] = {"action": "receive", "channel": channel}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Opdrachten",
            "version": "1",
            "description": "CloudEvents 1.0, Kafka, binary mode.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def keys(topic: Topic) -> str:
    """Return the field that is the key, and those of types that are about something else."""
    others = (f"{key} in {kind}" for kind, key in topic.other_keys.items())
    return ", ".join((topic.key, *others))


def documents() -> dict[str, str]:
    """Return every document: path below `contracts/` → text."""
    texts = {f"schemas/{kind}.json": schema(kind) for kind in TYPES}
    return {
        path: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for path, content in {**texts, "asyncapi.json": asyncapi()}.items()
    }


def write(folder: Path) -> None:
    """Write every document."""
    for path, text in documents().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
