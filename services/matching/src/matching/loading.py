"""Reads the closed assignments of the last year into memory, for the career view, and forgets older ones."""

from datetime import UTC, datetime, timedelta

from chassis.jobs import repeat

from matching.replica import Replica

EVERY_SECONDS = 1.0  # a copy that is made anew has none


async def keep_closed(replica: Replica, kept: timedelta) -> None:
    """Hold the closed assignments that opened no longer ago than `kept`, until cancelled.

    That is no longer than the database keeps them after they closed, so all of them are there to be read.
    """

    async def step() -> bool:
        opened_since = datetime.now(UTC) - kept
        if await replica.load_closed(opened_since):
            return True
        replica.forget_closed(opened_since.date())
        return False

    await repeat(step, name="closed assignments", every=EVERY_SECONDS)
