"""Events out: written in the transaction that changes the state, published in order per key.

Why order holds per key: a writer locks its aggregate's row before it inserts here, so for one key ids
rise in commit order; the relay that holds a shard's lock sends that shard's rows by id and deletes only
what the broker confirmed. A relay that loses its lock in the middle may send some rows a second time,
after another relay: consumers know them by version or by `ce_id`.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from contracts.envelope import Event, Tombstone, encode, type_of
from contracts.events import Data
from contracts.topics import TOPIC_OF, Topic
from uuid_utils.compat import uuid7

from chassis.database import UNAVAILABLE, Connection, Session, connect
from chassis.kafka.broker import Outgoing, Producer
from chassis.telemetry import current_traceparent

log = structlog.get_logger()

SHARDS = 32
RELAY_LOCKS = 0x6F7574  # namespace of the advisory locks
BATCH = 500
POLL_SECONDS = 1.0


async def publish(
    connection: Connection,
    service: str,
    events: Iterable[Data | Tombstone],
    now: datetime,
    caused_at: datetime | None = None,
) -> None:
    """Write events inside the caller's transaction, after it locked the row of their aggregate.

    An event's type tells its topic, and its data the key.
    """
    await put(connection, [_record_of(service, event, now, caused_at) for event in events])


def _record_of(service: str, event: Data | Tombstone, now: datetime, caused_at: datetime | None) -> Outgoing:
    if isinstance(event, Tombstone):
        return tombstone_record(event.topic, service, event.subject, now)
    topic = TOPIC_OF[type_of(event)]
    return event_record(topic, service, getattr(event, topic.key), event, now, caused_at)


def event_record(
    topic: Topic, service: str, subject: UUID, data: Data, now: datetime, caused_at: datetime | None = None
) -> Outgoing:
    """Wrap an event's data in its envelope."""
    return _record(topic, service, subject, type_of(data), data, now, caused_at)


def tombstone_record(topic: Topic, service: str, subject: UUID, now: datetime) -> Outgoing:
    """Make the record that erases `subject` from a compacted topic."""
    if topic.tombstone is None:
        raise ValueError(f"topic {topic.name} knows no tombstone")
    return _record(topic, service, subject, topic.tombstone, None, now, None)


def _record(
    topic: Topic,
    service: str,
    subject: UUID,
    kind: str,
    data: Data | None,
    now: datetime,
    caused_at: datetime | None,
) -> Outgoing:
    event = Event(
        id=str(uuid7()),
        source=f"/services/{service}",
        type=kind,
        subject=subject,
        time=now,
        data=data,
        traceparent=current_traceparent(),
    )
    key, value, headers = encode(event)
    return Outgoing(topic.name, key, value, headers, caused_at)


async def put(connection: Connection, records: Iterable[Outgoing]) -> None:
    """Write records inside the caller's transaction, after it locked the row of their aggregate."""
    rows = [
        (
            zlib.crc32(record.key or b"") % SHARDS,
            record.topic,
            record.key,
            record.value,
            [name for name, _ in record.headers],
            [value for _, value in record.headers],
            record.caused_at,
        )
        for record in records
    ]
    if len(rows) == 1:
        await connection.execute(_INSERT, *rows[0])
    elif rows:
        await connection.executemany(_INSERT, rows)


_INSERT = """
INSERT INTO outbox (shard, topic, key, value, header_names, header_values, caused_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class Relay:
    """Publishes the outbox. Several replicas may run one each; a shard has one sender at a time."""

    def __init__(
        self,
        url: str,
        producer: Producer,
        on_published: Callable[[asyncpg.Record], None] = lambda _row: None,
    ) -> None:
        self._url = url
        self._producer = producer
        self._on_published = on_published
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Publish until cancelled; wait with growing pauses while database or broker is away."""
        pause = 0.1
        while True:
            try:
                connection = await connect(self._url)
                try:
                    await connection.add_listener("outbox", self._on_notify)
                    held: list[int] = []
                    while True:
                        held = await self._take_shards(connection, held)
                        self._wake.clear()
                        while await self._publish_some(connection, held):
                            pause = 0.1
                        await self._sleep_until_woken()
                finally:
                    connection.terminate()
            except (*UNAVAILABLE, KafkaError) as error:
                log.warning("relay waits", cause=type(error).__name__, seconds=round(pause, 1))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    def _on_notify(self, *_: Any) -> None:
        self._wake.set()

    async def _sleep_until_woken(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _take_shards(self, connection: Session, held: list[int]) -> list[int]:
        if len(held) == SHARDS:
            return held
        free = [shard for shard in range(SHARDS) if shard not in held]
        rows = await connection.fetch(
            "SELECT shard FROM unnest($2::int[]) AS shard WHERE pg_try_advisory_lock($1, shard)",
            RELAY_LOCKS,
            free,
        )
        return sorted([*held, *(row["shard"] for row in rows)])

    async def _publish_some(self, connection: Session, held: list[int]) -> bool:
        """Send up to a batch of the held shards; tell whether there may be more."""
        rows = await connection.fetch(
            "SELECT id, topic, key, value, header_names, header_values, caused_at"
            " FROM outbox WHERE shard = ANY($1) ORDER BY id LIMIT $2",
            held,
            BATCH,
        )
        if not rows:
            return False
        confirmed, error = await self._producer.send_all(
            [
                Outgoing(
                    row["topic"],
                    row["key"],
                    row["value"],
                    list(zip(row["header_names"], row["header_values"], strict=True)),
                )
                for row in rows
            ]
        )
        done = [row for row, ok in zip(rows, confirmed, strict=True) if ok]
        await connection.execute("DELETE FROM outbox WHERE id = ANY($1)", [row["id"] for row in done])
        for row in done:
            self._on_published(row)
        if error is not None:
            raise error
        return len(rows) == BATCH


async def backlog(connection: Connection) -> tuple[int, float]:
    """Return how many records wait, and the age of the oldest in seconds."""
    row = await connection.fetchrow(
        "SELECT count(*) AS waiting,"
        " coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age FROM outbox"
    )
    assert row is not None
    return row["waiting"], row["age"]
