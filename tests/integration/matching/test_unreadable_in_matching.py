"""Rows that a newer version left, and this one cannot read: they wait, and everything else goes on."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.metrics import UNREADABLE_ROWS
from chassis.unreadable import forget
from contracts.vocabulary import Answer, Decision
from matching.domain.match import match_id
from matching.encoding import encode_profiles
from matching.standing_check import UNDER_WAY_SECONDS, StandingCheck
from matching.warning import warn_next
from prometheus_client import REGISTRY
from support.replicas import Node, answered, assignment_event, fitting, nodes, profile_event, undemanding

OPEN, STRANGE_ASSIGNMENT = UUID(int=1), UUID(int=2)
KNOWN, LATER, STRANGE_PROFILE, STRANGE_PAIR, STRANGE_WORDS = (UUID(int=number) for number in range(11, 16))
PEOPLE = (KNOWN, STRANGE_PROFILE, STRANGE_PAIR, STRANGE_WORDS)

# As a newer version would leave them: a profile's level, an assignment's urgency, a kind of decision and a
# criterion that this one does not know.
STRANGE = """
ALTER TABLE matches DROP CONSTRAINT matches_decision_check;
UPDATE profiles
SET facts = jsonb_set(facts, '{level}', '"directeur"'), version = 2, changed = pg_current_xact_id()
WHERE profile_id = '00000000-0000-0000-0000-00000000000d';
UPDATE assignments
SET facts = jsonb_set(facts, '{urgency}', '"ooit"'), version = 2, changed = pg_current_xact_id()
WHERE assignment_id = '00000000-0000-0000-0000-000000000002';
UPDATE matches
SET decision = 'parked', decisions = '{parked}'
WHERE profile_id = '00000000-0000-0000-0000-00000000000e';
UPDATE matches
SET explanation = jsonb_set(explanation, '{0,criterion}', '"luck"')
WHERE profile_id = '00000000-0000-0000-0000-00000000000f';
"""


def unreadable(table: str) -> float:
    return REGISTRY.get_sample_value("unreadable_rows", {"table": table}) or 0


@pytest.fixture
async def started(database: str) -> AsyncIterator[Node]:
    """A replica that starts on such rows. Everybody in PEOPLE was live for both assignments before."""
    for table, keys in (("profiles", [STRANGE_PROFILE]), ("assignments", [STRANGE_ASSIGNMENT])):
        forget(table, keys)
    UNREADABLE_ROWS.labels("matches").set(0)
    rng, facts = random.Random(1), undemanding()
    async with nodes(database, 1) as (before,):
        await before.digest([assignment_event(one, 1, facts) for one in (OPEN, STRANGE_ASSIGNMENT)], rng)
        await before.digest([profile_event(one, 1, fitting(facts, 3)) for one in PEOPLE], rng)
        assert await before.live(OPEN) == await before.live(STRANGE_ASSIGNMENT) == set(PEOPLE)
        await before.pool.execute(STRANGE)
        await before.said()
    async with nodes(database, 1) as (node,):
        yield node


async def test_a_replica_starts_and_counts_them(started: Node) -> None:
    await started.reconciler.reconcile_everything()
    await encode_profiles(started.pool)
    assert (unreadable("profiles"), unreadable("assignments")) == (1, 1)
    assert unreadable("matches") >= 1
    assert await started.said() == []


async def test_others_come_and_go_and_these_stay_as_they_are(started: Node) -> None:
    rng, facts = random.Random(1), undemanding()
    await started.digest([profile_event(LATER, 1, fitting(facts, 1))], rng)
    assert await started.live(OPEN) == {*PEOPLE, LATER}
    await started.digest([assignment_event(OPEN, 2, {**facts, "level": "junior"})], rng)
    assert await started.live(OPEN) == {STRANGE_PROFILE, STRANGE_PAIR}
    await started.digest([assignment_event(OPEN, 3, facts)], rng)
    assert await started.live(OPEN) == {*PEOPLE, LATER}
    check = StandingCheck(started.replica, started.reconciler)
    await started.said()
    for now in (0, UNDER_WAY_SECONDS + 1):
        await check.look(now)
    assert await started.said() == []


async def test_an_assignment_that_closes_ends_all(started: Node) -> None:
    rng, facts = random.Random(1), undemanding()
    closed = [assignment_event(one, 3, facts, closed=True) for one in (OPEN, STRANGE_ASSIGNMENT)]
    await started.digest(closed, rng)
    assert await started.live(OPEN) == await started.live(STRANGE_ASSIGNMENT) == set()
    assert unreadable("assignments") == 0


async def test_a_profile_that_can_be_read_again_is_judged_again(started: Node) -> None:
    rng, facts = random.Random(1), undemanding()
    await started.digest([profile_event(STRANGE_PROFILE, 3, {**fitting(facts, 3), "status": "paused"})], rng)
    assert STRANGE_PROFILE not in await started.live(OPEN)
    assert unreadable("profiles") == 0


async def test_answers_decisions_and_requests_go_on(started: Node) -> None:
    rng = random.Random(1)
    await started.digest([answered(STRANGE_ASSIGNMENT, KNOWN, Answer.DECLINED)], rng)
    assert KNOWN not in await started.live(STRANGE_ASSIGNMENT)
    assert await started.decide(match_id(STRANGE_ASSIGNMENT, STRANGE_PROFILE), Decision.REJECTED)
    assert await started.decide(match_id(OPEN, KNOWN), Decision.REJECTED)
    await started.reconciler.fulfil_requests()
    assert not await started.has_requests()
    assert KNOWN not in await started.live(OPEN)


async def test_pages_show_the_rest_and_say_what_cannot_be_shown(started: Node) -> None:
    async with started.client() as http:
        listed = (await http.get(f"/assignments/{OPEN}/matches?limit=1")).json()
        shown = [item["profile_id"] for item in listed["items"]]
        while listed["next"]:
            listed = (await http.get(f"/assignments/{OPEN}/matches?limit=1&cursor={listed['next']}")).json()
            shown += [item["profile_id"] for item in listed["items"]]
        assert shown == [str(KNOWN), str(STRANGE_PROFILE)]
        assert (await http.get(f"/assignments/{STRANGE_ASSIGNMENT}/matches")).status_code == 200
        assert (await http.get(f"/assignments/{STRANGE_ASSIGNMENT}/reach")).status_code == 503
        assert (await http.get(f"/assignments/{OPEN}/reach")).json()["population"] == 3
        assert (await http.get(f"/assignments/{OPEN}/why-not/{STRANGE_PROFILE}")).status_code == 503
        assert (await http.get("/selection")).status_code == 200


async def test_the_recruiter_of_another_is_warned(started: Node) -> None:
    facts = started.replica.deadlines(datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=365_000))
    (deadline,) = facts
    now = deadline.respond_by - timedelta(hours=1)
    assert await warn_next(started.pool, started.replica, now)
    assert not await warn_next(started.pool, started.replica, now)
    (said,) = await started.said()
    assert said["assignment_id"] == str(OPEN)
