"""The delivery rules against a real PostgreSQL and Kafka: order, nothing lost, nothing twice in effect."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import chassis.consumer
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis import inbox, outbox, parking
from chassis.broker import Outgoing, Producer, make_broker
from chassis.consumer import Consumer
from chassis.database import Connection, Pool, migrate, open_pool
from chassis.dead_letters import dead_letter
from chassis.outbox import Relay
from chassis.service import running
from chassis.settings import Settings
from contracts.envelope import Event, encode
from contracts.events import MatchAnswered
from contracts.topics import Topic, dead_topic
from contracts.vocabulary import Answer
from prometheus_client import REGISTRY, CollectorRegistry
from stacks import Stack, until

GROUP = "reader"


def settings_for(stack: Stack, database: str) -> Settings:
    return Settings(
        kafka_bootstrap_servers=stack.layout.kafka,
        database_url=database,
        auth_issuer="x",
        auth_audience="x",
        auth_jwks_url="file:///nowhere",
    )


@pytest.fixture
async def topic(stack: Stack) -> str:
    """Create a topic of one's own, and its dead topic."""
    name = f"test-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1), NewTopic(dead_topic(name, GROUP), 1, 1)])
    await admin.close()
    return name


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


async def test_events_of_one_key_come_out_in_commit_order_under_two_relays_that_are_killed(
    stack: Stack, database: str, topic: str
) -> None:
    await migrate(database, "chassis")
    settings = settings_for(stack, database)
    keys, each = 12, 40
    async with open_pool(database, size=8) as pool:
        await pool.execute("CREATE TABLE aggregates (key int PRIMARY KEY, version int NOT NULL)")
        await pool.executemany("INSERT INTO aggregates VALUES ($1, 0)", [(key,) for key in range(keys)])

        async def write(key: int) -> None:
            for _ in range(each):
                async with pool.acquire() as connection, connection.transaction():
                    version = await connection.fetchval(
                        "UPDATE aggregates SET version = version + 1 WHERE key = $1 RETURNING version", key
                    )
                    await asyncio.sleep(random.random() * 0.004)
                    record = Outgoing(topic, str(key).encode(), str(version).encode(), [])
                    await outbox.put(connection, [record])

        writing = asyncio.gather(*(write(key) for key in range(keys) for _ in range(2)))
        producers = [Producer(settings, "test") for _ in range(3)]
        relays = [asyncio.create_task(Relay(database, producer).run()) for producer in producers]
        for victim in (0, 1):
            await asyncio.sleep(0.3)
            relays[victim].cancel()
        await writing

        async def published() -> bool:
            return await pool.fetchval("SELECT count(*) FROM outbox") == 0

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
                return await pool.fetchval("SELECT count(*) FROM effects") >= len(events)

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


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let parked events be tried again soon."""
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(chassis.consumer, "RETRY_EVERY_SECONDS", 0.02)


async def a_table_of_effects(pool: Pool, check: str) -> Callable[..., Awaitable[None]]:
    """Make the effect of an event that no bad one may spoil: its number, once, in order of arrival."""
    await pool.execute(
        "CREATE TABLE effects (number int PRIMARY KEY, key uuid, place serial,"
        f" CONSTRAINT spoilt CHECK ({check}))"
    )

    async def store(connection: Connection, batch: Sequence[Event]) -> None:
        await connection.executemany(
            "INSERT INTO effects (number, key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [(int(one.id), one.subject) for one in batch],
        )

    return store


async def numbers(pool: Pool, key: UUID) -> list[int]:
    rows = await pool.fetch("SELECT number FROM effects WHERE key = $1 ORDER BY place", key)
    return [row["number"] for row in rows]


async def test_an_event_that_fails_waits_with_its_keys_later_ones_until_its_cause_is_gone(
    stack: Stack, database: str, topic: str, hurried: None
) -> None:
    await migrate(database, "chassis")
    bad, other = uuid4(), uuid4()
    events = [answer(bad if number % 2 else other, number) for number in range(1, 31)]
    async with open_pool(database) as pool:
        store = await a_table_of_effects(pool, "number <> 13")
        async with consuming(stack, database, pool, topic, store):
            await send(stack, database, records_of(topic, events[:20]))

            async def others_taken() -> bool:
                return await numbers(pool, other) == list(range(2, 21, 2))

            await until(others_taken)
            await send(stack, database, records_of(topic, events[20:]))

            await until(lambda: count_parked(pool, 9))
            assert await numbers(pool, bad) == list(range(1, 13, 2))
            await pool.execute("ALTER TABLE effects DROP CONSTRAINT spoilt")
            await until(lambda: count_parked(pool, 0))
            assert await numbers(pool, bad) == list(range(1, 31, 2))
            assert await numbers(pool, other) == list(range(2, 31, 2))
        assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def count_parked(pool: Pool, number: int) -> bool:
    async with pool.acquire() as connection:
        return await parking.count(connection) == number


async def test_an_event_that_fails_for_good_is_a_dead_letter_and_its_keys_later_ones_are_taken(
    stack: Stack, database: str, topic: str, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "ATTEMPTS", 3)
    await migrate(database, "chassis")
    key = uuid4()
    events = [answer(key, number) for number in range(1, 31)]
    async with open_pool(database) as pool:
        store = await a_table_of_effects(pool, "number <> 13")
        async with consuming(stack, database, pool, topic, store):
            await send(stack, database, records_of(topic, events))
            (dead,) = await read(stack, dead_topic(topic, GROUP), 1, partitions=1)
            await until(lambda: count_parked(pool, 0))
            assert await numbers(pool, key) == [number for number in range(1, 31) if number != 13]
    name, value, _ = encode(events[12])
    assert dead == (name, value)


async def test_an_event_that_cannot_be_followed_up_waits_and_the_others_are(
    stack: Stack, database: str, topic: str, hurried: None
) -> None:
    await migrate(database, "chassis")
    events = [answer(uuid4(), number) for number in range(1, 31)]
    followed: list[int] = []
    broken = True

    async def follow_up(batch: Sequence[Event]) -> None:
        if broken and any(event.id == "13" for event in batch):
            raise ValueError("a fault of ours")
        followed.extend(int(event.id) for event in batch)

    async with open_pool(database) as pool:
        store = await a_table_of_effects(pool, "true")
        async with consuming(stack, database, pool, topic, store, follow_up=follow_up):
            await send(stack, database, records_of(topic, events))
            await until(lambda: count_parked(pool, 1))

            async def others_followed() -> bool:
                return set(followed) == set(range(1, 31)) - {13}

            await until(others_followed)
            broken = False
            await until(lambda: count_parked(pool, 0))
    assert set(followed) == set(range(1, 31))


async def test_of_each_key_the_oldest_parked_record_is_claimed_by_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database, "chassis")
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0)
    keys = [str(number).encode() for number in range(10)]
    records = [received(key, offset) for offset, key in enumerate(keys * 3)]
    async with open_pool(database, size=8) as pool:
        async with pool.acquire() as connection:
            await parking.put(connection, records + records)
        monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 60)
        for turn in range(3):
            claimed: list[parking.Parked] = []

            async def claim_all(claimed: list[parking.Parked] = claimed) -> None:
                async with pool.acquire() as connection:
                    while record := await parking.claim(connection, ["t"]):
                        claimed.append(record)

            await asyncio.gather(*(claim_all() for _ in range(8)))
            assert sorted(one.key for one in claimed) == keys
            assert {one.offset // len(keys) for one in claimed} == {turn}
            async with pool.acquire() as connection:
                for one in claimed:
                    await parking.leave(connection, one)


async def test_a_consumer_that_is_level_does_not_hide_one_beside_it_that_is_behind(
    stack: Stack, database: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.consumer, "LAG_EVERY_SECONDS", 0.05)
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
        async with running(one.watch_lag(), other.watch_lag()):

            async def behind() -> bool:
                return oldest() > 1

            await until(behind)
            ages = []
            for _ in range(20):
                await asyncio.sleep(0.05)
                ages.append(oldest())
            assert ages == sorted(ages)
            assert taken < 60
            away = False

            async def level() -> bool:
                return oldest() == 0

            await until(level)
            assert taken >= 60


async def test_migrations_run_once_whoever_comes_first(database: str) -> None:
    applied = await asyncio.gather(*(migrate(database, "chassis", "matching") for _ in range(4)))
    assert sorted(name for names in applied for name in names) == [
        "chassis/0001_delivery.sql",
        "chassis/0002_parked.sql",
        "matching/0001_matching.sql",
        "matching/0002_encoded_profiles.sql",
        "matching/0003_advice.sql",
    ]


def received(key: bytes | None, offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("t", 0, offset, 0, 0, key, None, None, 0, 0, [("h", None)])


def test_a_dead_letter_without_key_and_value_can_be_published() -> None:
    letter = dead_letter(received(None, 7), GROUP, "undecodable", "why", datetime.now(UTC))
    assert letter.value == b""
    assert dict(letter.headers)["dead_value"] == b"null"
    assert ("h", None) in letter.headers
