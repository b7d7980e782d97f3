"""Events in: a batch in one transaction; nothing that one event spoils holds the others up.

The transaction moves the offsets too (`offsets`), so a record is stored once. Its follow-up comes at least
once: records that come again after a crash are followed up again. What can never be decoded goes to the dead
topic through the outbox, in the batch's transaction; what fails for a reason of its own, or what only a newer
release can read, is parked, with what follows of its key, and tried again (`parking`). An outage
(`UNAVAILABLE`) is raised: the batch is to come again.

Why a batch need not wait for the disk at once, where its service says so (`flushes`): what a database that
dies loses of its log is the end. So with a batch it loses the offsets, which are in the same transaction,
and whatever was committed after it. Nobody outside knows of the batch but by what was committed after it
and did wait for the disk, as a follow-up's events do: then the batch is there too. What is sent without
such a commit is dead letters, which lie in the outbox with their batch: that batch does wait, or they would
be sent twice. After the follow-up a commit that waits notes that the batch is done with. It finds the
batch's offsets, and all is on disk; or it finds older ones, and the batch is read again (`OffsetsMoved`);
or no database. So no batch is left behind, were it the last of its partition. Another replica that read of
the batch meanwhile reads everything anew, for the server has begun anew (`matching.store.snapshots`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import structlog
from contracts.envelope import Doubled, Event, decode
from contracts.events import TYPES
from contracts.reading import Undecodable, Unfamiliar
from contracts.topics import Topic
from opentelemetry.trace import SpanKind

from chassis.crash_points import Point, reach
from chassis.database import UNAVAILABLE, Connection, Pool, naming_outages
from chassis.delivery import offsets, outbox, parking, sealing
from chassis.delivery.dead_letters import Cause, DeadLetter
from chassis.delivery.offsets import OffsetsMoved, Step
from chassis.delivery.parking import key_of
from chassis.delivery.records import OutboxRecord, ReceivedRecord, moment_written
from chassis.delivery.sealing import KEY_TYPES, KeyNotKnown, Keys
from chassis.metrics import DEAD_LETTERS, DOUBLED, DROPPED_VALUES
from chassis.telemetry import LINKED_TRACES, messaging, span, where

log = structlog.get_logger()

Store = Callable[[Connection, Sequence[Event]], Awaitable[None]]
FollowUp = Callable[[Sequence[Event]], Awaitable[None]]
Decoded: TypeAlias = tuple[ReceivedRecord, Event]


@dataclass
class _Batch:
    """A batch's records as they were read; None where only a newer release can read the record. `repeated`:
    what was stored before; only of what is new there are dead. `unopened`: what its key does not open."""

    steps: Sequence[Step]
    new: list[tuple[ReceivedRecord, Event | None]] = field(default_factory=list)
    repeated: list[Decoded] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    unopened: list[DeadLetter] = field(default_factory=list)

    @property
    def letters(self) -> list[DeadLetter]:
        return [*self.dead, *self.unopened]

    @property
    def traceparents(self) -> list[str | None]:
        return [event.traceparent for _, event in self.new[:LINKED_TRACES] if event is not None]


YIELD_EVERY = 50  # records: others have their turn while a large batch is decoded


async def _nothing_more(_events: Sequence[Event]) -> None: ...


class Intake:
    """Takes in what consumer group `group` reads from `topics`.

    `store` applies a batch inside the transaction. `follow_up` runs after the commit and before the
    offsets are committed; it sees every event of the batch, repeated ones too, and must be idempotent.
    `flushes`: a batch's commit waits for the disk. Where `store` writes no outbox it may be False: then only
    what follows the batch up waits, and a note at the end.
    """

    def __init__(
        self,
        pool: Pool,
        group: str,
        topics: Sequence[Topic],
        store: Store,
        follow_up: FollowUp = _nothing_more,
        *,
        flushes: bool = True,
    ) -> None:
        self.pool = pool
        self.group = group
        self._topics = {topic.name: topic for topic in topics}
        self._store = store
        self._follow_up = follow_up
        self._flushes = flushes
        for topic in topics:  # what was never counted cannot be seen to rise
            DOUBLED.labels(topic.name, group)
            for cause in Cause:
                DEAD_LETTERS.labels(topic.name, group, cause)
            for path in {path for kind in topic.types for path in TYPES[kind].tolerant}:
                DROPPED_VALUES.labels(topic.name, group, path)

    @property
    def topics(self) -> list[str]:
        """The names of the topics."""
        return list(self._topics)

    async def process(self, records: Sequence[ReceivedRecord], steps: Sequence[Step] = ()) -> None:
        """Commit a batch with its steps through its partitions, and then follow it up.

        What lies before a step's position is stored already, and only followed up.

        Raises:
            OffsetsMoved: somebody else has moved the offsets, and nothing is stored; or the database lost
                what was.
        """
        began = time.perf_counter()
        batch = _Batch(steps)
        stored_before = {step.partition: step.position.next for step in steps}
        for number, record in enumerate(records, 1):
            is_new = record.offset >= stored_before.get((record.topic, record.partition), 0)
            self._sort(record, batch, is_new=is_new)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        topics = sorted({record.topic for record in records})
        known = messaging("process", topics, self.group) | {"messaging.batch.message_count": len(records)}
        # Named by the group, for a batch may be of several topics.
        with span(f"process {self.group}", kind=SpanKind.CONSUMER, parents=batch.traceparents, **known):
            stored = await self._apply(batch)
            reach(Point.CONSUMER_COMMITTED)
            _report(batch.letters)
            followed = [*batch.repeated, *stored]
            if followed:
                await self._follow_up_all(followed)
            if batch.steps and not self._flushes:
                async with self.pool.acquire() as connection:
                    await offsets.note_followed_up(connection, batch.steps)
            log.info(
                "batch",
                topic=" ".join(topics),
                group=self.group,
                events=len(records),
                ms=round((time.perf_counter() - began) * 1000, 1),
                ordinary=True,
            )

    def _sort(self, record: ReceivedRecord, batch: _Batch, *, is_new: bool) -> None:
        """Put a record where it belongs; one that is to be passed over is counted and nowhere, and of one
        that came before only what can be followed up is."""
        try:
            event = self._decode(record)
        except Unfamiliar as reason:
            if is_new:
                log.warning("event of a newer release parked", topic=record.topic, detail=str(reason))
                batch.new.append((record, None))
        except Doubled:
            if is_new:
                DOUBLED.labels(record.topic, self.group).inc()
        except Undecodable as reason:
            if is_new:
                batch.dead.append(DeadLetter(record, self.group, Cause.UNDECODABLE, str(reason)))
        else:
            if is_new:
                batch.new.append((record, event))
            else:
                batch.repeated.append((record, event))

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
        parked = await self._advance(connection, batch)
        stored: list[Decoded] = []
        waiting: list[ReceivedRecord] = []
        for record, event in await self._open(connection, batch):
            if event is None:
                parked.add(key_of(record))
            if event is not None and (event.data is None or key_of(record) not in parked):
                stored.append((record, event))
            else:
                waiting.append(record)
        await self._store(connection, _without_keys([event for _, event in stored]))
        await parking.put(connection, waiting)
        await self._finish(connection, batch, parked, stored)
        return stored

    async def _advance(self, connection: Connection, batch: _Batch) -> set[parking.Key]:
        """Move the positions to the batch's end; return those of its keys of which something is parked."""
        if not await offsets.advance(connection, batch.steps, flushes=self._flushes):
            return set()
        return await parking.keys(connection, [record for record, _ in batch.new])

    async def _apply_one_by_one(self, connection: Connection, batch: _Batch) -> list[Decoded]:
        parked = await self._advance(connection, batch)
        stored: list[Decoded] = []
        for record, event in await self._open(connection, batch):
            waits = event is None or (event.data is not None and key_of(record) in parked)
            if event is not None and not waits and await self._store_one(connection, event):
                stored.append((record, event))
            else:
                parked.add(key_of(record))
                await parking.put(connection, [record])
        await self._finish(connection, batch, parked, stored)
        return stored

    async def _finish(
        self, connection: Connection, batch: _Batch, parked: set[parking.Key], stored: list[Decoded]
    ) -> None:
        """Let erasures take the parked records of their keys away, and dead letters out."""
        erased = {key_of(record) for record, event in stored if event.data is None}
        if erased & parked:
            await parking.remove_keys(connection, erased & parked)
        if batch.letters and not self._flushes:
            await connection.execute("SET LOCAL synchronous_commit = DEFAULT")
        await outbox.put(connection, _records(batch.letters))

    async def _open(self, connection: Connection, batch: _Batch) -> list[tuple[ReceivedRecord, Event | None]]:
        """Take the keys that come with a batch; return its new records with their words, None also where
        their key has not come yet."""
        keys = await _take_keys(connection, [event for _, event in batch.new if event is not None])
        opened: list[tuple[ReceivedRecord, Event | None]] = []
        batch.unopened = []
        for record, event in batch.new:
            try:
                known = event is not None and not keys.lack(event)
                opened.append((record, keys.open(event) if event is not None and known else None))
            except Undecodable as reason:
                batch.unopened.append(DeadLetter(record, self.group, Cause.UNDECODABLE, str(reason)))
        return opened

    async def _store_one(self, connection: Connection, event: Event) -> bool:
        """Store one event in a savepoint of its own; tell whether that went well."""
        try:
            with naming_outages(connection):
                async with connection.transaction():
                    await self._store(connection, _without_keys([event]))
            return True
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("event parked", type=event.type, id=event.id, **where(error))
            return False

    async def _follow_up_all(self, stored: list[Decoded]) -> None:
        """Follow the batch up, or event by event where one of them spoils it; that one is parked."""
        try:
            await self._follow_up(_without_keys([event for _, event in stored]))
            return
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("follow-up failed, done event by event", **where(error))
        for record, event in stored:
            try:
                await self._follow_up(_without_keys([event]))
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
        letter = await self._try(record)
        if letter is None:
            return True
        async with self.pool.acquire() as connection, connection.transaction():
            letters = [letter] if await parking.remove(connection, record) else []
            await outbox.put(connection, _records(letters))
        _report(letters)
        return True

    async def _try(self, record: parking.Parked) -> DeadLetter | None:
        """Process a parked record, and take it out; return the letter of one that is given up."""
        try:
            event = self._decode(record)
            known = messaging("process", [record.topic], self.group)
            with span(f"retry {self.group}", kind=SpanKind.CONSUMER, parents=[event.traceparent], **known):
                async with self.pool.acquire() as connection, connection.transaction():
                    keys = await _take_keys(connection, [event])
                    if keys.lack(event):
                        raise KeyNotKnown
                    opened = _without_keys([keys.open(event)])
                    await self._store(connection, opened)
                await self._follow_up(opened)
        except UNAVAILABLE:
            raise
        except KeyNotKnown:
            if record.has_waited_enough:
                return DeadLetter(record, self.group, Cause.KEYLESS, "the key of its seal never came")
            async with self.pool.acquire() as connection:
                await parking.wait(connection, record, parking.KEY_LOOK_SECONDS)
            return None
        except Unfamiliar as reason:
            if record.has_waited_enough:
                return DeadLetter(record, self.group, Cause.UNFAMILIAR, str(reason))
            async with self.pool.acquire() as connection:
                await parking.wait(connection, record, parking.LOOK_SECONDS)
            return None
        except Undecodable as reason:
            return DeadLetter(record, self.group, Cause.UNDECODABLE, str(reason))
        except Exception as error:
            log.warning("parked event failed", attempt=record.attempts, **where(error))
            if record.is_tried_enough:
                return DeadLetter(record, self.group, Cause.FAILED, " ".join(where(error).values()))
            return None
        async with self.pool.acquire() as connection:
            await parking.remove(connection, record)
        return None

    def _decode(self, record: ReceivedRecord) -> Event:
        if unreadable := getattr(record, "unreadable", ""):
            raise Undecodable(unreadable)
        topic = self._topics[record.topic]
        event = decode(topic, record.key, record.value, record.headers, moment_written(record))
        for path in event.dropped:
            DROPPED_VALUES.labels(record.topic, self.group, path).inc()
        return event


async def _take_keys(connection: Connection, events: Sequence[Event]) -> Keys:
    """Write the keys that are among some events; return those that the others are sealed with."""
    await sealing.take_keys(connection, [event for event in events if event.type in KEY_TYPES])
    return await sealing.keys_for_opening(connection, events)


def _without_keys(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.type not in KEY_TYPES]


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
