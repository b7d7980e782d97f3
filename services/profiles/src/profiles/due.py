"""Profiles whose day has come, changed by the platform itself: many at a time, each change recorded and
published. Every replica may, one does."""

from collections.abc import Awaitable, Callable, Collection
from datetime import date, datetime
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection, Pool
from chassis.delivery import outbox

from profiles import SERVICE, store
from profiles.domain.effective import day_of
from profiles.domain.profile import Change, Profile

BATCH_SIZE = 100

Find = Callable[[Connection, date, int, Collection[UUID]], Awaitable[store.Due]]


async def change_due(
    pool: Pool, find: Find, change: Callable[[Profile], Change], now: datetime, *, actor: Actor, field: str
) -> None:
    """Change all that `find` finds. `actor`: the part of the platform that does; `field`: what it changes."""
    unreadable: set[UUID] = set()
    is_more = True
    while is_more:
        async with pool.acquire() as connection, connection.transaction():
            due = await find(connection, day_of(now), BATCH_SIZE, unreadable)
            await record(connection, [_act(one.profile_id, actor, field) for one in due.readable])
            for profile in due.readable:
                changed, events = change(profile)
                await store.update(connection, changed)
                await outbox.publish(connection, SERVICE, events, now)
        unreadable.update(due.unreadable)  # so that it is in no other batch's way
        is_more = len(due.readable) + len(due.unreadable) == BATCH_SIZE


def _act(profile_id: UUID, actor: Actor, field: str) -> Act:
    return Act(
        actor=actor,
        action=Action.CHANGE,
        object_kind="profile",
        object_id=profile_id,
        people=[profile_id],
        fields=[field],
    )
