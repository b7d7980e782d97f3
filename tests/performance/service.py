"""Matching as a service: bulk load, the way from an assignment to its first proposal, and the fill at start.

Events are put on Kafka by this process, and proposals read from it. The other services rest meanwhile: they
share this machine's processors.
"""

import asyncio
import gc
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from chassis.database import open_pool
from contracts.envelope import decode
from contracts.events import AssignmentClosed, ProfileUpdated
from contracts.facts import ProfileFacts
from contracts.topics import ASSIGNMENTS, PROFILES
from contracts.vocabulary import ClosedReason
from matching.engine.profiles import ENCODING, encode_profile
from matching.replica import Replica
from performance import pipeline
from performance.feeding import a_producer, as_record, caught_up, resting
from performance.opened import Opened, an_opdracht, percentiles
from performance.people import facts
from performance.rows import RUNS, Row, alone, better, medians
from stack.layout import Layout
from support.ports import BENCH
from support.stacks import Stack, process_of, start_stack, stop, until, wait_for_line
from uuid_utils.compat import uuid7

LOADED = 100_000
OPEN = 100
AT_ONCE = 500
PHASES = {1: 30, 20: 300}  # assignments a second → how many
PROMISED = ("100k", 20)
POPULATIONS = {"100k": 100_000, "1m": 1_000_000}


def run(folder: Path) -> list[Row]:
    """Measure, on a stack of its own in a folder."""
    process = start_stack(BENCH, folder, "stack")
    try:
        wait_for_line(process, "platform is up")
        return asyncio.run(_measure(Stack(Layout(BENCH, folder))))
    finally:
        stop(process)


async def _measure(stack: Stack) -> list[Row]:
    rows: list[Row] = []
    async with a_producer(stack) as producer:
        opened, floor_url = Opened(stack), await pipeline.prepare(stack.layout)
        with resting(stack, "profiles", "notifications", "desk"):
            await _open(producer, OPEN)
            rate = await _bulk_load(stack, producer)
            floor = await _floor(stack)
            rows.append(better("bulk_load", rate, "events/s", "floor", floor, more=True))
            rows += await _during_a_load(stack, producer, opened)
            await _close_all(stack, producer)
            for name, count in POPULATIONS.items():
                await _fill_database(stack, count)
                if name == "1m":
                    rows += await _fill(stack)
                await _restart(stack, "matching")
                for rate, assignments in PHASES.items():
                    runs = []
                    for _ in range(RUNS if (name, rate) == PROMISED else 1):
                        times = await opened.times(rate, assignments)
                        await _close_all(stack, producer)
                        with resting(stack, "assignments", "matching"):
                            bare = await opened.floor(floor_url, rate, assignments)
                        runs.append(percentiles(f"opened_to_proposed_{name}_{rate}", times, bare))
                    rows += medians(runs)
    return rows


def _profiles(count: int) -> Iterator[tuple[UUID, ProfileUpdated]]:
    for one in facts(count):
        profile_id = uuid7()
        body = {"profile_id": str(profile_id), "version": 1, **one}
        yield profile_id, ProfileUpdated.model_validate_json(json.dumps(body))


async def _open(producer: AIOKafkaProducer, count: int) -> None:
    for number in range(count):
        one = uuid7()
        data = an_opdracht(number, one)
        topic, record = as_record(ASSIGNMENTS, one, "AssignmentOpened.v1", data)
        await producer.send_and_wait(topic, **record)


async def _close_all(stack: Stack, producer: AIOKafkaProducer) -> None:
    """Close what is open, and wait until that is settled."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    for row in await connection.fetch("SELECT assignment_id, version FROM assignments WHERE open"):
        one = row["assignment_id"]
        version = row["version"] + 1
        data = an_opdracht(0, one, AssignmentClosed, version, closed_reason=ClosedReason.WITHDRAWN)
        topic, record = as_record(ASSIGNMENTS, one, "AssignmentClosed.v1", data)
        await producer.send(topic, **record)
    await producer.flush()
    await until(lambda: _none_live(connection), 120, "everything is withdrawn")
    await connection.close()


async def _none_live(connection: Any) -> bool:
    return not await connection.fetchval(
        "SELECT exists(SELECT FROM matches WHERE live) OR exists(SELECT FROM assignments WHERE open)"
    )


async def _put_profiles(producer: AIOKafkaProducer, count: int) -> None:
    for profile_id, data in _profiles(count):
        topic, record = as_record(PROFILES, profile_id, "ProfileUpdated.v1", data)
        await producer.send(topic, **record)
    await producer.flush()


async def _bulk_load(stack: Stack, producer: AIOKafkaProducer) -> float:
    """Return the events a second that matching digests, all that waits on Kafka until all are matched."""
    await until(lambda: caught_up(stack, "matching", ASSIGNMENTS), 60)
    with resting(stack, "matching"):
        await _put_profiles(producer, LOADED)
    started = time.perf_counter()
    await until(lambda: caught_up(stack, "matching", PROFILES), 300)
    return LOADED / (time.perf_counter() - started)


async def _floor(stack: Stack) -> float:
    """Return the events a second of a bare consume-and-upsert of the same events, one poll a transaction."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    await connection.execute(
        "CREATE TABLE floor (profile_id uuid PRIMARY KEY, version integer NOT NULL, facts jsonb NOT NULL)"
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
    await connection.execute("DROP TABLE floor")
    await connection.close()
    return done / seconds


async def _during_a_load(stack: Stack, producer: AIOKafkaProducer, opened: Opened) -> list[Row]:
    """Measure the way of an assignment while profiles come in as fast as they are digested."""
    loading = asyncio.create_task(_put_profiles(producer, LOADED))
    times = await opened.times(5, 50)
    await loading
    await until(lambda: caught_up(stack, "matching", PROFILES), 300)
    return percentiles("opened_to_proposed_during_bulk_load", times)


async def _restart(stack: Stack, service: str) -> None:
    """End a service, and wait until it was started again and is ready."""
    pid = process_of(stack.layout, service)
    os.kill(pid, signal.SIGTERM)
    await until(lambda: _is_another(stack, service, pid), 60)
    async with stack.client(service) as http:
        await until(lambda: _ready(http), 120, "ready again")


async def _is_another(stack: Stack, service: str, pid: int) -> bool:
    now = process_of(stack.layout, service)
    return now != pid and psutil.pid_exists(now)


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        answer = await http.get("/readyz")
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


async def _fill_database(stack: Stack, count: int) -> None:
    """Bring matching's database up to so many profiles, as the service would have written them."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    missing = count - await connection.fetchval("SELECT count(*) FROM profiles")
    now = datetime.now(UTC)

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in facts(missing):
            text = json.dumps(one)
            encoded = encode_profile(ProfileFacts.model_validate_json(text))
            yield uuid7(), 1, text, False, now, encoded, ENCODING, 1

    columns = ["profile_id", "version", "facts", "erased", "event_at", "encoded", "encoding"]
    await connection.copy_records_to_table("profiles", records=rows(), columns=[*columns, "encoded_version"])
    await connection.execute("VACUUM ANALYZE profiles")
    await connection.close()


async def _fill(stack: Stack) -> list[Row]:
    """Measure, in a fresh process, how a replica fills itself from the database and what it then holds."""
    fresh = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with fresh:
        future = fresh.submit(_fill_here, stack.layout.database_url("matching"))
        seconds, held = await asyncio.wrap_future(future)
    return [alone("fill_1m", seconds, "s"), alone("bytes_per_profile", held, "bytes")]


def _fill_here(url: str) -> tuple[float, float]:
    """Return the seconds to fill a replica, and the bytes that each profile takes."""

    async def fill() -> tuple[float, float]:
        async with open_pool(url, size=1) as pool:
            replica = Replica(pool)
            gc.collect()
            before, started = psutil.Process().memory_info().rss, time.perf_counter()
            await replica.catch_up()
            seconds = time.perf_counter() - started
            gc.collect()
            held = psutil.Process().memory_info().rss - before
        return seconds, held / len(replica.population)

    return asyncio.run(fill())
