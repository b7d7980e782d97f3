"""The job that deletes what has been kept long enough."""

from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from chassis.jobs import repeat

from matching.store import pruning

EVERY_SECONDS = 3600


async def keep_pruning(pool: Pool, kept: timedelta) -> None:
    """Delete assignments that closed longer ago than `kept`, hourly until cancelled."""

    async def step() -> bool:
        async with pool.acquire() as connection:
            return await pruning.delete_closed(connection, datetime.now(UTC) - kept)

    await repeat(step, name="pruning", every=EVERY_SECONDS)
