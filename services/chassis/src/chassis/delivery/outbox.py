"""Events out: written in the transaction that changes the state; the relay publishes them afterwards."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.envelope import Event, Tombstone, encode, subject_of, type_of
from contracts.events import Data, Worded
from contracts.topics import TOPIC_OF
from uuid_utils import uuid7

from chassis.database import Connection, tell
from chassis.database.arrays import bytes_as_array, texts_as_array
from chassis.delivery.records import OutboxRecord, names_to_columns
from chassis.delivery.sealing import Keys, keys_for_sealing
from chassis.telemetry import current_traceparent

SHARDS = 32


@dataclass(frozen=True)
class Caused:
    """An event whose latency is measured, from the moment `at` of what caused it.

    `json`: its data, where that is written already: all of it, whatever `data` leaves out. Words are not:
    they are sealed here.
    """

    data: Data
    at: datetime
    json: bytes | None = None


async def publish(
    connection: Connection,
    service: str,
    events: Iterable[Data | Tombstone | Caused],
    now: datetime,
    *,
    republished: bool = False,
) -> None:
    """Write events of `service` inside the caller's transaction, in their order.

    Each goes to the topic of its type, under the key that the topic names. The caller has locked the row of
    every aggregate that an event is about: only then is the order of publishing the order of commits.
    `republished`: they say once more what was said before. What they say of a person in words is sealed.

    Raises:
        KeyNotKnown: the key of such a person has not come yet.
    """
    events = [*events]
    said = (event.data if isinstance(event, Caused) else event for event in events)
    keys = await keys_for_sealing(connection, (one for one in said if not isinstance(one, Tombstone)))
    trace = current_traceparent()
    await put(connection, [_record(service, event, now, republished, keys, trace) for event in events])


def _record(
    service: str,
    event: Data | Tombstone | Caused,
    now: datetime,
    republished: bool,
    keys: Keys,
    trace: str | None,
) -> OutboxRecord:
    json: bytes | None = None
    caused_at: datetime | None = None
    data: Data | Tombstone
    if isinstance(event, Caused):
        data, caused_at, json = event.data, event.at, event.json
    else:
        data = event
    if isinstance(data, Tombstone):
        topic, kind, key, content = data.topic, data.topic.tombstone, data.subject, None
        if kind is None:
            raise ValueError(f"topic {topic.name} knows no tombstone")
    else:
        kind = type_of(data)
        topic, content = TOPIC_OF[kind], keys.seal(data)
        assert json is None or not isinstance(data, Worded)
        key = getattr(data, topic.key_of(kind))
    envelope = Event(
        id=str(uuid7()),
        source=f"/services/{service}",
        type=kind,
        subject=subject_of(topic, key),
        time=now,
        data=content,
        traceparent=trace,
        republished=republished,
        name=str(key) if topic.named else None,
    )
    written, value, headers = encode(envelope, json)
    return OutboxRecord(topic=topic.name, key=written, value=value, headers=headers, caused_at=caused_at)


async def put(connection: Connection, records: Iterable[OutboxRecord]) -> None:
    """Write records as they are, in their order, inside the caller's transaction."""
    rows = [
        (
            zlib.crc32(record.key or b"") % SHARDS,
            record.topic,
            record.key,
            record.value,
            texts_as_array(names_to_columns(record.headers)),
            bytes_as_array(value for _, value in record.headers),
            record.caused_at,
        )
        for record in records
    ]
    if rows:
        await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
        tell(connection)


# asyncpg would look at each header three times, if it wrote their arrays.
_INSERT = """
INSERT INTO outbox (shard, topic, key, value, header_names, header_values, caused_at)
SELECT shard, topic, key, value, header_names::text[], header_values::bytea[], caused_at
FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::bytea[], $5::text[], $6::text[], $7::timestamptz[])
    WITH ORDINALITY AS new (shard, topic, key, value, header_names, header_values, caused_at, place)
ORDER BY place
"""


async def backlog(connection: Connection) -> tuple[int, float, int]:
    """Return how many records wait, the age of the oldest in seconds, and how many the broker refuses."""
    row = await connection.fetchrow(_BACKLOG)
    assert row is not None
    return row["waiting"], row["age"], row["refused"]


_BACKLOG = """
SELECT count(*) AS waiting, count(refused_at) AS refused,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
FROM outbox
"""


@dataclass(frozen=True)
class RefusedRecord:
    """A record that the broker refuses for its own sake. `waiting`: how many wait behind it, of its key."""

    id: int
    topic: str
    key: bytes | None
    because: str
    written_at: datetime
    waiting: int


async def refused(connection: Connection) -> list[RefusedRecord]:
    """Return the records that the broker refused when they were last tried, oldest first."""
    return [RefusedRecord(*row) for row in await connection.fetch(_REFUSED)]


_REFUSED = """
SELECT id, topic, key, refused_because, created_at, (
    SELECT count(*) FROM outbox AS later
    WHERE later.shard = refused.shard AND later.topic = refused.topic AND later.key = refused.key
        AND later.id > refused.id
)
FROM outbox AS refused
WHERE refused_at IS NOT NULL
ORDER BY id
"""


async def discard_refused(connection: Connection, record_id: int) -> bool:
    """Delete a record that the broker refuses, for good; tell whether there was such a one."""
    return bool(await connection.fetchval(_DISCARD_REFUSED, record_id))


_DISCARD_REFUSED = """
DELETE FROM outbox
WHERE id = $1 AND refused_at IS NOT NULL
RETURNING true
"""
