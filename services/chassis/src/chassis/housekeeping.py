"""Chores of every service's database, each a step of a job: measure what waits, delete what is old."""

import asyncio
import time

from chassis.audit.chaining import unchained_seconds
from chassis.database import Connection, Pool
from chassis.delivery import inbox, outbox, parking
from chassis.http import idempotency
from chassis.metrics import (
    AUDIT_UNCHAINED,
    CLOCK_SKEW,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    OUTBOX_REFUSED,
    PARKED,
    PARKED_OLDEST,
    absent_on_failure,
)

MEASURE_SECONDS = 10  # then the metrics are absent: the database is away, or every connection is in use
MEASURED = (
    *(OUTBOX_PENDING, OUTBOX_OLDEST, OUTBOX_REFUSED),
    *(AUDIT_UNCHAINED, PARKED, PARKED_OLDEST, CLOCK_SKEW),
)


async def measure(pool: Pool) -> None:
    """Set the metrics of what waits in the database, and of the clock beside its own.

    Where that fails they are absent, and the error is raised.
    """
    with absent_on_failure(*MEASURED):
        async with asyncio.timeout(MEASURE_SECONDS), pool.acquire() as connection:
            waiting, age, refused = await outbox.backlog(connection)
            parked, oldest = await parking.backlog(connection)
            unchained = await unchained_seconds(connection)
            skew = await _clock_skew(connection)
    CLOCK_SKEW.set(skew)
    OUTBOX_PENDING.set(waiting)
    OUTBOX_OLDEST.set(age)
    OUTBOX_REFUSED.set(refused)
    AUDIT_UNCHAINED.set(unchained)
    PARKED.set(parked)
    PARKED_OLDEST.set(oldest)


async def _clock_skew(connection: Connection) -> float:
    """Return how many seconds the process's clock is ahead of the database's, to half a round trip."""
    before = time.time()
    there = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8"))
    return (before + time.time()) / 2 - there


async def delete_old(pool: Pool) -> None:
    """Delete the rows that no longer serve anything."""
    async with pool.acquire() as connection:
        await inbox.delete_old(connection)
        await idempotency.delete_old(connection)
