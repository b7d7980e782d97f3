"""Publishes what a day's passing changed: work that began or ended. Every replica may, one does."""

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
ACTOR = Actor.platform("days passing")


async def settle(pool: Pool, now: datetime) -> None:
    """Publish those of whom something else follows since today, many at a time.

    And those whom the version before this one wrote meanwhile, or the topic brought back.
    """
    unreadable: set[UUID] = set()
    is_more = True
    while is_more:
        async with pool.acquire() as connection, connection.transaction():
            due = await store.to_settle(connection, day_of(now), BATCH_SIZE, unreadable)
            await record(connection, [_act(profile.profile_id) for profile in due.readable])
            for profile in due.readable:
                settled, events = profile.settle(now)
                await store.update(connection, settled)
                await outbox.publish(connection, SERVICE, events, now)
        unreadable.update(due.unreadable)
        is_more = len(due.readable) + len(due.unreadable) == BATCH_SIZE


def _act(profile_id: UUID) -> Act:
    return Act(
        actor=ACTOR,
        action=Action.CHANGE,
        object_kind="profile",
        object_id=profile_id,
        people=[profile_id],
        fields=["effective_facts"],
    )


async def keep_settling(pool: Pool) -> NoReturn:
    """Let days pass until cancelled."""
    await repeat(lambda: settle(pool, datetime.now(UTC)), name="days passing", every=EVERY_SECONDS)
