"""Offsets lie in the database that they are about: what is restored, moved or killed reads on."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from chassis.database import Pool, migrate, open_pool
from chassis.delivery import offsets, parking
from chassis.delivery.offsets import OffsetsMoved, Position, Step
from chassis.kafka.consumer import Consumer
from contracts.envelope import Event
from support import storing
from support.delivering import GROUP, TOPIC, answer, consuming, intake, received, records_of, send
from support.stacks import Stack, until

STORING = Path(storing.__file__)
PARTITION = (TOPIC.name, 0)


def events_of(numbers: range, keys: Sequence[UUID]) -> list[Event]:
    return [answer(keys[number % len(keys)], number) for number in numbers]


async def numbers(pool: Pool) -> list[int]:
    return [row["number"] for row in await pool.fetch("SELECT number FROM effects ORDER BY number")]


async def waits_for_a_lock(pool: Pool) -> bool:
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    return bool(await pool.fetchval(waiting))


async def until_stored(pool: Pool, wanted: range) -> None:
    async def stored() -> bool:
        return await numbers(pool) == list(wanted)

    await until(stored, what=f"{wanted} are stored, each once")


async def prepare(database: str) -> None:
    await migrate(database, "chassis")
    connection = await asyncpg.connect(database)
    await connection.execute(storing.CREATE)
    await connection.close()


@asynccontextmanager
async def copied(database: str) -> AsyncIterator[str]:
    """Copy a database that nobody uses; the copy's URL."""
    address, _, name = database.rpartition("/")
    server = await asyncpg.connect(f"{address}/postgres")
    await server.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
    try:
        yield f"{database}_copy"
    finally:
        await server.execute(f'DROP DATABASE "{name}_copy" WITH (FORCE)')
        await server.close()


@asynccontextmanager
async def administering(stack: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def store_all(stack: Stack, database: str, topic: str, wanted: range) -> None:
    """Run a consumer until what the topic holds is stored, each once."""
    async with open_pool(database) as pool, consuming(stack, database, pool, topic, storing.store):
        await until_stored(pool, wanted)


async def test_an_older_copy_of_a_database_reads_on_from_where_it_is(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    keys = [uuid4() for _ in range(7)]
    await send(stack, database, records_of(topic, events_of(range(40), keys)))
    await store_all(stack, database, topic, range(40))
    async with copied(database) as copy:
        await send(stack, database, records_of(topic, events_of(range(40, 80), keys)))
        await store_all(stack, database, topic, range(80))
        await store_all(stack, copy, topic, range(80))


async def test_an_emptied_database_is_built_again_from_the_topics_beginning(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    async with copied(database) as empty:
        await send(stack, database, records_of(topic, events_of(range(40), [uuid4(), uuid4()])))
        await store_all(stack, database, topic, range(40))
        await store_all(stack, empty, topic, range(40))


async def test_who_died_before_kafka_was_told_of_the_last_batch_leaves_nobody_behind(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    await send(stack, database, records_of(topic, events_of(range(40), [uuid4() for _ in range(7)])))
    await store_all(stack, database, topic, range(40))
    partitions = [TopicPartition(topic, number) for number in range(3)]
    kafka = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, group_id=GROUP, enable_auto_commit=False)
    await kafka.start()
    kafka.assign(partitions)
    ends = {one: end for one, end in (await kafka.end_offsets(partitions)).items() if end}
    await kafka.commit({one: end - 1 for one, end in ends.items()})
    await kafka.stop()
    async with administering(stack) as admin, open_pool(database) as pool:

        async def is_told() -> bool:
            told = await admin.list_consumer_group_offsets(GROUP)
            return {one: told[one].offset for one in ends} == ends

        assert not await is_told()
        await pool.execute("UPDATE consumed SET followed_up = next")  # as it stands between the two
        async with consuming(stack, database, pool, topic, storing.store):
            await until(is_told)
        assert await numbers(pool) == list(range(40))


async def test_a_database_that_is_put_back_under_a_running_consumer_is_read_on(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    keys = [uuid4() for _ in range(7)]
    async with open_pool(database) as pool, consuming(stack, database, pool, topic, storing.store):
        await send(stack, database, records_of(topic, events_of(range(40), keys)))
        await until_stored(pool, range(40))
        rows = await pool.fetch("SELECT topic, partition, next FROM consumed")
        kept = {(row["topic"], row["partition"]): row["next"] for row in rows}
        await send(stack, database, records_of(topic, events_of(range(40, 80), keys)))
        await until_stored(pool, range(80))
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM effects WHERE number >= 40")
            await offsets.reset(connection, kept)
        await until_stored(pool, range(80))


async def test_after_an_upgrade_a_database_in_use_goes_on_from_kafkas_offsets(
    stack: Stack, database: str, topic: str
) -> None:
    await send(stack, database, records_of(topic, events_of(range(30), [uuid4(), uuid4()])))
    kafka = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, group_id=GROUP, enable_auto_commit=False)
    await kafka.start()
    partitions = [TopicPartition(topic, number) for number in range(3)]
    kafka.assign(partitions)
    await kafka.commit(await kafka.end_offsets(partitions))
    await kafka.stop()
    await migrate(database, "chassis", "assignments")
    connection = await asyncpg.connect(database)
    await connection.execute(storing.CREATE)
    # As the migration leaves it in a database that has the service's own tables already.
    await connection.execute("INSERT INTO offsets_before (kept_in) VALUES ('kafka')")
    await connection.close()
    await send(stack, database, records_of(topic, events_of(range(30, 60), [uuid4(), uuid4()])))
    await store_all(stack, database, topic, range(30, 60))


async def test_the_migration_knows_a_database_in_use_from_a_new_one(database: str) -> None:
    await migrate(database, "chassis", "assignments")
    connection = await asyncpg.connect(database)
    assert not await offsets.are_in_kafka(connection)
    await connection.execute("DROP TABLE consumed, offsets_before")
    await connection.execute("DELETE FROM migrations WHERE name LIKE 'chassis/%_consumed.sql'")
    await migrate(database, "chassis", "assignments")
    assert await offsets.are_in_kafka(connection)
    await connection.close()


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    keys = [uuid4() for _ in range(7)]
    await send(stack, database, records_of(topic, events_of(range(40), keys)))
    await store_all(stack, database, topic, range(40))
    async with administering(stack) as admin:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await until(gone)

        async def made() -> bool:
            answer = await admin.create_topics([NewTopic(topic, 3, 1)])
            return bool(answer.topic_errors[0][1] == 0)

        await until(made)
    await send(stack, database, records_of(topic, events_of(range(40, 47), keys)))
    await store_all(stack, database, topic, range(47))


async def test_where_retention_deleted_what_was_not_read_the_oldest_that_is_left_is_next(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    key = uuid4()
    await send(stack, database, records_of(topic, events_of(range(40), [key])))
    await store_all(stack, database, topic, range(40))
    await send(stack, database, records_of(topic, events_of(range(40, 80), [key])))
    async with administering(stack) as admin, open_pool(database) as pool:
        full = await pool.fetchrow("SELECT partition, next FROM consumed WHERE next > 0")
        assert full is not None
        partition = TopicPartition(topic, full["partition"])
        await admin.delete_records({partition: RecordsToDelete(before_offset=full["next"] + 10)})
        async with consuming(stack, database, pool, topic, storing.store):

            async def stored() -> bool:
                return await numbers(pool) == [*range(40), *range(50, 80)]

            await until(stored)


async def test_partitions_that_move_and_processes_that_are_killed_store_everything_once_and_in_order(
    stack: Stack, database: str, topic: str
) -> None:
    await prepare(database)
    keys, total = [uuid4() for _ in range(24)], 2400
    rng = random.Random(5)
    environment = {**os.environ, "PYTHONPATH": str(STORING.parent.parent)}
    words = (str(stack.layout.base), str(stack.layout.directory), database, topic)

    def start(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(STORING), *words, name], env=environment)

    async with open_pool(database) as pool:
        processes = {name: start(name) for name in ("one", "two")}
        try:
            for begin in range(0, total, 400):
                for part in range(begin, begin + 400, 40):
                    await send(stack, database, records_of(topic, events_of(range(part, part + 40), keys)))
                    await asyncio.sleep(rng.random() * 0.1)
                name = rng.choice(list(processes))
                processes[name].kill()
                processes[name].wait()
                processes[name] = start(name)

                async def is_moving(stored: int = begin) -> bool:
                    return bool(await pool.fetchval("SELECT count(*) > $1 FROM effects", stored))

                await until(is_moving)
                async with consuming(stack, database, pool, topic, storing.store, group=topic) as third:

                    async def has_partitions(third: Consumer = third) -> bool:
                        return bool(third.kafka and third.kafka.assignment())

                    await until(has_partitions)
            await until_stored(pool, range(total))
            rows = await pool.fetch("SELECT key, number FROM effects ORDER BY id")
        finally:
            for process in processes.values():
                process.kill()
                process.wait()
    for place, key in enumerate(keys):
        assert [row["number"] for row in rows if row["key"] == key] == list(range(place, total, len(keys)))


@pytest.fixture
async def effects(pool: Pool) -> Pool:
    """A database with the table of effects, and a partition at its beginning."""
    await pool.execute(storing.CREATE)
    async with pool.acquire() as connection:
        await offsets.begin(connection, {PARTITION: 0})
    return pool


def step(followed_up: int, following: int, end: int) -> Step:
    return Step(PARTITION, Position(followed_up, following), end)


async def test_a_batch_of_a_partition_that_another_has_read_on_stores_nothing(effects: Pool) -> None:
    events = received([answer(uuid4(), number) for number in range(20)])
    other, late = intake(effects, storing.store), intake(effects, storing.store)
    await other.process(events[:15], [step(0, 0, 15)])
    with pytest.raises(OffsetsMoved):
        await late.process(events[:10], [step(0, 0, 10)])
    assert await numbers(effects) == list(range(15))


async def test_a_late_batch_that_is_first_is_seen_by_who_has_the_partition_now(effects: Pool) -> None:
    events = received([answer(uuid4(), number) for number in range(20)])
    late, other = intake(effects, storing.store), intake(effects, storing.store)
    async with effects.acquire() as connection, connection.transaction():
        await offsets.advance(connection, [step(0, 0, 10)])
        await storing.store(connection, [answer(uuid4(), number) for number in range(10)])
        waiting = asyncio.create_task(other.process(events[:15], [step(0, 0, 15)]))

        await until(partial(waits_for_a_lock, effects))
    with pytest.raises(OffsetsMoved):
        await waiting
    await other.process(events, [step(0, 10, 20)])
    assert await numbers(effects) == list(range(20))
    with pytest.raises(OffsetsMoved):
        await late.process(events[10:12], [step(10, 10, 12)])


async def test_a_batch_that_waits_while_another_parks_of_its_key_stores_nothing(effects: Pool) -> None:
    """It asked whether anything is parked before it had to wait, so it does not know."""
    assignment_id = uuid4()
    events = received([answer(assignment_id, number) for number in range(4)])
    late = intake(effects, storing.store)
    async with effects.acquire() as connection, connection.transaction():
        assert not await offsets.advance(connection, [step(0, 0, 2)])
        await parking.put(connection, events[:1])
        waiting = asyncio.create_task(late.process(events, [step(0, 0, 4)]))
        await until(partial(waits_for_a_lock, effects))
    with pytest.raises(OffsetsMoved):
        await waiting
    assert await numbers(effects) == []
    await late.process(events, [step(0, 2, 4)])
    assert await numbers(effects) == []
    assert await effects.fetchval("SELECT count(*) FROM parked") == 3


async def test_what_is_stored_and_was_not_followed_up_is_followed_up_and_not_stored_again(
    effects: Pool,
) -> None:
    followed: list[int] = []
    fails = True

    async def follow_up(events: Sequence[Event]) -> None:
        if fails:
            raise asyncpg.ConnectionDoesNotExistError("the database went away")
        followed.extend(int(event.id) for event in events)

    events = received([answer(uuid4(), number) for number in range(20)])
    taking = intake(effects, storing.store, follow_up)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await taking.process(events[:10], [step(0, 0, 10)])
    async with effects.acquire() as connection:
        assert await offsets.positions(connection, [PARTITION]) == {PARTITION: Position(0, 10)}
    fails = False
    await taking.process(events[:15], [step(0, 10, 15)])
    assert followed == await numbers(effects) == list(range(15))
    await taking.process(events[15:], [step(15, 15, 20)])
    async with effects.acquire() as connection:
        assert await offsets.positions(connection, [PARTITION]) == {PARTITION: Position(15, 20)}
