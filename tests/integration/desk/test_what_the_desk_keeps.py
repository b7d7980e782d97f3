"""What the desk has kept long enough is deleted: alerts, and closed opdrachten with all that was said."""

import random
from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from chassis.retention import turn
from contracts.vocabulary import Answer, ClosedReason, NoticeOutcome
from desk.pruning import Kept, duties_of
from support.desks import Pair, an_assignment, an_event, known, tell
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
DUTIES = duties_of(Kept(alerts=90 * DAY, closed=365 * DAY))


async def an_opdracht(pool: Pool, closed_at: datetime | None) -> None:
    pair, rng = Pair(uuid7(), uuid7()), random.Random(5)
    opdracht = pair.ids["assignment_id"]
    before = NOW - 400 * DAY
    happened = [
        an_event(an_assignment(opdracht, rng), before),
        an_event(pair.proposed(before), before),
        an_event(pair.answered(before, Answer.INTERESTED), before),
        an_event(pair.settled(before, NoticeOutcome.BOUNCED), before),
    ]
    if closed_at is not None:
        happened.append(an_event(an_assignment(opdracht, rng, 2, ClosedReason.FILLED), closed_at))
    await tell(pool, happened)


async def night(pool: Pool) -> None:
    for duty in DUTIES:
        assert await turn(pool, duty, NOW)


async def test_an_opdracht_goes_a_year_after_it_closed_and_all_that_was_said_of_it(pool: Pool) -> None:
    await an_opdracht(pool, None)
    await an_opdracht(pool, NOW - 364 * DAY)
    stays = await known(pool)
    await an_opdracht(pool, NOW - 366 * DAY)
    await night(pool)
    assert await known(pool) == stays


async def test_alerts_go_after_ninety_days(pool: Pool) -> None:
    await an_opdracht(pool, None)
    await pool.execute("UPDATE alerts SET at = $1 WHERE id <> (SELECT max(id) FROM alerts)", NOW - 91 * DAY)
    await night(pool)
    assert await pool.fetchval("SELECT count(*) FROM alerts") == 1
