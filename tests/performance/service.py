"""Matching as a service: bulk load, the way from an assignment to its first proposal, and the fill at start.

Events are put on Kafka by this process, and proposals read from it. The other services rest meanwhile: they
share this machine's processors.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from contracts.envelope import decode
from contracts.events import ProfileUpdated
from contracts.topics import ASSIGNMENTS, PROFILES
from performance import pipeline
from performance.feeding import a_producer, caught_up, on_a_stack, resting
from performance.filling import filled
from performance.opened import Opened, percentiles
from performance.rows import RUNS, Row, better, medians
from performance.supplying import (
    Person,
    as_others,
    close_all,
    fill_database,
    new_people,
    open_opdrachten,
    put_profiles,
    restart,
)
from support.stacks import Stack, until

LOADED = 20_000  # in a run
OPEN = 100
AT_ONCE = 500
PHASES = {1: 30, 20: 300}  # assignments a second → how many
PROMISED = ("100k", 20)
POPULATIONS = {"100k": 100_000, "1m": 1_000_000}


def run(folder: Path) -> list[Row]:
    """Measure, on a stack of its own in a folder."""
    return on_a_stack(folder, _measure)


async def _measure(stack: Stack) -> list[Row]:
    rows: list[Row] = []
    async with a_producer(stack) as producer:
        opened, floor_url = Opened(stack), await pipeline.prepare(stack.layout)
        with resting(stack, "profiles", "notifications", "desk"):
            await open_opdrachten(producer, OPEN)
            crowd = new_people(RUNS * LOADED)
            loads = []
            for number in range(RUNS):
                rate = await _bulk_load(stack, producer, crowd[number * LOADED : (number + 1) * LOADED])
                floor = await _floor(stack)
                loads.append([better("bulk_load", rate, "events/s", "floor", floor, more=True)])
            rows += medians(loads)
            rows += await _during_a_load(stack, producer, opened, as_others(crowd))
            await close_all(stack, producer)
            for name, count in POPULATIONS.items():
                await fill_database(stack, count)
                rows += await filled(stack.layout.database_url("matching"), name)
                await restart(stack, "matching")
                for rate, assignments in PHASES.items():
                    runs = []
                    for _ in range(RUNS if (name, rate) == PROMISED else 1):
                        times = await opened.times(rate, assignments)
                        await close_all(stack, producer)
                        with resting(stack, "assignments", "matching"):
                            bare = await opened.floor(floor_url, rate, assignments)
                        runs.append(percentiles(f"opened_to_proposed_{name}_{rate}", times, bare))
                    rows += medians(runs)
    return rows


async def _bulk_load(stack: Stack, producer: AIOKafkaProducer, crowd: Sequence[Person]) -> float:
    """Return the events a second that matching digests, all that waits on Kafka until all are matched."""
    await until(lambda: caught_up(stack, "matching", ASSIGNMENTS), 60)
    with resting(stack, "matching"):
        await put_profiles(producer, crowd)
    started = time.perf_counter()
    await until(lambda: caught_up(stack, "matching", PROFILES), 300)
    return len(crowd) / (time.perf_counter() - started)


async def _floor(stack: Stack) -> float:
    """Return the events a second of a bare consume-and-upsert of the same events, one poll a transaction."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS floor"
        " (profile_id uuid PRIMARY KEY, version integer NOT NULL, facts jsonb NOT NULL)"
    )
    consumer = AIOKafkaConsumer(
        PROFILES.name,
        bootstrap_servers=stack.layout.kafka,
        group_id="floor",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    started, done = time.perf_counter(), 0
    while done < LOADED:
        batches = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        latest: dict[UUID, Any] = {}
        for record in records:
            moment = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            event = decode(PROFILES, record.key, record.value, record.headers, moment)
            assert isinstance(event.data, ProfileUpdated)
            latest[event.subject] = (event.data.version, record.value.decode())
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO floor AS kept SELECT id, version, facts::jsonb"
                " FROM unnest($1::uuid[], $2::int[], $3::text[]) AS new (id, version, facts)"
                " ON CONFLICT (profile_id) DO UPDATE SET version = excluded.version, facts = excluded.facts"
                " WHERE excluded.version > kept.version",
                list(latest),
                [version for version, _ in latest.values()],
                [text for _, text in latest.values()],
            )
        await consumer.commit()
        done += len(records)
    seconds = time.perf_counter() - started
    await consumer.stop()
    await connection.close()
    return done / seconds


async def _during_a_load(
    stack: Stack, producer: AIOKafkaProducer, opened: Opened, crowd: Sequence[Person]
) -> list[Row]:
    """Measure the way of an assignment while profiles come in as fast as they are digested."""
    loading = asyncio.create_task(put_profiles(producer, crowd, version=2))
    times = await opened.times(5, 50)
    await loading
    await until(lambda: caught_up(stack, "matching", PROFILES), 300)
    return percentiles("opened_to_proposed_during_bulk_load", times)
