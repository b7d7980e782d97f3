"""CloudEvents 1.0 over Kafka, binary mode: an event's attributes are headers, its data is the value."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from pydantic_core import from_json

from contracts.events import TYPE_OF, TYPES, Data
from contracts.reading import Reading, Undecodable, Unfamiliar, read
from contracts.topics import TOPICS, Topic
from contracts.values import UNSTORABLE, parse_moment, storable_moment

Headers = list[tuple[str, bytes]]

ATTRIBUTES = {"ce_id", "ce_source"}  # which consumers keep, by the thousand and indexed
MAX_ATTRIBUTE = 256
EVENT_TYPE = re.compile(r"([A-Z][A-Za-z0-9]{0,99})\.v([1-9][0-9]{0,3})", re.ASCII)
NAMES = UUID("0d6ac5b5-6a4f-5d3e-9d5b-6f2f5c1f7a10")  # of the ids of keys that are names
TOMBSTONES = {topic.tombstone for topic in TOPICS if topic.tombstone}


class Doubled(ValueError):
    """An event in a newer version of its type: the version that is read here lies beside it on the topic."""


@dataclass(frozen=True)
class Event:
    """What one record says. `data` is None where the record erases its key (a tombstone).

    `dropped`: for each value that was left out since it is not known here, the path of its list.
    `republished`: it says what was said before, for whoever lost it (`ce_republished`): nobody is told of it
    again. `name`: the key where that is a name; `subject` is then an id made of it.
    """

    id: str
    source: str
    type: str
    subject: UUID
    time: datetime
    data: Data | None
    traceparent: str | None = None
    republished: bool = False
    dropped: tuple[str, ...] = ()
    name: str | None = None

    @property
    def key(self) -> str:
        """Return the record's key."""
        return self.name or str(self.subject)


def subject_of(topic: Topic, key: object) -> UUID:
    """Return the subject of a key, which is a name or an id; raises ValueError for what is neither."""
    if topic.named:
        return uuid5(NAMES, str(key))
    return key if isinstance(key, UUID) else UUID(str(key))


@dataclass(frozen=True)
class Tombstone:
    """An event without data: erases everything of `subject` from a compacted topic."""

    topic: Topic
    subject: UUID


def encode(event: Event, json: bytes | None = None) -> tuple[bytes, bytes | None, Headers]:
    """Return key, value and headers of the event's record. `json`: its data, where it is written already."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_subject": event.key,
        "ce_time": event.time.isoformat(),
        "content-type": "application/json",
    }
    if event.traceparent:
        headers["traceparent"] = event.traceparent
    if event.republished:
        headers["ce_republished"] = "true"
    if json is None and event.data is not None:
        json = event.data.model_dump_json().encode()
    return event.key.encode(), json, [(name, text.encode()) for name, text in headers.items()]


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

    Raises:
        Undecodable: the record breaks the contract.
        Unfamiliar: a newer release may read it.
        Doubled: it is to be passed over.
    """
    subject = _key(topic, key)
    texts = _texts(headers)
    if value is None:
        name = texts.get("ce_type", topic.tombstone)
        if topic.tombstone is None or name is None or _parts(name)[0] != _parts(topic.tombstone)[0]:
            raise _not_read(topic, name or "", value)
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
    time = _time(texts.get("ce_time"), written_at)
    if texts["ce_type"] not in topic.types:
        raise _not_read(topic, texts["ce_type"], value)
    reading = _read(topic, subject, texts["ce_type"], value)
    return Event(
        id=texts["ce_id"],
        source=texts["ce_source"],
        type=texts["ce_type"],
        subject=subject,
        time=time,
        data=reading.data,
        traceparent=texts.get("traceparent"),
        republished="ce_republished" in texts,
        dropped=reading.dropped,
        name=(key or b"").decode() if topic.named else None,
    )


def _read(topic: Topic, subject: UUID, kind: str, value: bytes) -> Reading[Data]:
    key = topic.key_of(kind)
    try:
        reading = read(TYPES[kind], value)
    except Unfamiliar:  # while it waits, so do those of its key: it must be theirs
        _check_key(topic, subject, key, from_json(value)[key])
        raise
    _check_key(topic, subject, key, getattr(reading.data, key))
    return reading


def _check_key(topic: Topic, subject: UUID, key: str, about: object) -> None:
    if subject_of(topic, about) != subject:
        raise Undecodable(f"the key is not the data's {key}")


def _not_read(topic: Topic, name: str, value: bytes | None) -> Undecodable | Unfamiliar | Doubled:
    """Return what a record is of whose type this release reads nothing on this topic."""
    if value is None:
        wanted = Undecodable("a record without a value, which this topic does not know")
    else:
        wanted = Undecodable(f"ce_type must be one of {', '.join(topic.types)}")
    if EVENT_TYPE.fullmatch(name) is None or name in TYPES or name in TOMBSTONES or not _is_json(value):
        return wanted
    stem, version = _parts(name)
    known = [number for other, number in map(_parts, topic.types) if other == stem]
    if not known:
        return Unfamiliar("its type is not known to this release")
    return Doubled("a newer version of its type") if version > max(known) else wanted


def _parts(name: str) -> tuple[str, int]:
    """Take a type apart: what happened, and the version of its data; 0 where it names none."""
    found = EVENT_TYPE.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, 0)


def _is_json(value: bytes | None) -> bool:
    """Tell whether it is an object, or nothing at all."""
    try:
        return value is None or isinstance(from_json(value), dict)
    except ValueError:
        return False


def _key(topic: Topic, key: bytes | None) -> UUID:
    try:
        return subject_of(topic, (key or b"").decode())
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
