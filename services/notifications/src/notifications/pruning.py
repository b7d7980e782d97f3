"""The job that deletes what has been kept long enough."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from chassis.database import Pool
from chassis.jobs import repeat

from notifications.store import pruning

EVERY_SECONDS = 3600
ADDRESSES = timedelta(days=30)  # that they changed may be contradicted so long


@dataclass(frozen=True)
class Kept:
    """How long alerts are kept, and opdrachten after they closed, with all that was said of them."""

    alerts: timedelta
    closed: timedelta


async def keep_pruning(pool: Pool, kept: Kept) -> None:
    """Prune hourly until cancelled, one set after another while there are more."""

    async def step() -> bool:
        return await prune(pool, kept, datetime.now(UTC))

    await repeat(step, name="pruning", every=EVERY_SECONDS)


async def prune(pool: Pool, kept: Kept, now: datetime) -> bool:
    """Delete a set of each kind; tell whether there may be more."""
    steps = (
        partial(pruning.delete_alerts, before=now - kept.alerts),
        partial(pruning.delete_closed, before=now - kept.closed),
        partial(pruning.delete_gathered, before=now - kept.closed),
        partial(pruning.delete_of_addresses, before=now - ADDRESSES),
    )
    more = False
    for step in steps:
        async with pool.acquire() as connection:
            more |= await step(connection)
    return more
