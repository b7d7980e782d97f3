"""The job that tells on the stream that an opdracht entered selection: no event says so, its time is up."""

from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from chassis.jobs import repeat

from desk.store import alerts

EVERY_SECONDS = 1.0


async def keep_telling(pool: Pool, alerts_kept: timedelta) -> None:
    """Tell every second until cancelled."""

    async def step() -> None:
        await tell(pool, alerts_kept, datetime.now(UTC))

    await repeat(step, name="telling of selection", every=EVERY_SECONDS)


async def tell(pool: Pool, alerts_kept: timedelta, now: datetime) -> None:
    """Tell of the opdrachten that entered selection, each once; of what is older than alerts are, nothing."""
    async with pool.acquire() as connection:
        if not await alerts.any_selecting(connection, now - alerts_kept, now):
            return
        async with connection.transaction():
            await alerts.take_turn(connection)
            await alerts.add_selecting(connection, now - alerts_kept, now)
