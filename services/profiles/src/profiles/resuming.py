"""Ends pauses when their day has come."""

from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat

from profiles import SERVICE, store
from profiles.domain.effective import day_of

EVERY_SECONDS = 60
BATCH_SIZE = 100
ACTOR = Actor.platform("resuming")


async def resume(pool: Pool, now: datetime) -> None:
    """Make the professionals active again whose pause is over, many at a time."""
    unreadable: set[UUID] = set()
    while await _resume_some(pool, now, unreadable):
        pass


async def _resume_some(pool: Pool, now: datetime, unreadable: set[UUID]) -> bool:
    """Resume a batch; tell whether there may be more.

    What cannot be read is added to `unreadable`, so that it is in no other batch's way.
    """
    async with pool.acquire() as connection, connection.transaction():
        due = await store.to_resume(connection, day_of(now), BATCH_SIZE, unreadable)
        await record(connection, [_act(profile.profile_id) for profile in due.readable])
        for profile in due.readable:
            resumed, events = profile.resume(now)
            await store.update(connection, resumed)
            await outbox.publish(connection, SERVICE, events, now)
    unreadable.update(due.unreadable)
    return len(due.readable) + len(due.unreadable) == BATCH_SIZE


def _act(profile_id: UUID) -> Act:
    return Act(
        actor=ACTOR,
        action=Action.CHANGE,
        object_kind="profile",
        object_id=profile_id,
        people=[profile_id],
        fields=["facts.status"],
    )


async def keep_resuming(pool: Pool) -> NoReturn:
    """End pauses until cancelled."""
    await repeat(lambda: resume(pool, datetime.now(UTC)), name="resuming", every=EVERY_SECONDS)
