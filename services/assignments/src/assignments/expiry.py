"""Closes what nobody can respond to any more."""

import asyncio
from datetime import UTC, datetime

import structlog
from chassis.database import UNAVAILABLE, Pool
from chassis.delivery import outbox
from chassis.telemetry import where
from contracts.vocabulary import ClosedReason

from assignments import SERVICE, store

log = structlog.get_logger()

EVERY_SECONDS = 5
AT_ONCE = 100


async def close_expired(pool: Pool, now: datetime) -> int:
    """Close, with reason `expired`, up to a hundred assignments whose `respond_by` has passed."""
    async with pool.acquire() as connection, connection.transaction():
        due = await store.expired(connection, now, AT_ONCE)
        for assignment in due:
            closed, events = assignment.close(ClosedReason.EXPIRED, now)
            await store.save(connection, closed)
            await outbox.publish(connection, SERVICE, events, now)
    return len(due)


async def keep_closing(pool: Pool) -> None:
    """Close expired assignments until cancelled."""
    while True:
        try:
            while await close_expired(pool, datetime.now(UTC)) == AT_ONCE:
                pass
        except UNAVAILABLE as error:
            log.warning("expiry waits", **where(error))
        await asyncio.sleep(EVERY_SECONDS)
