"""The desk knows the latest of everything, whatever order it hears it in, and however often."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.topics import TOPIC_OF
from contracts.vocabulary import Answer, Decision, WithdrawalReason
from support.desks import START, TABLES, Pair, a_past, an_erasure, an_event, known, tell, tell_in_batches
from uuid_utils.compat import uuid7

TOPICS = sorted({topic.name for topic in TOPIC_OF.values()})


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@pytest.fixture
def pair() -> Pair:
    return Pair(uuid7(), uuid7())


async def hear(pool: Pool, *happened: Any) -> None:
    await tell(pool, [an_event(data, at(0)) for data in happened])


async def the_match(pool: Pool, pair: Pair) -> dict[str, Any]:
    row = await pool.fetchrow("SELECT * FROM matches WHERE match_id = $1", pair.match_id)
    assert row is not None
    return dict(row)


async def is_live(pool: Pool, pair: Pair) -> bool:
    return bool((await the_match(pool, pair))["live"])


async def forget_all(pool: Pool) -> None:
    await pool.execute(f"TRUNCATE {', '.join(TABLES)}, alerts")


def topic_by_topic(past: list[Event], rng: random.Random) -> list[Event]:
    """Mix the topics anew: what one topic tells stays in its order."""
    left = {name: [one for one in past if topic(one) == name] for name in TOPICS}
    mixed = []
    while any(left.values()):
        name = rng.choice([name for name in TOPICS if left[name]])
        mixed.append(left[name].pop(0))
    return mixed


def topic(event: Event) -> str:
    if event.data is None:
        return "profiles" if event.type == "ProfileErased.v1" else "contacts"
    return TOPIC_OF[event.type].name


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_rebuilt_from_the_topics_is_what_grew(pool: Pool, seed: int) -> None:
    rng = random.Random(seed)
    past = a_past(rng)
    erased = next(event.subject for event in past if event.type == "ProfileUpdated.v1")
    past[len(past) // 2 : len(past) // 2] = an_erasure(erased)
    for event in past:
        await tell(pool, [event])
    grew = await known(pool)
    again = [replace(event, republished=True) for event in rng.sample(past, 40)]
    for order in (
        topic_by_topic(past, rng),
        [*topic_by_topic(past, rng), *past],  # the topics are read a second time
        rng.sample(past, len(past)),  # as dead letters may be replayed
        [*again, *topic_by_topic(past, rng), *again],
    ):
        await forget_all(pool)
        await tell_in_batches(pool, order, rng)
        assert await known(pool) == grew


async def test_a_yes_after_a_no_brings_nobody_back_before_they_are_proposed_again(
    pool: Pool, pair: Pair
) -> None:
    await hear(pool, pair.proposed(at(0)), pair.answered(at(1), Answer.DECLINED))
    assert not await is_live(pool, pair)
    await hear(pool, pair.answered(at(2), Answer.INTERESTED))
    assert not await is_live(pool, pair)
    await hear(pool, pair.proposed(at(3)))
    assert await is_live(pool, pair)


async def test_who_is_proposed_again_before_their_yes_comes_in_is_live(pool: Pool, pair: Pair) -> None:
    await hear(pool, pair.proposed(at(0)), pair.answered(at(1), Answer.DECLINED))
    await hear(pool, pair.proposed(at(3)))
    assert not await is_live(pool, pair)
    await hear(pool, pair.answered(at(2), Answer.INTERESTED))
    assert await is_live(pool, pair)


async def test_a_no_that_comes_in_late_does_not_end_who_said_yes_since(pool: Pool, pair: Pair) -> None:
    await hear(pool, pair.proposed(at(0)), pair.answered(at(2), Answer.INTERESTED), pair.proposed(at(3)))
    await hear(pool, pair.answered(at(1), Answer.DECLINED))
    match = await the_match(pool, pair)
    assert (match["live"], match["answer"]) == (True, "interested")


async def test_a_rejection_that_is_taken_back_leaves_the_decision_before_it(pool: Pool, pair: Pair) -> None:
    await hear(pool, pair.proposed(at(0)), pair.decided(at(1), Decision.INVITED))
    await hear(pool, pair.decided(at(2), Decision.REJECTED))
    match = await the_match(pool, pair)
    assert (match["live"], match["decision"], match["decided_at"]) == (False, "rejected", at(2))
    await hear(pool, pair.decided(at(3), Decision.REOPENED), pair.proposed(at(4)))
    match = await the_match(pool, pair)
    assert (match["live"], match["decision"], match["decided_at"]) == (True, "invited", at(1))
    assert [one["decision"] for one in match["decisions"]] == ["invited", "rejected", "reopened"]


async def test_a_withdrawal_keeps_why_and_the_explanation_of_before(pool: Pool, pair: Pair) -> None:
    await hear(pool, pair.proposed(at(0)), pair.withdrawn(at(1)))
    match = await the_match(pool, pair)
    assert not match["live"]
    assert match["withdrawn"]["rules"][0]["rule"] == "rate"
    assert (match["score"], match["explanation"][0]["criterion"]) == (70.0, "rate")
    await hear(pool, pair.proposed(at(2)))
    match = await the_match(pool, pair)
    assert (match["live"], match["withdrawn"], match["first_proposed_at"]) == (True, None, at(0))


async def test_a_closed_opdrachts_people_are_withdrawn_for_that(pool: Pool, pair: Pair) -> None:
    closed = pair.withdrawn(at(2), WithdrawalReason.ASSIGNMENT_CLOSED)
    await hear(pool, pair.proposed(at(0)), pair.decided(at(1), Decision.NOMINATED), closed)
    match = await the_match(pool, pair)
    assert (match["live"], match["decision"]) == (False, "nominated")
    assert match["withdrawn"]["reason"] == "assignment_closed"


async def test_what_comes_before_its_proposal_waits_for_it(pool: Pool, pair: Pair) -> None:
    proposal = pair.proposed(at(0))
    await hear(pool, pair.answered(at(1), Answer.INTERESTED))
    await hear(pool, pair.decided(at(2), Decision.INVITED))
    assert not await is_live(pool, pair)
    await hear(pool, proposal)
    match = await the_match(pool, pair)
    assert (match["live"], match["answer"], match["decision"]) == (True, "interested", "invited")


async def test_a_decision_that_only_a_newer_version_knows_is_kept_beside_new_ones(
    pool: Pool, pair: Pair
) -> None:
    await hear(pool, pair.proposed(at(0)), pair.decided(at(1), Decision.INVITED))
    newer = "jsonb_set(decisions, '{0,decision}', '\"gewogen\"')"
    await pool.execute(f"UPDATE matches SET decisions = {newer}, decision = 'gewogen'")
    await hear(pool, pair.decided(at(2), Decision.NOMINATED), pair.decided(at(3), Decision.REOPENED))
    match = await the_match(pool, pair)
    assert [one["decision"] for one in match["decisions"]] == ["gewogen", "nominated", "reopened"]
    assert match["decision"] == "gewogen"
