"""Chores of every service's database, each a step of a job: measure what waits, delete what is old."""

from chassis.audit.chaining import unchained_seconds
from chassis.database import Pool
from chassis.delivery import inbox, outbox, parking
from chassis.http import idempotency
from chassis.metrics import (
    AUDIT_UNCHAINED,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    OUTBOX_REFUSED,
    PARKED,
    PARKED_OLDEST,
)


async def measure(pool: Pool) -> None:
    """Set the metrics of what waits in the database."""
    async with pool.acquire() as connection:
        waiting, age, refused = await outbox.backlog(connection)
        parked, oldest = await parking.backlog(connection)
        unchained = await unchained_seconds(connection)
    OUTBOX_PENDING.set(waiting)
    OUTBOX_OLDEST.set(age)
    OUTBOX_REFUSED.set(refused)
    AUDIT_UNCHAINED.set(unchained)
    PARKED.set(parked)
    PARKED_OLDEST.set(oldest)


async def delete_old(pool: Pool) -> None:
    """Delete the rows that no longer serve anything."""
    async with pool.acquire() as connection:
        await inbox.delete_old(connection)
        await idempotency.delete_old(connection)
