"""What wakes a relay: who commits in its process, the NOTIFY of everybody else, and in the end time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from chassis.database import Pool, connect
from chassis.delivery import outbox, relay
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay
from chassis.jobs import running
from support.relaying import Broker, all_published, write
from support.stacks import until

QUIET = "ALTER TABLE outbox DISABLE TRIGGER outbox_written"


@asynccontextmanager
async def resting(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch, seconds: float = 3600
) -> AsyncIterator[tuple[Relay, Broker]]:
    """A relay that has published something, and looks again by itself only after some seconds."""
    monkeypatch.setattr(relay, "POLL_SECONDS", seconds)
    broker = Broker()
    publishing = Relay(database, broker)
    await write(pool, range(1))
    async with running(publishing.run()):
        await until(lambda: all_published(pool))
        yield publishing, broker


async def test_a_commit_of_its_own_process_without_a_notification(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pool.execute(QUIET)
    async with resting(database, pool, monkeypatch) as (publishing, broker):
        pool.on_told = publishing.wake
        values = await write(pool, range(1, 4))
        await until(lambda: all_published(pool))
        assert broker.values[1:] == values


async def test_a_commit_of_another_process(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with resting(database, pool, monkeypatch) as (publishing, broker):
        pool.on_told = publishing.wake
        session = await connect(database)
        try:
            await outbox.put(session, [OutboxRecord("t", b"k", b"elsewhere", [])])
        finally:
            await session.close()
        await until(lambda: all_published(pool))
        assert broker.values[1:] == [b"elsewhere"]


async def test_a_notification_that_is_passed_over_leaves_nothing_behind(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notification of the first commit comes before the connection is handed back, so that of a later
    commit is the one which is passed over."""
    async with resting(database, pool, monkeypatch) as (publishing, broker):
        pool.on_told = publishing.wake
        for start in range(1, 40, 3):
            async with pool.acquire() as connection:
                for number in range(start, start + 3):
                    async with connection.transaction():
                        record = OutboxRecord("t", b"k", str(number).encode(), [])
                        await outbox.put(connection, [record])
            await until(partial(all_published, pool))
        assert broker.values[1:] == [str(number).encode() for number in range(1, 40)]


async def test_what_nobody_told_of_is_found_by_a_look(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pool.execute(QUIET)
    async with resting(database, pool, monkeypatch, seconds=0.1) as (_, broker):
        values = await write(pool, range(1, 4))
        await until(lambda: all_published(pool))
        assert broker.values[1:] == values


async def test_who_rolls_back_has_nothing_published(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with resting(database, pool, monkeypatch) as (publishing, broker):
        pool.on_told = publishing.wake
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await outbox.put(connection, [OutboxRecord("t", b"k", b"undone", [])])
            await transaction.rollback()
        values = await write(pool, range(1, 2))
        await until(lambda: all_published(pool))
        assert broker.values[1:] == values
