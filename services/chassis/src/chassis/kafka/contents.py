"""Reading topics from some offsets to where they end now, outside any consumer group."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from contracts.envelope import Doubled, Event, decode
from contracts.reading import Undecodable, Unfamiliar
from contracts.topics import Topic

from chassis.delivery.records import moment_written
from chassis.kafka.broker import connection_arguments
from chassis.kafka.reading import read_leniently
from chassis.kafka.topics import partitions_of
from chassis.settings import KafkaSettings

READ_MS = 1000
BATCH_SIZE = 500

Record: TypeAlias = ConsumerRecord
Offsets: TypeAlias = dict[tuple[str, int], int]  # by topic and partition


async def ends_of(settings: KafkaSettings, topics: Sequence[str], *, with_records: bool = False) -> Offsets:
    """Return where the partitions of topics end; `with_records`: only of those that hold a record.

    Raises:
        KafkaError: the broker is away, or one of the topics.
    """
    if not topics:
        return {}
    partitions = [TopicPartition(*one) for one in await partitions_of(connection_arguments(settings), topics)]
    async with _consumer(settings) as consumer:
        ends = await consumer.end_offsets(partitions)
        if with_records:
            first = await consumer.beginning_offsets(partitions)
            ends = {one: end for one, end in ends.items() if end > first[one]}
    return {(one.topic, one.partition): end for one, end in ends.items()}


async def bounds_of(settings: KafkaSettings, topics: Sequence[str]) -> dict[TopicPartition, range]:
    """Return which offsets the partitions of topics hold now: from the first that is not deleted to the end.

    Raises:
        KafkaError: the broker is away, or one of the topics.
    """
    partitions = [TopicPartition(*one) for one in await partitions_of(connection_arguments(settings), topics)]
    async with _consumer(settings) as consumer:
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    return {one: range(first[one], ends[one]) for one in partitions}


async def read(
    settings: KafkaSettings, starts: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]
) -> AsyncIterator[Sequence[Record]]:
    """Iterate over what lies from `starts` (0 where none is given) to `ends`: some records of one partition
    at a time, in their order. Where retention has deleted some, it begins with the oldest that is there.

    Raises:
        KafkaError: the broker is away.
    """
    left = {TopicPartition(*one): end for one, end in ends.items() if end > starts.get(one, 0)}
    if not left:
        return
    async with _consumer(settings) as consumer:
        consumer.assign(list(left))
        for partition in left:
            consumer.seek(partition, starts.get((partition.topic, partition.partition), 0))
        while left := {one: end for one, end in left.items() if await consumer.position(one) < end}:
            found = await consumer.getmany(*left, timeout_ms=READ_MS, max_records=BATCH_SIZE)
            for partition, records in found.items():
                yield [record for record in records if record.offset < left[partition]]


@asynccontextmanager
async def _consumer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    read_leniently()
    consumer = AIOKafkaConsumer(
        **connection_arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def events_of(topics: Mapping[str, Topic], records: Sequence[Record]) -> list[Event]:
    """Return what records of these topics say, without those that this version cannot read."""
    events = []
    for record in records:
        topic, written_at = topics[record.topic], moment_written(record)
        try:
            event = decode(topic, record.key, record.value, record.headers, written_at)
        except (Undecodable, Unfamiliar, Doubled):
            continue
        events.append(event)
    return events
