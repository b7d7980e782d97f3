"""The desk takes in nothing of the probe, in whatever order it hears of it."""

import random
from datetime import timedelta
from itertools import permutations

from chassis.database import Pool
from contracts.envelope import Event
from contracts.probe import PROFILE_ID
from contracts.topics import ASSIGNMENTS
from contracts.vocabulary import NoticeOutcome
from support.desks import START, Pair, a_contact, a_profile, an_assignment, an_event, known, tell
from uuid_utils.compat import uuid7


async def test_nothing_is_kept_or_shown_of_it(pool: Pool) -> None:
    rng, before = random.Random(4), await known(pool)
    for order in permutations(range(4)):
        pair = Pair(uuid7(), PROFILE_ID)
        opdracht = an_assignment(pair.ids["assignment_id"], rng).model_copy(update={"probe": True})
        profile = a_profile(PROFILE_ID, rng).model_copy(update={"probe": True})
        happened = (opdracht, profile, pair.proposed(START), pair.settled(START, NoticeOutcome.BOUNCED))
        events = [an_event(happened[place], START) for place in order]
        gone = Event(str(uuid7()), "/test", str(ASSIGNMENTS.tombstone), opdracht.assignment_id, START, None)
        for event in (*events, an_event(a_contact(PROFILE_ID), START), gone):
            await tell(pool, [event])
    assert await known(pool) == before
    assert await pool.fetchval("SELECT count(*) FROM alerts") == 0


async def test_everybody_else_is_taken_in_beside_it(pool: Pool) -> None:
    rng, pair, probe = random.Random(5), Pair(uuid7(), uuid7()), Pair(uuid7(), PROFILE_ID)
    opdrachten = [
        an_assignment(pair.ids["assignment_id"], rng),
        an_assignment(probe.ids["assignment_id"], rng).model_copy(update={"probe": True}),
    ]
    later = START + timedelta(minutes=1)
    proposed = [an_event(one.proposed(later), later) for one in (pair, probe)]
    await tell(pool, [*(an_event(one, START) for one in opdrachten), *proposed])
    rows = await pool.fetch("SELECT match_id FROM matches")
    assert [row["match_id"] for row in rows] == [pair.match_id]
    shown = await pool.fetch("SELECT assignment_id FROM assignments")
    assert [row["assignment_id"] for row in shown] == [pair.ids["assignment_id"]]
