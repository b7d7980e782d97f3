"""Closes what has been in selection for too long."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat
from contracts.vocabulary import ClosedReason

from assignments import SERVICE, store

EVERY_SECONDS = 5
BATCH_SIZE = 100
ACTOR = Actor.platform("expiry")


async def close_expired(pool: Pool, selection: timedelta, now: datetime) -> None:
    """Close the assignments that have been in selection for `selection`, many at a time."""
    unreadable: set[UUID] = set()
    while await _close_some(pool, now - selection, now, unreadable):
        pass


async def _close_some(pool: Pool, moment: datetime, now: datetime, unreadable: set[UUID]) -> bool:
    """Close a batch of those whose `respond_by` had passed at `moment`, of the probe now; tell whether there
    may be more.

    What cannot be read is added to `unreadable`, so that it is in no other batch's way.
    """
    async with pool.acquire() as connection, connection.transaction():
        due = await store.respond_by_passed(connection, moment, now, BATCH_SIZE, unreadable)
        await record(connection, [_act(assignment.assignment_id) for assignment in due.readable])
        for assignment in due.readable:
            closed, events = assignment.close(ClosedReason.EXPIRED, now)
            await store.save(connection, closed)
            await outbox.publish(connection, SERVICE, events, now)
    unreadable.update(due.unreadable)
    return len(due.readable) + len(due.unreadable) == BATCH_SIZE


def _act(assignment_id: UUID) -> Act:
    return Act(
        actor=ACTOR,
        action=Action.CLOSE,
        object_kind="assignment",
        object_id=assignment_id,
        fields=["state", "closed_reason"],
    )


async def keep_closing(pool: Pool, selection: timedelta) -> NoReturn:
    """Close expired assignments until cancelled."""
    await repeat(
        lambda: close_expired(pool, selection, datetime.now(UTC)), name="expiry", every=EVERY_SECONDS
    )
