"""A topic of one's own, with a consumer and a relay on it as a service has them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.database import Pool
from chassis.delivery.intake import FollowUp, Intake, Store
from chassis.delivery.records import OutboxRecord, ReceivedRecord
from chassis.delivery.relay import Relay
from chassis.jobs import repeat, running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.kafka.producer import Producer
from chassis.settings import Settings
from contracts.envelope import Event, encode
from contracts.events import MatchAnswered
from contracts.topics import Topic
from contracts.vocabulary import Answer
from prometheus_client import CollectorRegistry

from support.stacks import Stack, until

GROUP = "reader"


def settings_for(stack: Stack, database: str) -> Settings:
    return Settings(
        kafka_bootstrap_servers=stack.layout.kafka,
        database_url=database,
        allow_insecure=True,
        auth_issuer="x",
        auth_audience="x",
        auth_jwks_url="file:///nowhere",
    )


async def read(stack: Stack, topic: str, count: int, partitions: int = 3) -> list[tuple[bytes, bytes]]:
    """Read `count` records: (key, value), each partition in its order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, auto_offset_reset="earliest")
    await consumer.start()
    found: list[tuple[bytes, bytes]] = []
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        await consumer.seek_to_beginning()

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.extend((record.key, record.value) for record in records)
            return len(found) >= count

        await until(enough, what=f"{count} records in {topic}")
        for records in (await consumer.getmany(timeout_ms=500)).values():
            found.extend((record.key, record.value) for record in records)
    finally:
        await consumer.stop()
    return found


def answer(assignment_id: UUID, number: int) -> Event:
    profile_id = UUID(int=number)
    data = MatchAnswered(
        match_id=uuid5(assignment_id, str(profile_id)),
        assignment_id=assignment_id,
        profile_id=profile_id,
        answer=Answer.INTERESTED,
        answered_at=datetime.now(UTC),
    )
    return Event(str(number), "/test", "MatchAnswered.v1", assignment_id, data.answered_at, data)


TOPIC = Topic(
    name="t", key="assignment_id", producers=("test",), consumers=(GROUP,), types=("MatchAnswered.v1",)
)


@asynccontextmanager
async def consuming(
    stack: Stack,
    database: str,
    pool: Pool,
    topic: str,
    store: Store,
    follow_up: FollowUp | None = None,
    group: str = GROUP,
    instance: str | None = None,
) -> AsyncIterator[Consumer]:
    """Run a consumer and a relay, as a service does."""
    settings = settings_for(stack, database)
    broker = make_broker(settings, group, CollectorRegistry())
    consumer = Consumer(broker, intake(pool, store, follow_up, topic, group), instance=instance)
    producer = Producer(settings, "test")
    await broker.start()
    try:
        async with running(Relay(database, producer).run(), repeat(consumer.align, name="offsets")):
            yield consumer
    finally:
        await broker.stop()
        await producer.close()


def intake(
    pool: Pool,
    store: Store,
    follow_up: FollowUp | None = None,
    topic: str = TOPIC.name,
    group: str = GROUP,
    *,
    flushes: bool = True,
) -> Intake:
    """Make the intake of a topic of answers."""
    more = [follow_up] if follow_up else []
    return Intake(pool, group, [replace(TOPIC, name=topic)], store, *more, flushes=flushes)


async def send(stack: Stack, database: str, records: Sequence[OutboxRecord]) -> None:
    """Send records; a topic that was just made, and takes nothing yet, is tried again, as a relay does."""
    producer, left = Producer(settings_for(stack, database), "sender"), [*records]

    async def all_sent() -> bool:
        sent = await producer.send_all(left)
        assert sent.error is None
        assert not sent.refused
        left[:] = [record for record, there in zip(left, sent.confirmed, strict=True) if not there]
        return not left

    await until(all_sent)
    await producer.close()


def records_of(topic: str, events: Sequence[Event]) -> list[OutboxRecord]:
    return [OutboxRecord(topic, *encode(event)) for event in events]


def received(events: Sequence[Event], first_offset: int = 0) -> list[ReceivedRecord]:
    """Return the records that a topic would bring of events, at offsets of their own."""
    return [
        ReceivedRecord(TOPIC.name, 0, offset, *encode(event), timestamp=0)
        for offset, event in enumerate(events, first_offset)
    ]
