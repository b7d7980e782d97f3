"""Ends pauses when their day has come."""

from datetime import UTC, datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat

from profiles import SERVICE, store

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EVERY_SECONDS = 60
BATCH_SIZE = 100


async def resume(pool: Pool, now: datetime) -> bool:
    """Make a batch of professionals active again whose pause is over; tell whether there may be more."""
    async with pool.acquire() as connection, connection.transaction():
        due = await store.to_resume(connection, now.astimezone(AMSTERDAM).date(), BATCH_SIZE)
        for profile in due:
            resumed, events = profile.resume(now)
            await store.update(connection, resumed)
            await outbox.publish(connection, SERVICE, events, now)
    return len(due) == BATCH_SIZE


async def keep_resuming(pool: Pool) -> NoReturn:
    """End pauses until cancelled."""
    await repeat(lambda: resume(pool, datetime.now(UTC)), name="resuming", every=EVERY_SECONDS)
