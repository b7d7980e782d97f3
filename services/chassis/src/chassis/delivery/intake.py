"""Events in: a batch in one transaction; nothing that one event spoils holds the others up.

The transaction moves the offsets too (`offsets`), so a record is stored once. Its follow-up comes at least
once: records that come again after a crash are followed up again. What can never be decoded goes to the dead
topic through the outbox, in the batch's transaction; what fails for a reason of its own is parked, with what
follows of its key, and tried again (`parking`). An outage (`UNAVAILABLE`) is raised: the batch is to come
again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import structlog
from contracts.envelope import Event, Undecodable, decode
from contracts.topics import Topic
from opentelemetry.trace import SpanKind

from chassis.database import UNAVAILABLE, Connection, Pool, naming_outages
from chassis.delivery import offsets, outbox, parking
from chassis.delivery.dead_letters import Cause, DeadLetter
from chassis.delivery.offsets import OffsetsMoved, Step
from chassis.delivery.records import OutboxRecord, ReceivedRecord, moment_written
from chassis.metrics import DEAD_LETTERS
from chassis.telemetry import span, where

log = structlog.get_logger()

Store = Callable[[Connection, Sequence[Event]], Awaitable[None]]
FollowUp = Callable[[Sequence[Event]], Awaitable[None]]
Decoded: TypeAlias = tuple[ReceivedRecord, Event]

YIELD_EVERY = 250  # records: others have their turn while a large batch is decoded
LINKED_TRACES = 32


@dataclass
class _Batch:
    """A batch as it was decoded. `repeated`: what was stored before; only of what is new there are dead."""

    steps: Sequence[Step]
    new: list[Decoded] = field(default_factory=list)
    repeated: list[Decoded] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


async def _nothing_more(_events: Sequence[Event]) -> None: ...


class Intake:
    """Takes in what consumer group `group` reads from `topics`.

    `store` applies a batch inside the transaction. `follow_up` runs after the commit and before the
    offsets are committed; it sees every event of the batch, repeated ones too, and must be idempotent.
    """

    def __init__(
        self,
        pool: Pool,
        group: str,
        topics: Sequence[Topic],
        store: Store,
        follow_up: FollowUp = _nothing_more,
    ) -> None:
        self.pool = pool
        self.group = group
        self._topics = {topic.name: topic for topic in topics}
        self._store = store
        self._follow_up = follow_up
        for topic in self._topics:  # what was never counted cannot be seen to rise
            for cause in Cause:
                DEAD_LETTERS.labels(topic, group, cause)

    @property
    def topics(self) -> list[str]:
        """The names of the topics."""
        return list(self._topics)

    async def process(self, records: Sequence[ReceivedRecord], steps: Sequence[Step] = ()) -> None:
        """Commit a batch with its steps through its partitions, and then follow it up.

        What lies before a step's position is stored already, and only followed up.

        Raises:
            OffsetsMoved: somebody else has moved the offsets; nothing is stored.
        """
        batch = _Batch(steps)
        stored_before = {step.partition: step.position.next for step in steps}
        for number, record in enumerate(records, 1):
            is_new = record.offset >= stored_before.get((record.topic, record.partition), 0)
            try:
                (batch.new if is_new else batch.repeated).append((record, self._decode(record)))
            except Undecodable as reason:
                if is_new:
                    batch.dead.append(DeadLetter(record, self.group, Cause.UNDECODABLE, str(reason)))
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        parents = [event.traceparent for _, event in batch.new]
        with span(f"process {self.group}", kind=SpanKind.CONSUMER, parents=parents[:LINKED_TRACES]):
            stored = await self._apply(batch)
            _report(batch.dead)
            followed = [*batch.repeated, *stored]
            if followed:
                await self._follow_up_all(followed)

    async def _apply(self, batch: _Batch) -> list[Decoded]:
        """Store the batch, or event by event where one of them spoils it; return what was stored."""
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                return await self._apply_whole(connection, batch)
        except (*UNAVAILABLE, OffsetsMoved):
            raise
        except Exception as error:
            log.warning("batch failed, stored event by event", **where(error))
        async with self.pool.acquire() as connection, connection.transaction():
            return await self._apply_one_by_one(connection, batch)

    async def _apply_whole(self, connection: Connection, batch: _Batch) -> list[Decoded]:
        await offsets.advance(connection, batch.steps)
        parked = await parking.keys(connection, self._topics)
        stored = [(record, event) for record, event in batch.new if _key(record) not in parked]
        await self._store(connection, [event for _, event in stored])
        if parked:
            await parking.put(connection, [record for record, _ in batch.new if _key(record) in parked])
        await outbox.put(connection, _records(batch.dead))
        return stored

    async def _apply_one_by_one(self, connection: Connection, batch: _Batch) -> list[Decoded]:
        await offsets.advance(connection, batch.steps)
        parked = await parking.keys(connection, self._topics)
        stored = []
        for record, event in batch.new:
            if _key(record) not in parked and await self._store_one(connection, event):
                stored.append((record, event))
            else:
                parked.add(_key(record))
                await parking.put(connection, [record])
        await outbox.put(connection, _records(batch.dead))
        return stored

    async def _store_one(self, connection: Connection, event: Event) -> bool:
        """Store one event in a savepoint of its own; tell whether that went well."""
        try:
            with naming_outages(connection):
                async with connection.transaction():
                    await self._store(connection, [event])
            return True
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("event parked", type=event.type, id=event.id, **where(error))
            return False

    async def _follow_up_all(self, stored: list[Decoded]) -> None:
        """Follow the batch up, or event by event where one of them spoils it; that one is parked."""
        try:
            await self._follow_up([event for _, event in stored])
            return
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("follow-up failed, done event by event", **where(error))
        for record, event in stored:
            try:
                await self._follow_up([event])
            except UNAVAILABLE:
                raise
            except Exception as error:
                log.warning("event parked", type=event.type, id=event.id, **where(error))
                async with self.pool.acquire() as connection:
                    await parking.put(connection, [record])

    async def retry_one(self) -> bool:
        """Try one parked record of these topics whose time has come; tell whether there was one."""
        async with self.pool.acquire() as connection:
            record = await parking.claim(connection, self.topics)
        if record is None:
            return False
        dead: list[DeadLetter] = []
        try:
            event = self._decode(record)
            with span(f"retry {self.group}", kind=SpanKind.CONSUMER, parents=[event.traceparent]):
                async with self.pool.acquire() as connection, connection.transaction():
                    await self._store(connection, [event])
                await self._follow_up([event])
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("parked event failed", attempt=record.attempts, **where(error))
            if not record.is_tried_enough:
                return True
            dead.append(DeadLetter(record, self.group, Cause.FAILED, " ".join(where(error).values())))
        async with self.pool.acquire() as connection, connection.transaction():
            await parking.remove(connection, record)
            await outbox.put(connection, _records(dead))
        _report(dead)
        return True

    def _decode(self, record: ReceivedRecord) -> Event:
        if unreadable := getattr(record, "unreadable", ""):
            raise Undecodable(unreadable)
        topic = self._topics[record.topic]
        return decode(topic, record.key, record.value, record.headers, moment_written(record))


def _key(record: ReceivedRecord) -> tuple[str, bytes]:
    return record.topic, record.key or b""


def _records(dead: Sequence[DeadLetter]) -> list[OutboxRecord]:
    now = datetime.now(UTC)
    return [letter.record(now) for letter in dead]


def _report(dead: Sequence[DeadLetter]) -> None:
    for letter in dead:
        record = letter.received
        DEAD_LETTERS.labels(record.topic, letter.group, letter.cause).inc()
        log.error(
            "dead letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            cause=letter.cause,
            detail=letter.detail,
        )
