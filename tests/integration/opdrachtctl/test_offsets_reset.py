"""`opdracht offsets reset`: a service reads again, whether it runs or not, and nothing is ever skipped."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis.database import Pool, migrate, open_pool
from opdrachtctl.rewinding import CannotRewind, Rewound, rewind
from support import storing
from support.delivering import answer, consuming, records_of, send
from support.stacks import Stack, until


@pytest.fixture
async def topic(stack: Stack) -> str:
    """A topic of one's own; the group that reads it has the same name."""
    name = f"test-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1)])
    await admin.close()
    return name


@pytest.fixture
async def pool(database: str, topic: str) -> AsyncIterator[Pool]:
    """The database of the service that reads the topic."""
    await migrate(database, "chassis")
    async with open_pool(database) as opened:
        await opened.execute("INSERT INTO migrations (name) VALUES ($1)", f"{topic}/0001_first.sql")
        await opened.execute(storing.CREATE)
        yield opened


async def until_stored(pool: Pool, numbers: list[int]) -> None:
    async def stored() -> bool:
        rows = await pool.fetch("SELECT number FROM effects ORDER BY number")
        return [row["number"] for row in rows] == sorted(numbers)

    await until(stored)


async def write(stack: Stack, database: str, topic: str, numbers: range) -> None:
    await send(stack, database, records_of(topic, [answer(uuid4(), number) for number in numbers]))


async def reset(stack: Stack, database: str, topic: str, since: datetime | None = None) -> Rewound:
    return await rewind({"bootstrap_servers": stack.layout.kafka}, database, topic, [topic], since)


async def in_kafka(stack: Stack, topic: str) -> int:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.layout.kafka, group_id=topic, enable_auto_commit=False
    )
    await consumer.start()
    offsets = [await consumer.committed(TopicPartition(topic, number)) or 0 for number in range(3)]
    await consumer.stop()
    return sum(offsets)


async def test_a_service_that_runs_reads_again_from_the_beginning(
    stack: Stack, database: str, topic: str, pool: Pool
) -> None:
    async with consuming(stack, database, pool, topic, storing.store, group=topic):
        await write(stack, database, topic, range(30))
        await until_stored(pool, [*range(30)])
        rewound = await reset(stack, database, topic)
        assert rewound.is_running
        assert (sum(rewound.was.values()), sum(rewound.now.values())) == (30, 0)
        await until_stored(pool, [*range(30), *range(30)])
        await write(stack, database, topic, range(30, 40))
        await until_stored(pool, [*range(30), *range(30), *range(30, 40)])


async def test_a_service_that_is_stopped_reads_again_once_it_starts_and_kafka_shows_it(
    stack: Stack, database: str, topic: str, pool: Pool
) -> None:
    async with consuming(stack, database, pool, topic, storing.store, group=topic):
        await write(stack, database, topic, range(30))
        await until_stored(pool, [*range(30)])
        await until(lambda: is_committed(stack, topic, 30))
    rewound = await reset(stack, database, topic)
    assert not rewound.is_running
    assert await in_kafka(stack, topic) == 0
    async with consuming(stack, database, pool, topic, storing.store, group=topic):
        await until_stored(pool, [*range(30), *range(30)])


async def is_committed(stack: Stack, topic: str, offset: int) -> bool:
    return await in_kafka(stack, topic) == offset


async def test_what_was_written_since_a_moment_is_read_again(
    stack: Stack, database: str, topic: str, pool: Pool
) -> None:
    async with consuming(stack, database, pool, topic, storing.store, group=topic):
        await write(stack, database, topic, range(30))
        await until_stored(pool, [*range(30)])
        await write(stack, database, topic, range(30, 40))
        await until_stored(pool, [*range(40)])
        since = await first_written(stack, topic, 30)
        rewound = await reset(stack, database, topic, since)
        read_again = sum(rewound.was.values()) - sum(rewound.now.values())
        assert 10 <= read_again < 40

        async def again() -> bool:
            return bool(await pool.fetchval("SELECT count(*) = 40 + $1 FROM effects", read_again))

        await until(again)


async def first_written(stack: Stack, topic: str, number: int) -> datetime:
    """Return when the record of a number was written."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka)
    await consumer.start()
    consumer.assign([TopicPartition(topic, one) for one in range(3)])
    await consumer.seek_to_beginning()
    try:
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    if dict(record.headers)["ce_id"] == str(number).encode():
                        return datetime.fromtimestamp(record.timestamp / 1000, UTC)
    finally:
        await consumer.stop()


async def test_nothing_that_was_not_read_is_skipped(
    stack: Stack, database: str, topic: str, pool: Pool
) -> None:
    await write(stack, database, topic, range(30))
    rewound = await reset(stack, database, topic, datetime.now(UTC) + timedelta(hours=1))
    assert rewound.was == rewound.now
    async with consuming(stack, database, pool, topic, storing.store, group=topic):
        await until_stored(pool, [*range(30)])


async def test_the_database_of_another_service_is_refused(
    stack: Stack, database: str, topic: str, pool: Pool
) -> None:
    await pool.execute("DELETE FROM migrations WHERE name = $1", f"{topic}/0001_first.sql")
    with pytest.raises(CannotRewind, match="DATABASE_URL is not"):
        await reset(stack, database, topic)
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM consumed") == 0
    await connection.close()
