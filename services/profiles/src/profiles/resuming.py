"""Ends pauses when their day has come."""

from datetime import UTC, datetime
from typing import NoReturn

from chassis.audit import Actor
from chassis.database import Pool
from chassis.jobs import repeat

from profiles import store
from profiles.due import change_due

EVERY_SECONDS = 60
ACTOR = Actor.platform("resuming")


async def resume(pool: Pool, now: datetime) -> None:
    """Make the professionals active again whose pause is over."""
    await change_due(
        pool, store.to_resume, lambda profile: profile.resume(now), now, actor=ACTOR, field="facts.status"
    )


async def keep_resuming(pool: Pool) -> NoReturn:
    """End pauses until cancelled."""
    await repeat(lambda: resume(pool, datetime.now(UTC)), name="resuming", every=EVERY_SECONDS)
