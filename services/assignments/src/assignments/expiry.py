"""Closes what has been in selection for too long."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn

from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat
from contracts.vocabulary import ClosedReason

from assignments import SERVICE, store

EVERY_SECONDS = 5
BATCH_SIZE = 100


async def close_expired(pool: Pool, selection: timedelta, now: datetime) -> bool:
    """Close a batch of assignments that have been in selection for `selection`; tell whether there may be
    more.
    """
    async with pool.acquire() as connection, connection.transaction():
        due = await store.respond_by_passed(connection, now - selection, BATCH_SIZE)
        for assignment in due:
            closed, events = assignment.close(ClosedReason.EXPIRED, now)
            await store.save(connection, closed)
            await outbox.publish(connection, SERVICE, events, now)
    return len(due) == BATCH_SIZE


async def keep_closing(pool: Pool, selection: timedelta) -> NoReturn:
    """Close expired assignments until cancelled."""
    await repeat(
        lambda: close_expired(pool, selection, datetime.now(UTC)), name="expiry", every=EVERY_SECONDS
    )
