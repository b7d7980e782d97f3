"""A record that can never be sent, or a topic that takes nothing, holds up nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chassis.database import Pool
from chassis.delivery import outbox, relay
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay
from chassis.housekeeping import measure
from chassis.jobs import running
from chassis.kafka.producer import Producer
from opdrachtctl.__main__ import app
from prometheus_client import REGISTRY
from support.delivering import settings_for
from support.stacks import Stack, until
from typer.testing import CliRunner

TOO_LARGE_FOR_THE_TOPIC = b"x" * 700 * 1024
TOO_LARGE_FOR_THE_CLIENT = b"x" * 5 * 1024 * 1024


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was refused be tried again soon."""
    monkeypatch.setattr(relay, "REFUSED_SECONDS", 1.0)
    monkeypatch.setattr(relay, "SHUT_SECONDS", 0.2)


@asynccontextmanager
async def admin(stack: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def made(stack: Stack, **config: str) -> str:
    """Make a topic of one partition; return its name."""
    name = f"test-{uuid4()}"
    async with admin(stack) as client:
        await client.create_topics([NewTopic(name, 1, 1, topic_configs=config)])
    return name


@asynccontextmanager
async def relaying(stack: Stack, database: str) -> AsyncIterator[None]:
    producer = Producer(settings_for(stack, database), "test")
    try:
        async with running(Relay(database, producer).run()):
            yield
    finally:
        await producer.close()


async def write(pool: Pool, *records: OutboxRecord) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await outbox.put(connection, records)


def record(topic: str, name: str, key: str | None, value: bytes = b"{}") -> OutboxRecord:
    return OutboxRecord(topic, None if key is None else key.encode(), value, [("name", name.encode())])


async def waiting(pool: Pool, *names: str) -> bool:
    rows = await pool.fetch("SELECT header_values[1] AS name FROM outbox ORDER BY id")
    return [row["name"].decode() for row in rows] == list(names)


async def published(stack: Stack, topic: str) -> list[str]:
    """Return the names of what lies on a topic's only partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, auto_offset_reset="earliest")
    await consumer.start()
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    end = (await consumer.end_offsets([partition]))[partition]
    names: list[str] = []
    while await consumer.position(partition) < end:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            names += [dict(one.headers)["name"].decode() for one in records]
    await consumer.stop()
    return names


async def opdracht(command: str, database: str, *words: str) -> str:
    done = await asyncio.to_thread(
        CliRunner().invoke, app, ["outbox", command, "--database", database, *words], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    return done.output


async def test_a_record_that_is_too_large_waits_with_its_key_and_all_others_go_out(
    stack: Stack, database: str, pool: Pool
) -> None:
    topic = await made(stack, **{"max.message.bytes": str(600 * 1024)})
    await write(
        pool,
        record(topic, "a1", "a", TOO_LARGE_FOR_THE_TOPIC),
        record(topic, "b1", "b"),
        record(topic, "a2", "a"),
        record(topic, "c1", "c", TOO_LARGE_FOR_THE_CLIENT),
        record(topic, "c2", "c"),
        record(topic, "none", None, TOO_LARGE_FOR_THE_TOPIC),
        record(topic, "none too", None),
        record(topic, "b2", "b"),
    )
    async with relaying(stack, database):
        await until(partial(waiting, pool, "a1", "a2", "c1", "c2", "none"))
        await write(pool, record(topic, "b3", "b"), record(topic, "a3", "a"))
        await until(partial(waiting, pool, "a1", "a2", "c1", "c2", "none", "a3"))
        assert sorted(await published(stack, topic)) == ["b1", "b2", "b3", "none too"]

        await measure(pool)
        assert REGISTRY.get_sample_value("outbox_refused") == 3
        refused = await pool.fetch("SELECT DISTINCT refused_because FROM outbox WHERE refused_at IS NOT NULL")
        assert [row["refused_because"] for row in refused] == ["MessageSizeTooLargeError"]

        listed = await opdracht("list", database)
        assert listed.count("MessageSizeTooLargeError") == 3
        async with admin(stack) as client:
            larger = {"max.message.bytes": str(2 * 1024 * 1024)}
            await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, larger)])
        await until(partial(waiting, pool, "c1", "c2"))
        stuck = await pool.fetchval("SELECT id FROM outbox WHERE refused_at IS NOT NULL")
        assert "discarded" in await opdracht("discard", database, str(stuck))
        await until(partial(waiting, pool))
    names = await published(stack, topic)
    assert [name for name in names if name.startswith("a")] == ["a1", "a2", "a3"]
    assert "none" in names
    assert "c2" in names


async def test_a_record_that_the_broker_refuses_takes_none_of_its_batch_along(
    stack: Stack, database: str, pool: Pool
) -> None:
    topic = await made(stack, **{"cleanup.policy": "compact"})
    names = [f"k{number}" for number in range(20)]
    records = [record(topic, name, name) for name in names]
    await write(pool, *records[:10], record(topic, "without a key", None), *records[10:])
    async with relaying(stack, database):
        await until(partial(waiting, pool, "without a key"))
    assert sorted(await published(stack, topic)) == sorted(names)


async def test_a_topic_that_is_not_there_waits_and_no_other_does(
    stack: Stack, database: str, pool: Pool
) -> None:
    topic, missing = await made(stack), f"test-{uuid4()}"
    await write(pool, record(missing, "m1", "m"), record(topic, "t1", "t"), record(missing, "m2", "m"))
    async with relaying(stack, database):
        await until(partial(waiting, pool, "m1", "m2"))
        await write(pool, record(topic, "t2", "t"))
        await until(partial(waiting, pool, "m1", "m2"))
        assert await published(stack, topic) == ["t1", "t2"]
        assert not await pool.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE refused_at IS NOT NULL)")
        async with admin(stack) as client:
            await client.create_topics([NewTopic(missing, 1, 1)])
        await until(partial(waiting, pool))
    assert await published(stack, missing) == ["m1", "m2"]
