"""A replica's start: how it fills itself from the database, beside a bare read of the same rows.

Each is measured in a fresh process, as a start is one. The floor reads the same columns by a cursor, as many
rows at a time, and does nothing with them.
"""

import asyncio
import gc
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor

import asyncpg
import psutil
import uvloop
from chassis.database import open_pool
from chassis.service import GC_THRESHOLDS
from matching.replica import Replica
from performance.rows import RUNS, Row, alone, better, medians

READ_BATCH_SIZE = 4000
BARE = "SELECT profile_id, version, erased, encoded, probe FROM profiles WHERE NOT erased"


async def filled(url: str, size: str) -> list[Row]:
    """Measure the start with what is in matching's database, and what each profile then takes."""
    runs = []
    for _ in range(RUNS):
        seconds, held = await _in_a_fresh_process(_fill, url)
        floor, _ = await _in_a_fresh_process(_read, url)
        runs.append(
            [
                better(f"fill_{size}", seconds, "s", "bare_read", floor),
                alone(f"bytes_per_profile_{size}", held, "bytes"),
            ]
        )
    return medians(runs)


async def _in_a_fresh_process(
    work: Callable[[str], Awaitable[tuple[float, float]]], url: str
) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return await asyncio.wrap_future(fresh.submit(_run, work, url))


def _run(work: Callable[[str], Awaitable[tuple[float, float]]], url: str) -> tuple[float, float]:
    gc.set_threshold(*GC_THRESHOLDS)

    async def measured() -> tuple[float, float]:
        return await work(url)

    return uvloop.run(measured())


async def _fill(url: str) -> tuple[float, float]:
    """Return the seconds to fill a replica, and the bytes that each profile takes."""
    async with open_pool(url, size=1) as pool:
        replica = Replica(pool)
        gc.collect()
        before, started = psutil.Process().memory_info().rss, time.perf_counter()
        await replica.catch_up()
        seconds = time.perf_counter() - started
        gc.collect()
        held = psutil.Process().memory_info().rss - before
    return seconds, held / len(replica.population)


async def _read(url: str) -> tuple[float, float]:
    """Return the seconds to read the same rows, and how many they are."""
    connection, count = await asyncpg.connect(url), 0
    started = time.perf_counter()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        cursor = await connection.cursor(BARE)
        while rows := await cursor.fetch(READ_BATCH_SIZE):
            count += len(rows)
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds, count
