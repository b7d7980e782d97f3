"""That an opdracht entered selection is told on the stream once, at its time."""

import random
from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from contracts.vocabulary import ClosedReason
from desk import selecting
from desk.store.alerts import SELECTING
from support.desks import an_assignment, an_event, tell
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
KEPT = timedelta(days=30)
ALERTS = "SELECT data->>'assignment_id' FROM alerts WHERE type = $1 ORDER BY id"


async def told(pool: Pool, now: datetime = NOW) -> list[str]:
    await selecting.tell(pool, KEPT, now)
    return [row[0] for row in await pool.fetch(ALERTS, SELECTING)]


async def opened(pool: Pool, closes_in: timedelta, closed: ClosedReason | None = None) -> str:
    assignment_id = uuid7()
    data = an_assignment(assignment_id, random.Random(1), closed=closed)
    await tell(pool, [an_event(data.model_copy(update={"respond_by": NOW + closes_in}), NOW)], since=NOW)
    return str(assignment_id)


async def test_it_is_told_once_when_its_time_is_up_and_once_more_after_another_time(pool: Pool) -> None:
    one = await opened(pool, timedelta(minutes=5))
    assert await told(pool) == []
    later = NOW + timedelta(minutes=6)
    assert await told(pool, later) == [one]
    assert await told(pool, later) == [one]
    await pool.execute("UPDATE assignments SET respond_by = $1", NOW + timedelta(minutes=10))
    assert await told(pool, later) == [one]
    assert await told(pool, NOW + timedelta(minutes=11)) == [one, one]


async def test_what_is_closed_or_older_than_alerts_are_is_not_told(pool: Pool) -> None:
    await opened(pool, timedelta(minutes=-5), ClosedReason.WITHDRAWN)
    await opened(pool, -KEPT - timedelta(days=1))
    assert await told(pool) == []
