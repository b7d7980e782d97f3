"""The delivery rules against a real PostgreSQL and Kafka: order, nothing lost, nothing twice in effect."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from uuid import uuid4

import asyncpg
from chassis.database import Connection, migrate, open_pool
from chassis.delivery import inbox, outbox
from chassis.delivery.dead_letters import Cause, DeadLetter
from chassis.delivery.records import OutboxRecord, ReceivedRecord
from chassis.delivery.relay import Relay
from chassis.jobs import repeat, running
from chassis.kafka.producer import Producer
from contracts.envelope import Event
from prometheus_client import REGISTRY
from support.delivering import GROUP, answer, consuming, read, records_of, send, settings_for
from support.stacks import Stack, until


async def test_events_of_one_key_come_out_in_commit_order_under_two_relays_that_are_killed(
    stack: Stack, database: str, topic: str
) -> None:
    await migrate(database, "chassis")
    settings = settings_for(stack, database)
    keys, each = 12, 40
    async with open_pool(database, size=8) as pool:
        await pool.execute("CREATE TABLE aggregates (key int PRIMARY KEY, version int NOT NULL)")
        await pool.executemany("INSERT INTO aggregates VALUES ($1, 0)", [(key,) for key in range(keys)])

        written = 0

        async def write(key: int) -> None:
            nonlocal written
            for _ in range(each):
                async with pool.acquire() as connection, connection.transaction():
                    version = await connection.fetchval(
                        "UPDATE aggregates SET version = version + 1 WHERE key = $1 RETURNING version", key
                    )
                    await asyncio.sleep(random.random() * 0.004)
                    record = OutboxRecord(topic, str(key).encode(), str(version).encode(), [])
                    await outbox.put(connection, [record])
                written += 1

        writing = asyncio.gather(*(write(key) for key in range(keys) for _ in range(2)))
        producers = [Producer(settings, "test") for _ in range(3)]
        relays = [asyncio.create_task(Relay(database, producer).run()) for producer in producers]

        async def under_way(count: int) -> bool:
            waiting: int = await pool.fetchval("SELECT count(*) FROM outbox")
            return written - waiting >= count

        for victim, count in ((0, 100), (1, 400)):
            await until(partial(under_way, count), what=f"{count} records are published")
            relays[victim].cancel()
        await writing

        async def published() -> bool:
            return not await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")

        await until(published, what="the outbox is empty")
        relays[2].cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        for producer in producers:
            await producer.close()

    versions: dict[bytes, list[int]] = {}
    for key, value in await read(stack, topic, keys * each * 2):
        versions.setdefault(key, []).append(int(value))
    for sequence in versions.values():
        # a relay killed between send and delete sends a stretch again; the order of news is kept
        first_seen = list(dict.fromkeys(sequence))
        assert first_seen == list(range(1, 2 * each + 1))


async def test_a_batch_that_fails_for_the_database_comes_again_and_has_its_effect_once(
    stack: Stack, database: str, topic: str
) -> None:
    await migrate(database, "chassis")
    events = [answer(uuid4(), number) for number in range(1, 201)]
    async with open_pool(database) as pool:
        await pool.execute("CREATE TABLE effects (number text)")
        failures = 3

        async def store(connection: Connection, batch: Sequence[Event]) -> None:
            nonlocal failures
            for event in await inbox.unseen(connection, batch):
                await connection.execute("INSERT INTO effects VALUES ($1)", event.id)
            if failures:
                failures -= 1
                raise asyncpg.ConnectionDoesNotExistError("the database went away")

        async with consuming(stack, database, pool, topic, store) as consumer:
            await send(stack, database, records_of(topic, events + events[:50]))

            async def all_taken() -> bool:
                taken: int = await pool.fetchval("SELECT count(*) FROM effects")
                return taken >= len(events)

            await until(all_taken)
            await send(stack, database, records_of(topic, [*events[:20], answer(uuid4(), 999)]))

            async def last_taken() -> bool:
                return await pool.fetchval("SELECT true FROM effects WHERE number = '999'") or False

            await until(last_taken)
            assert await pool.fetchval("SELECT count(*) FROM effects") == len(events) + 1
            assert failures == 0

            async def committed() -> bool:
                assert consumer.kafka is not None
                lags = [
                    (consumer.kafka.highwater(one) or 0) - (await consumer.kafka.committed(one) or 0)
                    for one in consumer.kafka.assignment()
                ]
                return sum(lags) == 0

            await until(committed, what="the offsets are committed")


async def test_a_consumer_that_is_level_does_not_hide_one_beside_it_that_is_behind(
    stack: Stack, database: str, topic: str
) -> None:
    await migrate(database, "chassis")
    away, taken = True, 0

    async def good(_connection: Connection, batch: Sequence[Event]) -> None:
        nonlocal taken
        taken += len(batch)

    async def bad(connection: Connection, batch: Sequence[Event]) -> None:
        if away:
            raise asyncpg.ConnectionDoesNotExistError("the database went away")
        await good(connection, batch)

    def oldest() -> float:
        return REGISTRY.get_sample_value("consumer_oldest_seconds", {"topic": topic, "group": GROUP}) or 0

    async with (
        open_pool(database) as pool,
        consuming(stack, database, pool, topic, good) as one,
        consuming(stack, database, pool, topic, bad) as other,
    ):

        async def both_have_partitions() -> bool:
            return all(each.kafka and each.kafka.assignment() for each in (one, other))

        await until(both_have_partitions)
        await send(stack, database, records_of(topic, [answer(uuid4(), n) for n in range(1, 61)]))
        async with running(*(repeat(each.measure_lag, name="lag", every=0.05) for each in (one, other))):

            async def behind() -> bool:
                return oldest() > 1

            await until(behind)
            ages = [oldest()]

            async def older() -> bool:
                ages.append(oldest())
                return ages[-1] > ages[0] + 1

            await until(older)
            assert ages == sorted(ages)
            assert taken < 60
            away = False

            async def level() -> bool:
                return oldest() == 0

            await until(level)
            assert taken >= 60


async def test_migrations_run_once_whoever_comes_first(database: str) -> None:
    scripts = [
        f"{package}/{script.name}"
        for package in ("chassis", "matching")
        for script in (files(package) / "migrations").iterdir()
        if script.name.endswith(".sql")
    ]
    applied = await asyncio.gather(*(migrate(database, "chassis", "matching") for _ in range(4)))
    assert sorted(name for names in applied for name in names) == sorted(scripts)
    assert len(scripts) >= 6


def test_a_dead_letter_without_key_and_value_can_be_published() -> None:
    received = ReceivedRecord("t", 0, 7, None, None, [("h", None)], 0)
    letter = DeadLetter(received, GROUP, Cause.UNDECODABLE, "why").record(datetime.now(UTC))
    assert letter.value == b""
    assert dict(letter.headers)["dead_value"] == b"null"
    assert ("h", None) in letter.headers
