"""What is deleted once it has been kept long enough: nightly, and what lives for hours alone, hourly."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from chassis.jobs import repeat
from chassis.retention import Duty, of_alerts, of_closed

from desk.store import kept_forms, pruning, sessions

EVERY_SECONDS = 3600


@dataclass(frozen=True)
class Kept:
    """How long alerts are kept, and opdrachten after they closed, with all that was said of them."""

    alerts: timedelta
    closed: timedelta


def duties_of(kept: Kept) -> tuple[Duty, ...]:
    """Return what is deleted nightly."""
    return (
        of_alerts(kept.alerts),
        *of_closed(kept.closed, pruning.delete_closed, pruning.delete_notices, oldest=pruning.OLDEST_CLOSED),
    )


async def keep_pruning(pool: Pool) -> None:
    """Delete what has ended of sessions and of kept forms, hourly until cancelled."""

    async def step() -> None:
        await prune(pool, datetime.now(UTC))

    await repeat(step, name="pruning", every=EVERY_SECONDS)


async def prune(pool: Pool, now: datetime) -> None:
    """Delete the sessions and the kept forms that have ended."""
    async with pool.acquire() as connection:
        await sessions.prune(connection, now)
        await kept_forms.prune(connection, now)
