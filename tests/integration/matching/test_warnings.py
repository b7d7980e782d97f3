"""Matching notices in time that nobody is interested, once, and knows what would bring most people."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event
from contracts.events import AssignmentOpened, AssignmentUpdated, MatchAnswered, ProfileUpdated
from contracts.vocabulary import Answer
from matching.domain import policy
from matching.domain.match import match_id
from matching.domain.reach import interest_lacking
from matching.reconciling import Reconciler
from matching.replica import Replica
from matching.store.assignments import upsert_assignments
from matching.store.matches import upsert_answers
from matching.store.profiles import upsert_profiles
from matching.warning import warn_next
from support import people as random_facts
from support import reference
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


class Matching:
    """Two replicas on one database."""

    def __init__(self, pool: Pool, replicas: list[Replica]) -> None:
        self.pool = pool
        self.replicas = replicas

    async def open(self, facts: dict[str, Any], version: int = 1) -> UUID:
        assignment_id: UUID = facts["assignment_id"]
        kind = AssignmentOpened if version == 1 else AssignmentUpdated
        data = kind.model_validate({**facts, "version": version}, strict=False)
        event = Event("1", "/test", f"{kind.__name__}.v1", assignment_id, NOW, data)
        async with self.pool.acquire() as connection, connection.transaction():
            await upsert_assignments(connection, [event])
        await Reconciler(self.pool, self.replicas[0]).reconcile([assignment_id], ())
        return assignment_id

    async def warnings(self, now: datetime) -> list[dict[str, Any]]:
        """Let both replicas warn of what it is time for; return the events."""
        while any(await asyncio.gather(*(warn_next(self.pool, one, now) for one in self.replicas))):
            pass
        rows = await self.pool.fetch("DELETE FROM outbox WHERE topic = 'advice' RETURNING value")
        return [json.loads(row["value"]) for row in rows]


@pytest.fixture
async def matching(database: str) -> AsyncIterator[Matching]:
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(open_pool(database))
        singles = [await opened.enter_async_context(open_pool(database, size=1)) for _ in range(2)]
        yield Matching(pool, [Replica(single) for single in singles])


def an_opdracht(rng: random.Random, respond_by: datetime) -> dict[str, Any]:
    facts = random_facts.assignment_facts(rng)
    return {**facts, "assignment_id": uuid7(), "respond_by": respond_by.isoformat()}


async def test_each_is_warned_of_once_a_day_before_and_again_when_that_moves(
    matching: Matching,
) -> None:
    facts = an_opdracht(random.Random(1), NOW + 100 * HOUR)
    assignment_id = await matching.open(facts)
    assert await matching.warnings(NOW + 75 * HOUR) == []
    (event,) = await matching.warnings(NOW + 76 * HOUR)
    assert event["assignment_id"] == str(assignment_id)
    assert await matching.warnings(NOW + 77 * HOUR) == []
    await matching.open({**facts, "respond_by": (NOW + 200 * HOUR).isoformat()}, 2)
    assert await matching.warnings(NOW + 175 * HOUR) == []
    assert len(await matching.warnings(NOW + 177 * HOUR)) == 1


async def test_one_that_opened_later_is_warned_of_in_the_second_half_of_its_time(matching: Matching) -> None:
    await matching.open(an_opdracht(random.Random(2), NOW + 8 * HOUR))
    assert await matching.warnings(NOW + 3 * HOUR) == []
    assert len(await matching.warnings(NOW + 5 * HOUR)) == 1
    await matching.open(an_opdracht(random.Random(2), NOW + 8 * HOUR))
    assert await matching.warnings(NOW + 9 * HOUR) == []


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [("WARN_BEFORE", timedelta(hours=10), 90), ("WARN_IN_LAST_PART", 0.1, 90)],
)
async def test_a_warning_comes_when_the_policy_says(
    matching: Matching, monkeypatch: pytest.MonkeyPatch, name: str, value: object, after: int
) -> None:
    monkeypatch.setattr(policy, name, value)
    await matching.open(an_opdracht(random.Random(1), NOW + 100 * HOUR))
    assert await matching.warnings(NOW + (after - 1) * HOUR) == []
    assert len(await matching.warnings(NOW + (after + 1) * HOUR)) == 1


async def test_a_moment_that_postgresql_does_not_take_holds_up_no_other(matching: Matching) -> None:
    """A zone offset of 16 hours or more: the contract once took it."""
    strange = await matching.open(an_opdracht(random.Random(1), NOW + 100 * HOUR))
    other = await matching.open(an_opdracht(random.Random(2), NOW + 100 * HOUR))
    moment = (NOW + 100 * HOUR).astimezone(timezone(timedelta(hours=23, minutes=59))).isoformat()
    await matching.pool.execute(_WITH_RESPOND_BY, strange, moment)
    said = {event["assignment_id"] for event in await matching.warnings(NOW + 77 * HOUR)}
    assert str(other) in said


_WITH_RESPOND_BY = """
UPDATE assignments
SET facts = jsonb_set(facts, '{respond_by}', to_jsonb($2::text)), changed = pg_current_xact_id()
WHERE assignment_id = $1
"""


async def test_an_assignment_that_cannot_be_advised_on_holds_up_no_other(
    matching: Matching, monkeypatch: pytest.MonkeyPatch
) -> None:
    opdrachten = [an_opdracht(random.Random(seed), NOW + 100 * HOUR) for seed in (1, 2)]
    failing, other = [await matching.open(facts) for facts in opdrachten]

    def fail_for_one(assignment_id: UUID, *rest: Any) -> Any:
        if assignment_id == failing:
            raise ValueError
        return interest_lacking(assignment_id, *rest)

    monkeypatch.setattr("matching.warning.interest_lacking", fail_for_one)
    said = await matching.warnings(NOW + 77 * HOUR)
    assert [event["assignment_id"] for event in said] == [str(other)]


async def test_the_moment_of_a_warning_follows_from_when_the_opdracht_opened(matching: Matching) -> None:
    """Not from when this database heard of it: one that is filled anew warns at the same moment."""
    facts = an_opdracht(random.Random(1), NOW + 20 * HOUR)
    await matching.open({**facts, "opened_at": (NOW - 10 * HOUR).isoformat()})
    assert await matching.warnings(NOW + 4 * HOUR) == []
    assert len(await matching.warnings(NOW + 6 * HOUR)) == 1


async def test_interest_makes_a_warning_needless_and_advice_is_the_best(
    matching: Matching,
) -> None:
    rng = random.Random(3)
    people = {uuid7(): random_facts.profile_facts(rng) for _ in range(300)}
    events = []
    for profile_id, facts in people.items():
        data = ProfileUpdated.model_validate({"profile_id": profile_id, "version": 1, **facts}, strict=False)
        events.append(Event("1", "/test", "ProfileUpdated.v1", profile_id, NOW, data))
    async with matching.pool.acquire() as connection, connection.transaction():
        await upsert_profiles(connection, events)
    opdrachten = [an_opdracht(rng, NOW + 30 * HOUR) for _ in range(20)]
    for facts in opdrachten:
        await matching.open(facts)
    live = await matching.pool.fetch("SELECT assignment_id, profile_id FROM matches WHERE live")
    answered = {row["assignment_id"]: row["profile_id"] for row in live}
    some = dict(list(answered.items())[:3])
    assert len(some) == 3
    answers = [
        MatchAnswered(
            match_id=match_id(assignment_id, profile_id),
            assignment_id=assignment_id,
            profile_id=profile_id,
            answer=Answer.INTERESTED,
            answered_at=NOW,
        )
        for assignment_id, profile_id in some.items()
    ]
    async with matching.pool.acquire() as connection, connection.transaction():
        await upsert_answers(connection, answers)
    told = {event["assignment_id"]: event for event in await matching.warnings(NOW + 20 * HOUR)}
    assert told.keys() == {str(one["assignment_id"]) for one in opdrachten} - {str(one) for one in some}
    advised = 0
    for facts in opdrachten:
        event = told.get(str(facts["assignment_id"]))
        if event is None:
            continue
        relaxations = reference.reach(people, facts)["relaxations"]
        best = max((one["adds"] for one in relaxations), default=0)
        assert (event["relaxation"] or {"adds": 0})["adds"] == best
        advised += best > 0
    assert advised > 3
