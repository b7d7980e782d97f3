"""A topic of one's own, with a consumer and a relay on it as a service has them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from chassis.database import Pool
from chassis.delivery.outbox import Relay
from chassis.kafka.broker import Outgoing, Producer, make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import running
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


@asynccontextmanager
async def consuming(
    stack: Stack, database: str, pool: Pool, topic: str, store: object, **more: Any
) -> AsyncIterator[Consumer]:
    """Run a consumer and a relay, as a service does."""
    settings = settings_for(stack, database)
    broker = make_broker(settings, GROUP, CollectorRegistry())
    described = Topic(topic, "assignment_id", "test", (GROUP,), ("MatchAnswered.v1",))
    consumer = Consumer(broker, pool, GROUP, [described], store, **more)  # type: ignore[arg-type]
    producer = Producer(settings, "test")
    await broker.start()
    try:
        async with running(Relay(database, producer).run(), consumer.retry_parked()):
            yield consumer
    finally:
        await broker.stop()
        await producer.close()


async def send(stack: Stack, database: str, records: Sequence[Outgoing]) -> None:
    producer = Producer(settings_for(stack, database), "sender")
    _, error = await producer.send_all(records)
    assert error is None
    await producer.close()


def records_of(topic: str, events: Sequence[Event]) -> list[Outgoing]:
    return [Outgoing(topic, *encode(event)) for event in events]


def received(key: bytes | None, offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("t", 0, offset, 0, 0, key, None, None, 0, 0, [("h", None)])
