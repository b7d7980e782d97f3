"""Partitions are added to a topic: no order is lost, no tombstone misses its key, and all are read."""

from collections import defaultdict
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from chassis.database import Pool
from chassis.delivery.records import OutboxRecord
from chassis.kafka import broker, placing
from contracts.envelope import encode
from contracts.topics import PARTITIONS
from support import storing
from support.delivering import answer, consuming, send
from support.stacks import Stack, until

KEYS = [f"key {number}".encode() for number in range(40)]


async def grow(stack: Stack, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await admin.create_partitions({topic: NewPartitions(partitions)})

    async def grown() -> bool:
        (described,) = [one for one in await admin.describe_topics() if one["topic"] == topic]
        return len(described["partitions"]) == partitions

    await until(grown)
    await admin.close()


async def placed(stack: Stack, topic: str, partitions: int) -> dict[bytes, list[tuple[int, bytes | None]]]:
    """Return each key's records as partition and value, each partition in its order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, auto_offset_reset="earliest")
    await consumer.start()
    there = [TopicPartition(topic, number) for number in range(partitions)]
    consumer.assign(there)
    found: dict[bytes, list[tuple[int, bytes | None]]] = defaultdict(list)
    for partition, end in (await consumer.end_offsets(there)).items():
        await consumer.seek_to_beginning(partition)
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, []):
                found[record.key].append((record.partition, record.value))
    await consumer.stop()
    return found


def records(topic: str, value: bytes | None) -> list[OutboxRecord]:
    return [OutboxRecord(topic, key, value, []) for key in KEYS]


@pytest.fixture
async def six(stack: Stack) -> str:
    """A topic with as many partitions as the topics table says."""
    name = f"test-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    await admin.close()
    return name


async def test_after_partitions_were_added_a_tombstone_still_follows_what_it_erases(
    stack: Stack, database: str, six: str
) -> None:
    await send(stack, database, records(six, b"somebody"))
    await grow(stack, six, 2 * PARTITIONS)
    await send(stack, database, records(six, b"somebody else"))
    await send(stack, database, records(six, None))
    found = await placed(stack, six, 2 * PARTITIONS)
    assert found.keys() == set(KEYS)
    for of_key in found.values():
        (partition,) = {partition for partition, _ in of_key}
        assert [value for _, value in of_key] == [b"somebody", b"somebody else", None]
        assert partition < PARTITIONS


async def test_a_tombstone_reaches_the_partition_that_its_key_had_before_the_table_grew(
    stack: Stack, database: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "SPREADS", (3,))
    await send(stack, database, records(topic, b"somebody"))
    await grow(stack, topic, 8)
    monkeypatch.setattr(placing, "SPREADS", (3, 8))
    await send(stack, database, records(topic, b"somebody else"))
    await send(stack, database, records(topic, None))
    found = await placed(stack, topic, 8)
    moved = 0
    for of_key in found.values():
        partitions = {partition for partition, _ in of_key}
        moved += len(partitions) > 1
        for partition in partitions:
            assert [value for where, value in of_key if where == partition][-1] is None
        assert sum(value is not None for _, value in of_key) == 2
    assert moved > 10


async def test_partitions_that_are_added_are_read_soon(
    stack: Stack, database: str, topic: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broker.METADATA_MAX_AGE_MS <= 60_000
    monkeypatch.setattr(broker, "METADATA_MAX_AGE_MS", 1000)
    await pool.execute(storing.CREATE)
    async with consuming(stack, database, pool, topic, storing.store) as consumer:

        async def has(partitions: int) -> bool:
            return consumer.kafka is not None and len(consumer.kafka.assignment()) == partitions

        await until(lambda: has(3))
        await grow(stack, topic, 5)
        producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka)
        await producer.start()
        key, value, headers = encode(answer(uuid4(), 1))
        await producer.send_and_wait(topic, value, key, partition=4, headers=headers)
        await producer.stop()

        async def stored() -> bool:
            return bool(await pool.fetchval("SELECT count(*) = 1 FROM effects"))

        await until(stored)
        await until(lambda: has(5))
