"""Events in: one poll, one database transaction, one commit of the offsets.

At least once: the offsets are committed after the database, so a crash in between brings the same
records again, and every effect must bear that. What can never be digested goes to the dead topic by way
of the outbox, in the same transaction; what fails for a reason of its own is parked, with what follows of
its key, and tried again (`parking`). While the database or the broker is away, the consumer waits with
growing pauses and goes back to where it was.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from contracts.envelope import Event, Undecodable, decode
from contracts.topics import Topic
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from opentelemetry.trace import SpanKind

from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.delivery import outbox, parking
from chassis.delivery.dead_letters import dead_letter
from chassis.delivery.parking import Received
from chassis.kafka.broker import Outgoing
from chassis.kafka.lag import Lag
from chassis.metrics import DEAD_LETTERS
from chassis.telemetry import span, where

log = structlog.get_logger()

Record: TypeAlias = ConsumerRecord
Store = Callable[[Connection, Sequence[Event]], Awaitable[None]]
FollowUp = Callable[[Sequence[Event]], Awaitable[None]]
Arrival: TypeAlias = tuple[Record, Event]
Failure: TypeAlias = tuple[Received, str, str]  # with its cause and detail

MAX_RECORDS = 500
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
YIELD_EVERY = 250  # records: others have their turn while a large batch is read
FIRST_POLL_MS = 50
POLL_MS = 500
REVOKE_WAIT_SECONDS = 30
HEARTBEAT_MS = 1000  # by it a replica hears that another comes or goes; until all have, the group rests
LAG_EVERY_SECONDS = 10
RETRY_EVERY_SECONDS = 1


async def _nothing_more(_events: Sequence[Event]) -> None: ...


class Consumer(ConsumerRebalanceListener):
    """Reads `topics` for consumer group `group`.

    `store` applies a batch inside the transaction. `follow_up` runs after the commit and before the
    offsets; it sees every event of the batch, repeated ones too, and must bear running again.
    `instance` names this replica across restarts; `at_once` is the greatest batch.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        pool: Pool,
        group: str,
        topics: Sequence[Topic],
        store: Store,
        follow_up: FollowUp = _nothing_more,
        instance: str | None = None,
        at_once: int = MAX_RECORDS,
    ) -> None:
        self._pool = pool
        self._group = group
        self._topics = {topic.name: topic for topic in topics}
        self._store = store
        self._follow_up = follow_up
        self._gate = asyncio.Lock()
        self._pause = 0.1
        self._in_hand_since: float | None = None
        self._lag = Lag(self._topics, group)
        self.assigned = False
        for topic in self._topics:  # what was never counted cannot be seen to rise
            for cause in ("undecodable", "failed"):
                DEAD_LETTERS.labels(topic, group, cause)
        self._subscriber = broker.subscriber(
            *self._topics,
            group_id=group,
            group_instance_id=instance,
            batch=True,
            max_records=at_once,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            batch_timeout_ms=FIRST_POLL_MS,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=45000,
            rebalance_timeout_ms=60000,
            heartbeat_interval_ms=HEARTBEAT_MS,
            listener=self,
            parser=self._parse,
            decoder=_leave_undecoded,
        )
        self._subscriber(self._handle)

    @property
    def kafka(self) -> AIOKafkaConsumer | None:
        """The underlying consumer, once started."""
        return self._subscriber.consumer

    @property
    def busy_seconds(self) -> float:
        """How long the batch in hand has been worked on; 0 without one."""
        return 0.0 if self._in_hand_since is None else time.monotonic() - self._in_hand_since

    async def _parse(self, records: tuple[Record, ...]) -> KafkaAckableMessage:
        """Wrap the raw records; never raises, for FastStream would skip the batch in silence."""
        return KafkaAckableMessage(
            body=[record.value or b"" for record in records],
            raw_message=records,
            headers={},
            message_id=f"{records[0].topic}-{records[0].partition}-{records[0].offset}",
            consumer=self.kafka,
        )

    async def _handle(self, _body: Any, message: KafkaMessage) -> None:
        async with self._gate:
            records = message.raw_message
            assert isinstance(records, tuple)
            self._in_hand_since = time.monotonic()
            try:
                await self.digest(records)
                await message.ack()
                self._pause = 0.1
                self._lag.handle(records)
            except Exception as error:
                log.warning("consumer waits", seconds=round(self._pause, 1), **where(error))
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))
                self._pause = min(self._pause * 2, 5)
                raise
            finally:
                self._in_hand_since = None

    async def digest(self, records: Sequence[Record]) -> None:
        """Take a batch in: first it is committed, then it is followed up; the offsets are the caller's."""
        readable: list[Arrival] = []
        dead: list[Failure] = []
        for number, record in enumerate(records, 1):
            try:
                readable.append((record, self._decode(record)))
            except Undecodable as reason:
                dead.append((record, "undecodable", str(reason)))
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        parents = [event.traceparent for _, event in readable]
        with span(f"digest {self._group}", kind=SpanKind.CONSUMER, parents=parents[:32]):
            digested = await self._apply(readable, dead)
            self._tell_of(dead)
            if digested:
                await self._follow_up_all(digested)

    async def _apply(self, readable: list[Arrival], dead: list[Failure]) -> list[Arrival]:
        """Store the batch, or event by event where one of them spoils it; return what was stored."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                parked = await parking.keys(connection, self._topics)
                stored = [arrival for arrival in readable if _key(arrival[0]) not in parked]
                await self._store(connection, [event for _, event in stored])
                if parked:
                    await parking.put(connection, [one for one, _ in readable if _key(one) in parked])
                await outbox.put(connection, self._letters(dead))
            return stored
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("batch failed, taken one by one", **where(error))
        async with self._pool.acquire() as connection, connection.transaction():
            parked = await parking.keys(connection, self._topics)
            stored = []
            for record, event in readable:
                if _key(record) not in parked and await self._store_one(connection, event):
                    stored.append((record, event))
                else:
                    parked.add(_key(record))
                    await parking.put(connection, [record])
            await outbox.put(connection, self._letters(dead))
        return stored

    async def _store_one(self, connection: Connection, event: Event) -> bool:
        try:
            async with connection.transaction():
                await self._store(connection, [event])
            return True
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("event parked", type=event.type, id=event.id, **where(error))
            return False

    async def _follow_up_all(self, digested: list[Arrival]) -> None:
        """Follow the batch up, or event by event where one of them spoils it; that one is parked."""
        try:
            await self._follow_up([event for _, event in digested])
            return
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("follow-up failed, done one by one", **where(error))
        for record, event in digested:
            try:
                await self._follow_up([event])
            except UNAVAILABLE:
                raise
            except Exception as error:
                log.warning("event parked", type=event.type, id=event.id, **where(error))
                async with self._pool.acquire() as connection:
                    await parking.put(connection, [record])

    async def retry_parked(self) -> None:
        """Try again what is parked of these topics, until cancelled."""
        while True:
            try:
                while await self._retry_one():
                    pass
            except UNAVAILABLE as error:
                log.warning("parked events wait", **where(error))
            await asyncio.sleep(RETRY_EVERY_SECONDS)

    async def _retry_one(self) -> bool:
        """Try one parked record; tell whether there was one."""
        async with self._pool.acquire() as connection:
            record = await parking.claim(connection, list(self._topics))
        if record is None:
            return False
        dead: list[Failure] = []
        try:
            event = self._decode(record)
            with span(f"retry {self._group}", kind=SpanKind.CONSUMER, parents=[event.traceparent]):
                async with self._pool.acquire() as connection, connection.transaction():
                    await self._store(connection, [event])
                await self._follow_up([event])
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.warning("parked event failed", attempt=record.attempts, **where(error))
            if not record.is_tried_enough:
                return True
            dead.append((record, "failed", " ".join(where(error).values())))
        async with self._pool.acquire() as connection, connection.transaction():
            await parking.leave(connection, record)
            await outbox.put(connection, self._letters(dead))
        self._tell_of(dead)
        return True

    def _tell_of(self, dead: Sequence[Failure]) -> None:
        for record, cause, detail in dead:
            DEAD_LETTERS.labels(record.topic, self._group, cause).inc()
            log.error(
                "dead letter",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                cause=cause,
                detail=detail,
            )

    def _letters(self, dead: Sequence[Failure]) -> list[Outgoing]:
        now = datetime.now(UTC)
        return [dead_letter(record, self._group, cause, detail, now) for record, cause, detail in dead]

    def _decode(self, record: Received) -> Event:
        written_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return decode(self._topics[record.topic], record.key, record.value, record.headers, written_at)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the batch in hand be committed before its partitions go to another replica."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REVOKE_WAIT_SECONDS), self._gate:
                pass
        self._lag.revoke(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Note that the group has let this replica in."""
        self.assigned = True
        self._lag.assign(assigned)
        self._wait_in_the_poll()

    def _wait_in_the_poll(self) -> None:
        """Let no poll come back empty: FastStream sleeps after one, and sees nothing of what arrives then."""
        kafka = self.kafka

        async def getmany(*partitions: TopicPartition, max_records: int | None, **_: Any) -> Any:
            records: dict[TopicPartition, list[Record]] = {}
            while not records:
                records = await AIOKafkaConsumer.getmany(
                    kafka, *partitions, timeout_ms=POLL_MS, max_records=max_records
                )
            return records

        if kafka is not None:
            kafka.getmany = getmany

    async def watch_lag(self) -> None:
        """Keep the lag metrics level until cancelled."""
        while True:
            if self.kafka is not None:
                with suppress(KafkaError, OSError, TimeoutError):
                    await self._lag.measure(self.kafka)
            await asyncio.sleep(LAG_EVERY_SECONDS)


def _key(record: Received) -> tuple[str, bytes]:
    return record.topic, record.key or b""


async def _leave_undecoded(message: KafkaAckableMessage) -> Any:
    return message.body
