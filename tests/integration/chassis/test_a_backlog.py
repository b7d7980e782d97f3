"""A relay that is behind: it gets no slower for what waits, and leaves nothing that holds its locks."""

import asyncio

import pytest
from chassis.database import UNAVAILABLE, Pool, connect
from chassis.delivery import outbox
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import BATCH_SIZE, Relay
from chassis.jobs import running
from support.relaying import Broker, all_published, write
from support.stacks import until

BACKLOG = 40 * BATCH_SIZE
USUAL = b"x" * 1024  # a value: of small ones a few batches are read whole soonest
READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'outbox'"
SLEEPING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')"
LOCKED = "SELECT pg_try_advisory_xact_lock(7)"


async def tuples_read(pool: Pool) -> int:
    """Return how many rows of the outbox were looked at, by everybody so far."""
    await pool.execute("SELECT pg_stat_force_next_flush()")
    return int(await pool.fetchval(READ))


async def test_each_batch_of_it_looks_at_no_more_than_itself(pool: Pool, database: str) -> None:
    """While the outbox was nearly empty, all of it was read for each batch; a plan made then is not kept."""
    await pool.execute("ALTER TABLE outbox SET (autovacuum_enabled = false)")  # nobody counts for the planner
    relay = Relay(database, Broker())
    async with running(relay.run()):
        for number in range(12):
            await write(pool, range(number, number + 1))
            await until(lambda: all_published(pool))
        before = await tuples_read(pool)
        async with pool.acquire() as connection, connection.transaction():
            keys = (str(number).encode() for number in range(BACKLOG))
            await outbox.put(connection, [OutboxRecord("t", key, USUAL, []) for key in keys])
        await until(lambda: all_published(pool))
    assert await tuples_read(pool) - before < 6 * BACKLOG


async def test_a_statement_whose_client_is_gone_ends(pool: Pool, database: str) -> None:
    """Whoever is cut off in the middle of a long statement holds its locks no longer."""
    session = await connect(database)
    await session.execute("SELECT pg_advisory_lock(7)")
    asking = asyncio.create_task(session.execute("SELECT pg_sleep(3600)"))

    async def asked() -> bool:
        return bool(await pool.fetchval(SLEEPING))

    await until(asked)
    session.terminate()
    with pytest.raises(UNAVAILABLE):
        await asking

    async def is_free() -> bool:
        return bool(await pool.fetchval(LOCKED))

    await until(is_free)
