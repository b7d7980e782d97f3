"""Matching under much: a thousand proposals a second for a minute, and ten thousand open opdrachten.

The population is a hundred thousand; the other services rest.
"""

import time
from pathlib import Path

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from contracts.topics import ASSIGNMENTS, MATCHES, PARTITIONS, PROFILES
from performance import pipeline
from performance.feeding import a_producer, caught_up, on_a_stack, resting
from performance.opened import WARM_UP, Opened, percentiles
from performance.rows import Row, alone
from performance.supplying import (
    as_others,
    close_all,
    fill_database,
    new_people,
    open_opdrachten,
    put_profiles,
    restart,
)
from support.stacks import Stack, process_of, until

PROFILES_KNOWN = 100_000
A_SECOND, SECONDS = 1_000, 60  # proposals, for so long
OPEN = 10_000
CHANGED = 5_000
PATIENCE = 900


def run(folder: Path) -> list[Row]:
    """Measure, on a stack of its own in a folder."""
    return on_a_stack(folder, _measure)


async def _measure(stack: Stack) -> list[Row]:
    opened, floor_url = Opened(stack), await pipeline.prepare(stack.layout)
    async with a_producer(stack) as producer:
        with resting(stack, "profiles", "notifications", "desk"):
            await fill_database(stack, PROFILES_KNOWN)
            await restart(stack, "matching")
            rows = await _a_minute(stack, opened, floor_url, producer)
            rows += await _many_open(stack, opened, producer)
    return rows


async def _a_minute(stack: Stack, opened: Opened, floor_url: str, producer: AIOKafkaProducer) -> list[Row]:
    """Measure the way to the first proposal while so many are proposed a second."""
    await opened.times(20, 60)
    rate = A_SECOND / opened.proposals_each()
    before, busy, started = await _proposed(stack), _processor(stack), time.perf_counter()
    times = await opened.times(rate, round(SECONDS * rate))
    await until(lambda: _settled(stack), PATIENCE)
    a_second = (await _proposed(stack) - before) / (time.perf_counter() - started)
    each = (_processor(stack) - busy) * 1000 / (WARM_UP + round(SECONDS * rate))
    await close_all(stack, producer)
    with resting(stack, "assignments", "matching"):
        bare = await opened.floor(floor_url, rate, round(SECONDS * rate))
    name = f"opened_to_proposed_at_{A_SECOND}_a_second"
    return [
        *percentiles(name, times, bare),
        alone("proposals_for_a_minute", a_second, "proposals/s"),
        alone("processor_each_opdracht", each, "ms"),
    ]


def _processor(stack: Stack) -> float:
    """Return the seconds that matching's process has had of a processor."""
    taken = psutil.Process(process_of(stack.layout, "matching")).cpu_times()
    return taken.user + taken.system


async def _many_open(stack: Stack, opened: Opened, producer: AIOKafkaProducer) -> list[Row]:
    """Open opdrachten as fast as they are matched, and measure what is slower while so many are open."""
    before = await _proposed(stack)
    with resting(stack, "matching"):
        await open_opdrachten(producer, OPEN)
    started = time.perf_counter()
    await until(lambda: _settled(stack), PATIENCE)
    borne = (await _proposed(stack) - before) / (time.perf_counter() - started)
    times = await opened.times(20, 200)
    crowd = new_people(CHANGED)
    await put_profiles(producer, crowd)
    await until(lambda: _settled(stack), PATIENCE)
    with resting(stack, "matching"):
        await put_profiles(producer, as_others(crowd), version=2)
    started = time.perf_counter()
    await until(lambda: caught_up(stack, "matching", PROFILES), PATIENCE)
    changed = CHANGED / (time.perf_counter() - started)
    started = time.perf_counter()
    await restart(stack, "matching")
    ready = time.perf_counter() - started
    memory = psutil.Process(process_of(stack.layout, "matching")).memory_info().rss / 2**20
    return [
        alone("proposals_borne", borne, "proposals/s"),
        *percentiles("opened_to_proposed_10k_open_20", times),
        alone("changed_profiles_10k_open", changed, "events/s"),
        alone("restart_10k_open", ready, "s"),
        alone("memory_10k_open", memory, "MiB"),
    ]


async def _settled(stack: Stack) -> bool:
    """Whether matching has digested everything and its relay has sent what came of it."""
    if not await caught_up(stack, "matching", ASSIGNMENTS, PROFILES):
        return False
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    try:
        return not await connection.fetchval("SELECT exists(SELECT FROM outbox)")
    finally:
        await connection.close()


async def _proposed(stack: Stack) -> int:
    """Return how many records `matches` has had."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka)
    await consumer.start()
    try:
        partitions = [TopicPartition(MATCHES.name, number) for number in range(PARTITIONS)]
        return sum((await consumer.end_offsets(partitions)).values())
    finally:
        await consumer.stop()
