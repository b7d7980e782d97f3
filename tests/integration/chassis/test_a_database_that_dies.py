"""What a PostgreSQL that dies may lose is what does not wait for the disk, and that comes again."""

import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from chassis.database import Connection, Pool, migrate, open_pool
from chassis.delivery import offsets
from chassis.delivery.offsets import OffsetsMoved, Position, Step
from chassis.delivery.relay import Relay
from chassis.jobs import running
from contracts.envelope import Event
from stack.layout import Layout
from support.delivering import TOPIC, answer, intake, received
from support.forgetful import a_forgetful_postgresql, answers
from support.relaying import Broker, all_published, write
from support.stacks import process_of, until


@pytest.fixture
async def layout() -> AsyncIterator[Layout]:
    async with a_forgetful_postgresql() as made:
        yield made


async def test_what_a_relay_deleted_comes_again_in_order_and_nothing_is_lost(layout: Layout) -> None:
    url, broker = layout.database_url("postgres"), Broker()
    await migrate(url, "chassis")
    async with open_pool(url) as pool, running(Relay(url, broker).run()):
        first = await write(pool, range(100), key=b"one")
        await until(lambda: all_published(pool))
        second = await write(pool, range(100, 200), key=b"one")
        await until(lambda: all_published(pool))
        sent, first_time = len(broker.records), list(broker.values)

        os.kill(process_of(layout, "postgres"), signal.SIGKILL)
        await until(lambda: answers(layout))
        third = await write(pool, range(200, 300), key=b"one")
        await until(lambda: all_published(pool))
    again = broker.values[sent:]
    assert first_time == [*first, *second]
    assert again[-100:] == third
    repeated = again[:-100]
    # What is lost of a log is its end: the deletions from some moment on. So what comes again is in order.
    assert repeated
    assert repeated == first_time[-len(repeated) :]


PARTITION = (TOPIC.name, 0)
EVENTS = [answer(UUID(int=1), number) for number in range(3)]
FIRST = Step(PARTITION, Position(0, 0), 3)


async def note(connection: Connection, ids: Sequence[str]) -> None:
    await connection.execute("INSERT INTO noted SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [*ids])


async def store(connection: Connection, events: Sequence[Event]) -> None:
    await note(connection, [event.id for event in events])


async def noted(pool: Pool) -> tuple[list[str], Position]:
    """Return what is stored, and how far that is."""
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT id FROM noted ORDER BY id")
        kept = await offsets.positions(connection, [PARTITION])
    return [row["id"] for row in rows], kept[PARTITION]


@asynccontextmanager
async def to_note_in(layout: Layout) -> AsyncIterator[Pool]:
    url = layout.database_url("postgres")
    await migrate(url, "chassis")
    async with open_pool(url) as pool:
        await pool.execute("CREATE TABLE noted (id text PRIMARY KEY)")
        async with pool.acquire() as connection:
            await offsets.begin(connection, {PARTITION: 0})
        yield pool


async def die(layout: Layout) -> None:
    os.kill(process_of(layout, "postgres"), signal.SIGKILL)
    await until(lambda: answers(layout))


async def test_a_batch_that_is_lost_before_it_is_done_with_is_read_again_were_it_the_last(
    layout: Layout,
) -> None:
    dies = True

    async def follow_up(_events: Sequence[Event]) -> None:
        if dies:
            await die(layout)

    async with to_note_in(layout) as pool:
        taking = intake(pool, store, follow_up, flushes=False)
        with pytest.raises(OffsetsMoved):
            await taking.process(received(EVENTS), [FIRST])
        assert await noted(pool) == ([], Position(0, 0))

        dies = False
        await taking.process(received(EVENTS), [FIRST])
        await die(layout)
        assert await noted(pool) == (["0", "1", "2"], Position(3, 3))


async def test_a_follow_up_that_waits_for_the_disk_brings_its_batch_there(layout: Layout) -> None:
    async with to_note_in(layout) as pool:

        async def follow_up(_events: Sequence[Event]) -> None:
            async with pool.acquire() as connection, connection.transaction():
                await note(connection, ["followed up"])

            await die(layout)

        await intake(pool, store, follow_up, flushes=False).process(received(EVENTS), [FIRST])
        assert await noted(pool) == (["0", "1", "2", "followed up"], Position(3, 3))


async def test_a_batch_with_a_dead_letter_waits_for_the_disk(layout: Layout) -> None:
    async def follow_up(_events: Sequence[Event]) -> None:
        await die(layout)

    async with to_note_in(layout) as pool:
        whole, broken = received(EVENTS[:2]), replace(received(EVENTS[:1], 2)[0], value=b"{")
        await intake(pool, store, follow_up, flushes=False).process([*whole, broken], [FIRST])
        assert await noted(pool) == (["0", "1"], Position(3, 3))
        assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
