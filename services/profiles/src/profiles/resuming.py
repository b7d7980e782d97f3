"""Ends pauses when their day has come."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from chassis.database import UNAVAILABLE, Pool
from chassis.delivery import outbox
from chassis.telemetry import where

from profiles import SERVICE, store

log = structlog.get_logger()

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EVERY_SECONDS = 60
AT_ONCE = 100


async def resume(pool: Pool, now: datetime) -> int:
    """Make up to a hundred professionals active again whose pause is over; return how many."""
    async with pool.acquire() as connection, connection.transaction():
        due = await store.to_resume(connection, now.astimezone(AMSTERDAM).date(), AT_ONCE)
        for profile in due:
            resumed, events = profile.resume(now)
            await store.update(connection, resumed)
            await outbox.publish(connection, SERVICE, events, now)
    return len(due)


async def keep_resuming(pool: Pool) -> None:
    """End pauses until cancelled."""
    while True:
        try:
            while await resume(pool, datetime.now(UTC)) == AT_ONCE:
                pass
        except UNAVAILABLE as error:
            log.warning("resuming waits", **where(error))
        await asyncio.sleep(EVERY_SECONDS)
