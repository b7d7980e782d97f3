"""A machine that vanishes says nothing; its connections end all the same, within twenty seconds."""

import asyncio

import asyncpg
import pytest
from chassis.database import UNAVAILABLE, Connection, Pool, connect, naming_outages, open_pool
from chassis.delivery.outbox import SHARDS
from chassis.delivery.relay import LOCK_NAMESPACE, Relay
from chassis.jobs import running
from support.relaying import Broker, all_published, write
from support.silence import cut, socket_of, watch_no_more
from support.stacks import until

SECONDS = 20

_LOCK_ALL = """
SELECT count(*) FILTER (WHERE pg_try_advisory_lock($1, shard)) FROM generate_series(0, $2 - 1) AS shard
"""
_IS_GONE = """
SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)
"""


def vanish(connection: Connection) -> None:
    """Let the server hear nothing more of a client, and the client's own side do nothing about it."""
    watch_no_more(socket_of(connection))
    cut(socket_of(connection))


async def test_what_a_client_held_that_vanished_is_free_again(pool: Pool, database: str) -> None:
    sender, listener, broker = await connect(database), await connect(database), Broker()
    assert await sender.fetchval(_LOCK_ALL, LOCK_NAMESPACE, SHARDS) == SHARDS
    await listener.add_listener("outbox", lambda *_: None)
    backend = listener.get_server_pid()
    values = await write(pool, range(100))
    async with open_pool(database) as theirs, running(Relay(database, broker).run()):
        in_a_transaction = await theirs.acquire()
        await in_a_transaction.execute("BEGIN; SELECT FROM migrations FOR UPDATE")
        for connection in (sender, listener, in_a_transaction):
            vanish(connection)
        values += await write(pool, range(100, 200))  # which the listener is told of, and does not confirm

        async def rows_are_free() -> bool:
            return bool(await pool.fetch("SELECT FROM migrations FOR UPDATE SKIP LOCKED"))

        async def listener_is_gone() -> bool:
            return bool(await pool.fetchval(_IS_GONE, backend))

        await asyncio.gather(
            until(lambda: all_published(pool), SECONDS, "another relay has the shards"),
            until(rows_are_free, SECONDS, "rows are free"),
            until(listener_is_gone, SECONDS, "the listener is gone"),
        )
        theirs.terminate()
    assert sorted(map(str, broker.values)) == sorted(map(str, values))
    sender.terminate()
    listener.terminate()


async def test_a_database_whose_machine_vanished_is_an_outage(database: str) -> None:
    listener, asking, lost = await connect(database), await connect(database), asyncio.Event()
    listener.add_termination_listener(lambda _: lost.set())
    cut(socket_of(listener))
    cut(socket_of(asking))
    with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)), naming_outages(asking):
        async with asyncio.timeout(SECONDS):
            await asking.execute("SELECT 1")
    async with asyncio.timeout(SECONDS):
        await lost.wait()
    with pytest.raises(UNAVAILABLE), naming_outages(listener):
        await listener.execute("SELECT 1")


async def test_a_process_that_is_frozen_in_a_transaction_loses_its_locks(pool: Pool, database: str) -> None:
    session = await connect(database)
    assert await session.fetchval("SHOW idle_in_transaction_session_timeout") == "1min"
    await session.execute("SET idle_in_transaction_session_timeout = 100")
    await session.execute("BEGIN; SELECT FROM migrations FOR UPDATE")
    await until(lambda: asyncio.sleep(0, session.is_closed()))
    with pytest.raises(UNAVAILABLE), naming_outages(session):
        await session.execute("COMMIT")
    assert await pool.fetch("SELECT FROM migrations FOR UPDATE SKIP LOCKED")
