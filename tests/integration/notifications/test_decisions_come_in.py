"""Every decision that a recruiter may take is taken in, and one that is taken back leaves none."""

import random
from datetime import UTC, datetime

import pytest
from chassis.database import Pool
from contracts.events import MatchDecided
from contracts.vocabulary import Answer, Decision
from notifications.answers import answering
from notifications.domain.match import Decided, Match
from notifications.domain.standing import Taken
from notifications.domain.timeline import steps
from notifications.store import matches
from notifications.words import timelines
from support.notifying import add_assignment, add_contact, deliver, propose
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)


@pytest.mark.parametrize("decision", [one for one in Decision if one is not Decision.REOPENED])
async def test_a_decision_stands_until_it_is_taken_back(pool: Pool, decision: Decision) -> None:
    profile_id, assignment_id = uuid7(), await add_assignment(pool, random.Random(6), "normaal")
    await add_contact(pool, profile_id, "anna@example.org")
    proposed = await propose(pool, assignment_id, profile_id, NOW)

    async def decide(what: Decision) -> Match:
        event = MatchDecided(
            match_id=proposed.match_id,
            assignment_id=assignment_id,
            profile_id=profile_id,
            decision=what,
            reason="na een gesprek",
            decided_by="Rosa",
            decided_at=NOW,
        )
        await deliver(pool, event)
        async with pool.acquire() as connection:
            return (await matches.by_ids(connection, [proposed.match_id]))[proposed.match_id]

    decided = await decide(decision)
    assert decided.decided == Decided(decision, "na een gesprek", NOW, told=False)  # nobody had answered
    assert all(timelines.step(step) for step in steps(decided, []))
    reopened = await decide(Decision.REOPENED)
    assert reopened.decided is None


@pytest.mark.parametrize(("tell", "news"), [(None, 1), (True, 1), (False, 0)])
async def test_a_rejection_is_told_unless_the_recruiter_says_no(
    pool: Pool, tell: bool | None, news: int
) -> None:
    profile_id, assignment_id = uuid7(), await add_assignment(pool, random.Random(6), "normaal")
    await add_contact(pool, profile_id, "anna@example.org")
    proposed = await propose(pool, assignment_id, profile_id, NOW)
    assert isinstance(await answering.answer(pool, proposed.match_id, Answer.INTERESTED, None, NOW), Taken)
    event = MatchDecided(
        match_id=proposed.match_id,
        assignment_id=assignment_id,
        profile_id=profile_id,
        decision=Decision.REJECTED,
        reason="na een gesprek",
        decided_by="Rosa",
        decided_at=NOW,
        tell=tell,
    )
    await deliver(pool, event)
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE kind = 'rejected'") == news
