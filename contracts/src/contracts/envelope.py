"""CloudEvents 1.0 over Kafka, binary mode: an event's attributes are headers, its data is the value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from contracts.events import TYPE_OF, TYPES, Data
from contracts.topics import Topic
from contracts.values import UNSTORABLE, parse_moment, storable_moment

Headers = list[tuple[str, bytes]]

ATTRIBUTES = {"ce_id", "ce_source"}  # which consumers keep, by the thousand and indexed
MAX_ATTRIBUTE = 256


class Undecodable(ValueError):
    """A record that can never be digested; says why, without the record's contents."""


@dataclass(frozen=True)
class Event:
    """What one record says. `data` is None where the record erases its key (a tombstone).

    `republished`: it says what was said before, for whoever lost it (`ce_republished`): nobody is told of it
    again.
    """

    id: str
    source: str
    type: str
    subject: UUID
    time: datetime
    data: Data | None
    traceparent: str | None = None
    republished: bool = False


@dataclass(frozen=True)
class Tombstone:
    """An event without data: erases everything of `subject` from a compacted topic."""

    topic: Topic
    subject: UUID


def encode(event: Event) -> tuple[bytes, bytes | None, Headers]:
    """Return key, value and headers of the event's record."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_subject": str(event.subject),
        "ce_time": event.time.isoformat(),
        "content-type": "application/json",
    }
    if event.traceparent:
        headers["traceparent"] = event.traceparent
    if event.republished:
        headers["ce_republished"] = "true"
    value = None if event.data is None else event.data.model_dump_json().encode()
    return str(event.subject).encode(), value, [(name, text.encode()) for name, text in headers.items()]


def type_of(data: Data) -> str:
    """Return the `ce_type` of an event's data."""
    return TYPE_OF[type(data)]


def decode(
    topic: Topic,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    written_at: datetime,
) -> Event:
    """Read one record of `topic`; `written_at` stands in where a bare tombstone carries no time.

    Raises Undecodable where the record breaks the contract.
    """
    subject = _key(key)
    texts = _texts(headers)
    if value is None:
        if topic.tombstone is None or texts.get("ce_type", topic.tombstone) != topic.tombstone:
            raise Undecodable("a record without a value, which this topic does not know")
        return Event(
            id=texts.get("ce_id", ""),
            source=texts.get("ce_source", ""),
            type=topic.tombstone,
            subject=subject,
            time=_time(texts.get("ce_time"), written_at),
            data=None,
            traceparent=texts.get("traceparent"),
            republished="ce_republished" in texts,
        )
    missing = [name for name in ("ce_specversion", "ce_id", "ce_source", "ce_type") if not texts.get(name)]
    if missing:
        raise Undecodable(f"header missing: {', '.join(missing)}")
    if texts["ce_specversion"] != "1.0":
        raise Undecodable("ce_specversion must be 1.0")
    if texts["ce_type"] not in topic.types:
        raise Undecodable(f"ce_type must be one of {', '.join(topic.types)}")
    try:
        data = TYPES[texts["ce_type"]].model_validate_json(value)
    except ValidationError as error:
        raise Undecodable(_describe(error)) from None
    if getattr(data, topic.key) != subject:
        raise Undecodable(f"the key is not the data's {topic.key}")
    return Event(
        id=texts["ce_id"],
        source=texts["ce_source"],
        type=texts["ce_type"],
        subject=subject,
        time=_time(texts.get("ce_time"), written_at),
        data=data,
        traceparent=texts.get("traceparent"),
        republished="ce_republished" in texts,
    )


def _key(key: bytes | None) -> UUID:
    try:
        return UUID((key or b"").decode())
    except ValueError:
        raise Undecodable("the key must be a UUID") from None


def _texts(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    try:
        texts = {name.encode().decode(): value.decode() for name, value in headers if value is not None}
    except UnicodeError:
        raise Undecodable("a header is not UTF-8") from None
    for name in ATTRIBUTES & texts.keys():
        if len(texts[name]) > MAX_ATTRIBUTE or UNSTORABLE.search(texts[name]):
            raise Undecodable(f"{name} must have at most {MAX_ATTRIBUTE} characters, and no NUL")
    return texts


def _time(text: str | None, written_at: datetime) -> datetime:
    if text is None:
        return written_at
    try:
        moment = parse_moment(text)
    except ValueError:
        raise Undecodable("ce_time must be an RFC 3339 moment") from None
    if moment.tzinfo is None:
        raise Undecodable("ce_time must carry a zone")
    try:
        return storable_moment(moment)
    except ValueError as error:
        raise Undecodable(f"ce_time {error}") from None


def _describe(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    return "; ".join(f"/{'/'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:10])
