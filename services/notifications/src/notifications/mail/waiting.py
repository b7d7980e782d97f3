"""How long mail has been due, as the metrics tell it, whatever keeps it."""

from datetime import UTC, datetime

from chassis.database import Pool
from chassis.jobs import repeat
from chassis.metrics import absent_on_failure

from notifications.metrics import OLDEST_DUE, OLDEST_LINK
from notifications.store import queue, sign_in_links

EVERY_SECONDS = 15


async def keep_measuring_due(pool: Pool) -> None:
    """Measure until cancelled."""
    await repeat(lambda: measure_due(pool, datetime.now(UTC)), name="measuring mail", every=EVERY_SECONDS)


async def measure_due(pool: Pool, now: datetime) -> None:
    """Set the metrics of what is due at a moment. Where that fails they are absent, and it raises."""
    with absent_on_failure(OLDEST_DUE, OLDEST_LINK):
        async with pool.acquire() as connection:
            notice = await queue.oldest_due(connection, now)
            link = await sign_in_links.oldest_due(connection, now)
    OLDEST_DUE.set(_seconds_since(notice, now))
    OLDEST_LINK.set(_seconds_since(link, now))


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
