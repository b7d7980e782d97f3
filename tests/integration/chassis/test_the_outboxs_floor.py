"""The relay does not look again where all was sent, and misses nothing that is committed late."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from chassis.database import Pool, connect, open_pool
from chassis.delivery import floor, outbox
from chassis.delivery.floor import EVERY, Floor
from chassis.delivery.outbox import SHARDS
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay, Sent
from chassis.jobs import running
from support.relaying import Broker, all_published, write
from support.stacks import until

LAST_ID = "SELECT max(id) FROM outbox"


async def rise(sought: Floor, database: str) -> int:
    """Let the bound rise after enough was deleted, and return it."""
    session = await connect(database)
    sought.deleted(EVERY)
    await sought.rise(session, range(SHARDS))
    await session.close()
    return sought.id


async def test_the_bound_is_the_last_id_once_all_who_may_have_written_up_to_it_have_ended(
    pool: Pool, database: str
) -> None:
    sought = Floor()
    await write(pool, range(10))
    last = await pool.fetchval(LAST_ID)
    await pool.execute("DELETE FROM outbox")
    assert await rise(sought, database) == 0
    assert await rise(sought, database) == last


async def test_the_bound_is_below_what_is_still_to_be_sent(pool: Pool, database: str) -> None:
    sought = Floor()
    await write(pool, range(10))
    kept = await pool.fetchval("SELECT id FROM outbox ORDER BY id OFFSET 6 LIMIT 1")
    await pool.execute("DELETE FROM outbox WHERE id < $1", kept)
    assert [await rise(sought, database) for _ in range(3)] == [0, kept - 1, kept - 1]
    await pool.execute("DELETE FROM outbox")
    assert await rise(sought, database) > kept


async def test_the_bound_stays_while_a_transaction_may_still_commit_a_lower_id(
    pool: Pool, database: str
) -> None:
    sought = Floor()
    async with open_pool(database) as theirs:
        async with theirs.acquire() as late, late.transaction():
            await outbox.put(late, [OutboxRecord("t", b"late", b"late", [])])
            await write(pool, range(10))
            await pool.execute("DELETE FROM outbox")
            assert [await rise(sought, database) for _ in range(3)] == [0, 0, 0]
        assert await pool.fetchval("SELECT convert_from(key, 'utf8') FROM outbox") == "late"
        assert await rise(sought, database) == await pool.fetchval(LAST_ID) - 1


async def test_who_begins_to_write_after_the_last_id_was_read_holds_up_nothing(
    pool: Pool, database: str
) -> None:
    sought = Floor()
    await write(pool, range(10))
    last = await pool.fetchval(LAST_ID)
    await pool.execute("DELETE FROM outbox")
    assert await rise(sought, database) == 0
    async with pool.acquire() as late, late.transaction():
        await outbox.put(late, [OutboxRecord("t", b"late", b"late", [])])
        assert await rise(sought, database) == last


async def test_what_waits_in_another_shard_does_not_hold_the_bound(pool: Pool, database: str) -> None:
    session, sought = await connect(database), Floor()
    await write(pool, range(50))
    last = await pool.fetchval(LAST_ID)
    shard = await pool.fetchval("SELECT shard FROM outbox ORDER BY id LIMIT 1")
    await pool.execute("DELETE FROM outbox WHERE shard <> $1", shard)
    for _ in range(2):
        sought.deleted(EVERY)
        await sought.rise(session, [other for other in range(SHARDS) if other != shard])
    assert sought.id == last
    await session.close()


async def test_events_that_are_committed_late_under_lower_ids_are_published(
    pool: Pool, database: str
) -> None:
    broker = Broker()
    async with running(Relay(database, broker).run()):
        async with pool.acquire() as late, late.transaction():
            await outbox.put(late, [OutboxRecord("t", b"late", b"late", [])])
            for start in range(0, 6 * EVERY, EVERY):
                await write(pool, range(start, start + EVERY))
                await until(lambda: all_published(pool))
        await until(lambda: all_published(pool))
    assert broker.values[-1] == b"late"
    assert len(broker.values) == 6 * EVERY + 1


class ShutFor(Broker):
    """A broker on which one topic takes nothing until it is opened."""

    def __init__(self, topic: str) -> None:
        super().__init__()
        self.shut: str | None = topic

    async def send_all(self, records: Sequence[OutboxRecord]) -> Sent:
        taken = [record.topic != self.shut for record in records]
        self.records += [record for record, is_taken in zip(records, taken, strict=True) if is_taken]
        return Sent(taken, None, shut={} if all(taken) else {str(self.shut): ValueError("no right")})


async def test_events_that_wait_for_a_topic_are_not_forgotten_while_others_are_sent(
    pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "EVERY", 1)
    broker = ShutFor("shut")
    async with pool.acquire() as connection:
        await outbox.put(connection, [OutboxRecord("shut", b"waits", b"waits", [])])

    async def only_that_one_is_left() -> bool:
        return bool(await pool.fetchval("SELECT array_agg(topic) = ARRAY['shut'] FROM outbox"))

    async with running(Relay(database, broker).run()):
        for number in range(10):
            await write(pool, range(number, number + 1))
            await until(only_that_one_is_left)
        broker.shut = None
        await until(lambda: all_published(pool))
    assert broker.values[-1] == b"waits"


async def test_whatever_the_order_of_ids_and_of_commits_everything_is_published_in_order_per_key(
    pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "EVERY", 1)
    dice, broker = random.Random(15), Broker()

    async def write_slowly(theirs: Pool, key: int) -> None:
        for number in range(30):
            pauses = dice.uniform(0, 0.02), dice.uniform(0, 0.02)
            async with theirs.acquire() as connection, connection.transaction():
                await asyncio.sleep(pauses[0])
                await outbox.put(connection, [OutboxRecord("t", b"%d" % key, b"%d" % number, [])])
                await asyncio.sleep(pauses[1])

    async with open_pool(database, size=20) as theirs, running(Relay(database, broker).run()):
        await asyncio.gather(*(write_slowly(theirs, key) for key in range(20)))
        await until(lambda: all_published(pool))
    for key in range(20):
        sent = [record.value for record in broker.records if record.key == b"%d" % key]
        assert sent == [b"%d" % number for number in range(30)]
