"""A stack to measure: events put on Kafka by this process, and services that rest or catch up meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from contracts.envelope import Event, encode
from contracts.topics import PARTITIONS, Topic
from performance.rows import Row
from stack.layout import Layout
from support.ports import BENCH
from support.stacks import Stack, process_of, standing_still, start_stack, stop, wait_for_line
from uuid_utils.compat import uuid7


def on_a_stack(folder: Path, measure: Callable[[Stack], Coroutine[Any, Any, list[Row]]]) -> list[Row]:
    """Return what is measured on a stack of its own in a folder."""
    process = start_stack(BENCH, folder, "stack")
    try:
        wait_for_line(process, "platform is up")
        return asyncio.run(measure(Stack(Layout(BENCH, folder))))
    finally:
        stop(process)


@asynccontextmanager
async def a_producer(stack: Stack) -> AsyncIterator[AIOKafkaProducer]:
    """Put records on the topics of a stack, each once and in order."""
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def as_record(topic: Topic, subject: UUID, kind: str, data: Any) -> tuple[str, dict[str, Any]]:
    """Return the topic's name and the record of something that happens now."""
    event = Event(str(uuid7()), "/performance", kind, subject, datetime.now(UTC), data)
    key, value, headers = encode(event)
    return topic.name, {"key": key, "value": value, "headers": headers}


@contextmanager
def resting(stack: Stack, *services: str) -> Iterator[None]:
    """Stop processes for a while, without ending them."""
    with standing_still(*(process_of(stack.layout, service) for service in services)):
        yield


async def caught_up(stack: Stack, group: str, *topics: Topic) -> bool:
    """Whether a group has committed every record of these topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for topic in topics for number in range(PARTITIONS)]
        ends = await consumer.end_offsets(partitions)
        done = await admin.list_consumer_group_offsets(group)
        return all(done[one].offset >= ends[one] if one in done else ends[one] == 0 for one in partitions)
    finally:
        await admin.close()
        await consumer.stop()
