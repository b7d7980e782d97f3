"""Publishes what a day's passing changed: work that began or ended."""

from datetime import UTC, datetime
from typing import NoReturn

from chassis.audit import Actor
from chassis.database import Pool
from chassis.jobs import repeat

from profiles import store
from profiles.due import change_due

EVERY_SECONDS = 60
ACTOR = Actor.platform("days passing")


async def settle(pool: Pool, now: datetime) -> None:
    """Publish those of whom something else follows since today; and those whom the version before this one
    wrote meanwhile, or the topic brought back."""
    await change_due(
        pool, store.to_settle, lambda profile: profile.settle(now), now, actor=ACTOR, field="effective_facts"
    )


async def keep_settling(pool: Pool) -> NoReturn:
    """Let days pass until cancelled."""
    await repeat(lambda: settle(pool, datetime.now(UTC)), name="days passing", every=EVERY_SECONDS)
