"""Closes what nobody can respond to any more."""

from datetime import UTC, datetime
from typing import NoReturn

from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat
from contracts.vocabulary import ClosedReason

from assignments import SERVICE, store

EVERY_SECONDS = 5
BATCH_SIZE = 100


async def close_expired(pool: Pool, now: datetime) -> bool:
    """Close a batch of assignments whose `respond_by` has passed; tell whether there may be more."""
    async with pool.acquire() as connection, connection.transaction():
        due = await store.expired(connection, now, BATCH_SIZE)
        for assignment in due:
            closed, events = assignment.close(ClosedReason.EXPIRED, now)
            await store.save(connection, closed)
            await outbox.publish(connection, SERVICE, events, now)
    return len(due) == BATCH_SIZE


async def keep_closing(pool: Pool) -> NoReturn:
    """Close expired assignments until cancelled."""
    await repeat(lambda: close_expired(pool, datetime.now(UTC)), name="expiry", every=EVERY_SECONDS)
