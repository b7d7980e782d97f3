"""What fails for a reason of its own: it waits with its key, is tried again, and is a dead letter at last."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

import chassis.kafka.consumer
import pytest
from chassis.database import Connection, Pool, migrate, open_pool
from chassis.delivery import parking
from contracts.envelope import Event, encode
from contracts.topics import dead_topic
from support.delivering import GROUP, answer, consuming, read, received, records_of, send
from support.stacks import Stack, until


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let parked events be tried again soon."""
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(chassis.kafka.consumer, "RETRY_EVERY_SECONDS", 0.02)


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
