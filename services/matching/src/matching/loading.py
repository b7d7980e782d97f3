"""Keeps this replica's copy level with the database, also while no event comes to it; and reads the closed
assignments of the last year into it, for the career view, and forgets older ones."""

from datetime import UTC, datetime, timedelta

from chassis.jobs import repeat

from matching.domain.outlook.numbers import MARKET_DAYS
from matching.replica import Replica

CATCH_UP_SECONDS = 10.0  # so that the metrics of all replicas tell of one population
EVERY_SECONDS = 1.0  # a copy that is made anew has none
# The year is counted in whole days of the Netherlands, whatever the hour is and the clocks do.
HELD = timedelta(days=MARKET_DAYS + 2)


async def keep_caught_up(replica: Replica) -> None:
    """Catch up with what other replicas took in, until cancelled."""
    await repeat(replica.catch_up, name="catch-up", every=CATCH_UP_SECONDS)


async def keep_closed(replica: Replica) -> None:
    """Hold the closed assignments that opened in the last year, until cancelled.

    The database keeps each for a year after it closed (RETENTION_CLOSED_DAYS is 365 at least). So they are
    there to be read, but for one that opened and closed on the year's very first day.
    """

    async def step() -> bool:
        opened_since = datetime.now(UTC) - HELD
        if await replica.load_closed(opened_since):
            return True
        replica.forget_closed(opened_since.date())
        return False

    await repeat(step, name="closed assignments", every=EVERY_SECONDS)
