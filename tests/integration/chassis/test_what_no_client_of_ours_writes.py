"""Whatever a partition holds, it moves on: what can be read is read, and the rest is a dead letter."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import uuid4

import confluent_kafka
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.database import Connection, Pool
from chassis.delivery.dead_letters import PREFIX
from chassis.delivery.intake import Store
from chassis.kafka.consumer import Consumer
from chassis.kafka.unpacking import MAX_BYTES
from contracts.envelope import Event, encode
from contracts.topics import MAX_DEAD_BYTES, dead_topic
from support.delivering import GROUP, answer, consuming
from support.raw_records import Codec, RawRecord, raw, raw_producer
from support.stacks import Stack, until

PARTITIONS = 3
MIB = 1024 * 1024


async def effects(pool: Pool) -> Store:
    await pool.execute("CREATE TABLE effects (number text PRIMARY KEY)")

    async def store(connection: Connection, batch: Sequence[Event]) -> None:
        await connection.executemany(
            "INSERT INTO effects VALUES ($1) ON CONFLICT DO NOTHING", [(event.id,) for event in batch]
        )

    return store


async def taken(pool: Pool) -> set[str]:
    return {row["number"] for row in await pool.fetch("SELECT number FROM effects")}


async def all_taken(pool: Pool, numbers: Sequence[int]) -> None:
    wanted = {str(number) for number in numbers}

    async def are() -> bool:
        return await taken(pool) >= wanted

    await until(are, what="every event is taken")


async def dead_letters(stack: Stack, topic: str, count: int) -> list[Any]:
    """Return the dead letters of a topic, once there are `count`; in the order in which their records lay."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.layout.kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=8 * MIB
    )
    await consumer.start()
    consumer.assign([TopicPartition(dead_topic(topic, GROUP), 0)])
    found: list[Any] = []

    async def are_there() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            found.extend(records)
        return len(found) >= count

    try:
        await until(are_there, what=f"{count} dead letters, not {len(found)}")
    finally:
        await consumer.stop()
    assert len(found) == count
    return found


def why(letter: Any) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): text.decode() for name, text in letter.headers if name.startswith(PREFIX)
    }


@pytest.fixture
async def reading(
    stack: Stack, database: str, pool: Pool, topic: str
) -> AbstractAsyncContextManager[Consumer]:
    return consuming(stack, database, pool, topic, await effects(pool))


@pytest.mark.parametrize("codec", Codec)
async def test_an_event_in_a_batch_of_any_codec_is_taken(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer], codec: Codec
) -> None:
    events = [answer(uuid4(), number) for number in range(1, 21)]
    async with reading, raw_producer(stack) as producer:
        await producer.send(topic, 1, [raw(event) for event in events], codec)
        await all_taken(pool, range(1, 21))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_an_event_as_librdkafka_compresses_it_is_taken(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer], codec: str
) -> None:
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": stack.layout.kafka, "compression.type": codec, "linger.ms": 50}
    )
    async with reading:
        for number in range(1, 21):
            key, value, headers = encode(answer(uuid4(), number))
            producer.produce(topic, value, key, headers=list(headers))
        assert producer.flush(20) == 0
        await all_taken(pool, range(1, 21))


async def test_a_header_whose_name_is_no_utf8_makes_a_dead_letter_of_its_record_alone(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer]
) -> None:
    bad = raw(answer(uuid4(), 99), (b"na\xffm\xfee", b"\xff"))
    async with reading, raw_producer(stack) as producer:
        for codec in Codec:
            batch = [raw(answer(uuid4(), 3 * codec + number)) for number in (1, 2, 3)]
            await producer.send(topic, 1, [batch[0], bad, *batch[1:]], codec)
        await producer.send(topic, 0, [raw(answer(uuid4(), 50))])
        await all_taken(pool, [*range(1, 3 * len(Codec) + 1), 50])
        letters = await dead_letters(stack, topic, len(Codec))
    assert [why(letter)["offset"] for letter in letters] == [str(4 * codec + 1) for codec in Codec]
    for letter in letters:
        assert why(letter)["topic"] == topic
        assert why(letter)["partition"] == "1"
        assert "UTF-8" in why(letter)["detail"]
        assert letter.key == bad.key
        assert letter.value == bad.value
        assert (r"na\xffm\xfee", b"\xff") in letter.headers


async def test_a_record_with_a_nul_in_a_headers_name_is_taken_or_is_a_dead_letter_as_it_came(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer]
) -> None:
    event = raw(answer(uuid4(), 1), (b"a\x00b", None), (b"\\x61", b"1"))
    garbage = RawRecord(b"k", b"v", [(b"a\x00b", None), (b"\\x61", b"1"), (b"", b"")])
    async with reading, raw_producer(stack) as producer:
        await producer.send(topic, 1, [garbage, event, raw(answer(uuid4(), 2))])
        await all_taken(pool, [1, 2])
        [letter] = await dead_letters(stack, topic, 1)
    assert list(letter.headers)[:3] == [("a\x00b", None), ("\\x61", b"1"), ("", b"")]


async def test_a_record_larger_than_its_dead_topic_takes_leaves_a_letter_that_says_where_it_lies(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer]
) -> None:
    large = RawRecord(b"k" * MIB, b"v" * 6 * MIB, [(b"h%d" % number, b"x" * 1000) for number in range(2000)])
    async with reading, raw_producer(stack) as producer:
        await producer.send(topic, 2, [raw(answer(uuid4(), 1))])
        offset = await producer.send(topic, 2, [large], Codec.GZIP)
        await producer.send(topic, 2, [raw(answer(uuid4(), 2))])
        await all_taken(pool, [1, 2])
        [letter] = await dead_letters(stack, topic, 1)
    assert f"{topic}, partition 2, offset {offset}" in why(letter)["detail"]
    assert int(why(letter)["cut"]) > 8 * MIB
    assert ("h0", b"x" * 1000) in letter.headers
    assert large.value is not None
    assert large.value.startswith(letter.value)
    assert MIB < len(letter.value) < MAX_DEAD_BYTES


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.LZ4, Codec.ZSTD])
async def test_a_batch_that_is_too_large_once_unpacked_is_a_dead_letter_that_says_where_it_lies(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer], codec: Codec
) -> None:
    large = RawRecord(b"k", bytes(MAX_BYTES))
    async with reading, raw_producer(stack) as producer:
        offset = await producer.send(topic, 1, [large, large], codec)
        await producer.send(topic, 1, [raw(answer(uuid4(), 1))])
        await all_taken(pool, [1])
        [letter] = await dead_letters(stack, topic, 1)
    assert f"offsets {offset} to {offset + 1} cannot be read" in why(letter)["detail"]
    assert why(letter)["offset"] == str(offset + 1)
    assert letter.value == b""


async def test_large_records_in_a_row_come_each_once(
    stack: Stack, pool: Pool, topic: str, reading: AbstractAsyncContextManager[Consumer]
) -> None:
    async with raw_producer(stack) as producer:
        for _ in range(4):
            await producer.send(topic, 1, [RawRecord(b"k", b"v" * 3 * MIB)] * 2, Codec.GZIP)
        await producer.send(topic, 1, [raw(answer(uuid4(), 1))])
        async with reading:
            await all_taken(pool, [1])
            letters = await dead_letters(stack, topic, 8)
    assert [why(letter)["offset"] for letter in letters] == [str(offset) for offset in range(8)]


@pytest.mark.parametrize("timestamp", [-1, 0, -(2**62)])
async def test_a_record_of_any_time_is_taken(
    stack: Stack,
    pool: Pool,
    topic: str,
    reading: AbstractAsyncContextManager[Consumer],
    timestamp: int,
) -> None:
    key, value, headers = encode(answer(uuid4(), 1))
    timeless = [(name.encode(), text) for name, text in headers if name != "ce_time"]
    async with reading, raw_producer(stack) as producer:
        await producer.send(topic, 1, [RawRecord(key, value, timeless, timestamp)])
        await producer.send(topic, 1, [raw(answer(uuid4(), 2))])
        await all_taken(pool, [1, 2])
