"""What fails for a reason of its own: it waits with its key, is tried again, and is a dead letter at last."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from chassis.database import Connection, Pool, migrate, open_pool
from chassis.delivery import parking
from chassis.delivery.intake import Intake, Store
from chassis.delivery.records import ReceivedRecord
from chassis.jobs import repeat, running
from contracts.envelope import Event, encode
from contracts.topics import dead_topic
from support.delivering import GROUP, TOPIC, answer, intake, received
from support.stacks import until


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let parked events be tried again soon."""
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0.1)


async def a_table_of_effects(pool: Pool, check: str) -> Store:
    """Make the effect of an event that no bad one may spoil: its number, once, in order of arrival."""
    await pool.execute(
        "CREATE TABLE effects (number int PRIMARY KEY, key uuid, place serial,"
        f" CONSTRAINT spoilt CHECK ({check}))"
    )

    async def store(connection: Connection, batch: Sequence[Event]) -> None:
        await connection.executemany(
            "INSERT INTO effects (number, key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [(int(event.id), event.subject) for event in batch],
        )

    return store


async def numbers(pool: Pool, key: UUID) -> list[int]:
    rows = await pool.fetch("SELECT number FROM effects WHERE key = $1 ORDER BY place", key)
    return [row["number"] for row in rows]


async def count_parked(pool: Pool) -> int:
    async with pool.acquire() as connection:
        waiting, _ = await parking.backlog(connection)
    return waiting


async def retry_until_none_is_parked(pool: Pool, of: Intake) -> None:
    async def is_empty() -> bool:
        return await count_parked(pool) == 0

    async with running(repeat(of.retry_one, name="retry", every=0.02)):
        await until(is_empty)


async def test_an_event_that_fails_waits_with_its_keys_later_ones_until_its_cause_is_gone(
    database: str, hurried: None
) -> None:
    await migrate(database, "chassis")
    bad, other = uuid4(), uuid4()
    records = received([answer(bad if number % 2 else other, number) for number in range(1, 31)])
    async with open_pool(database) as pool:
        consumer = intake(pool, await a_table_of_effects(pool, "number <> 13"))
        await consumer.process(records[:20])
        assert await numbers(pool, other) == list(range(2, 21, 2))
        await consumer.process(records[20:])
        assert await count_parked(pool) == 9
        assert await numbers(pool, bad) == list(range(1, 13, 2))
        await pool.execute("ALTER TABLE effects DROP CONSTRAINT spoilt")
        await retry_until_none_is_parked(pool, consumer)
        assert await numbers(pool, bad) == list(range(1, 31, 2))
        assert await numbers(pool, other) == list(range(2, 31, 2))
        assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_an_event_that_fails_for_good_is_a_dead_letter_and_its_keys_later_ones_are_taken(
    database: str, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "ATTEMPTS", 3)
    await migrate(database, "chassis")
    key = uuid4()
    events = [answer(key, number) for number in range(1, 31)]
    async with open_pool(database) as pool:
        consumer = intake(pool, await a_table_of_effects(pool, "number <> 13"))
        await consumer.process(received(events))
        await retry_until_none_is_parked(pool, consumer)
        assert await numbers(pool, key) == [number for number in range(1, 31) if number != 13]
        (letter,) = await pool.fetch("SELECT topic, key, value, header_names, header_values FROM outbox")
    name, value, _ = encode(events[12])
    assert (letter["topic"], letter["key"], letter["value"]) == (dead_topic(TOPIC.name, GROUP), name, value)
    headers = dict(zip(letter["header_names"], letter["header_values"], strict=True))
    assert (headers["dead_cause"], headers["dead_offset"]) == (b"failed", b"12")


async def test_what_cannot_be_decoded_is_a_dead_letter_and_holds_nothing_up(database: str) -> None:
    await migrate(database, "chassis")
    key = uuid4()
    good = received([answer(key, 1), answer(key, 2)])
    garbage = [
        ReceivedRecord(TOPIC.name, 0, 7, None, None, [], 0),
        ReceivedRecord(TOPIC.name, 0, 8, str(key).encode(), b"{", [("ce_type", b"\xff"), ("x", None)], 0),
    ]
    async with open_pool(database) as pool:
        consumer = intake(pool, await a_table_of_effects(pool, "true"))
        await consumer.process([good[0], *garbage, good[1]])
        assert await numbers(pool, key) == [1, 2]
        assert await pool.fetchval("SELECT array_agg(value ORDER BY id) FROM outbox") == [b"", b"{"]


async def test_an_event_that_cannot_be_followed_up_waits_and_the_others_are(
    database: str, hurried: None
) -> None:
    await migrate(database, "chassis")
    followed: list[int] = []
    broken = True

    async def follow_up(batch: Sequence[Event]) -> None:
        if broken and any(event.id == "13" for event in batch):
            raise ValueError("a fault of ours")
        followed.extend(int(event.id) for event in batch)

    async with open_pool(database) as pool:
        consumer = intake(pool, await a_table_of_effects(pool, "true"), follow_up)
        await consumer.process(received([answer(uuid4(), number) for number in range(1, 31)]))
        assert await count_parked(pool) == 1
        assert set(followed) == set(range(1, 31)) - {13}
        broken = False
        await retry_until_none_is_parked(pool, consumer)
    assert set(followed) == set(range(1, 31))


async def test_of_each_key_the_oldest_parked_record_is_claimed_by_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database, "chassis")
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0)
    keys = [str(number).encode() for number in range(10)]
    records = [ReceivedRecord("t", 0, offset, key, None, [], 0) for offset, key in enumerate(keys * 3)]
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
            assert sorted(record.key or b"" for record in claimed) == keys
            assert {record.offset // len(keys) for record in claimed} == {turn}
            async with pool.acquire() as connection:
                for record in claimed:
                    await parking.remove(connection, record)
