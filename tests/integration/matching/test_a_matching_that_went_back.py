"""A matching that was restored, or is empty, takes back from its own topics how pairs stood."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from contracts.envelope import Event, type_of
from contracts.events import TYPES, InterestLacking
from contracts.topics import TOPIC_OF
from contracts.vocabulary import Answer, Decision
from matching.domain.match import match_id
from matching.republishing import publish_pairs
from matching.taking_back import take_back
from support.replicas import (
    NOW,
    Node,
    answered,
    assignment_event,
    erasure,
    fitting,
    nodes,
    profile_event,
    undemanding,
)
from uuid_utils.compat import uuid7

ASSIGNMENT = UUID(int=1)
ANNA, BRAM, CHRIS, DAAN = PEOPLE = [UUID(int=number) for number in range(2, 6)]


@pytest.fixture
async def node(database: str) -> AsyncIterator[Node]:
    async with nodes(database, 1) as (one,):
        yield one


async def halves(node: Node, *without: UUID) -> None:
    """Digest the opdracht and everybody who fits it."""
    rng = random.Random(1)
    people = [profile_event(one, 1, fitting(undemanding(), 1)) for one in PEOPLE if one not in without]
    await node.digest([assignment_event(ASSIGNMENT, 1, undemanding()), *people], rng)


async def said(node: Node) -> list[Event]:
    """Return what matching published, as the topics have it, and empty the outbox."""
    query = "WITH gone AS (DELETE FROM outbox RETURNING *) SELECT * FROM gone ORDER BY id"
    events = []
    for row in await node.pool.fetch(query):
        headers = dict(zip(row["header_names"], row["header_values"], strict=True))
        kind = headers["ce_type"].decode()
        data = TYPES[kind].model_validate_json(row["value"])
        subject = getattr(data, TOPIC_OF[kind].key)
        again = "ce_republished" in headers
        events.append(Event(str(uuid7()), "/services/matching", kind, subject, NOW, data, None, again))
    return events


async def heard(node: Node, events: Sequence[Event]) -> bool:
    async with node.pool.acquire() as connection, connection.transaction():
        return await take_back(connection, events)


async def forget(node: Node) -> None:
    """Empty matching's database; what its replica holds stays, as if it had caught up again."""
    await node.pool.execute("TRUNCATE matches, assignments, profiles")


async def lived(node: Node) -> tuple[list[Event], dict[UUID, Any]]:
    """Let pairs be proposed, answered, decided and withdrawn; return what was said, and how they stand."""
    await halves(node)
    await node.digest([answered(ASSIGNMENT, ANNA, Answer.DECLINED)], random.Random(1))
    await node.decide(match_id(ASSIGNMENT, BRAM), Decision.REJECTED)
    await node.decide(match_id(ASSIGNMENT, CHRIS), Decision.INVITED)
    await node.decide(match_id(ASSIGNMENT, CHRIS), Decision.NOMINATED)
    await node.decide(match_id(ASSIGNMENT, CHRIS), Decision.REOPENED)
    paused = {**fitting(undemanding(), 1), "status": "paused"}
    await node.digest([profile_event(DAAN, 2, paused)], random.Random(1))
    await node.digest([profile_event(DAAN, 3, fitting(undemanding(), 2))], random.Random(1))
    return await said(node), await node.pairs(ASSIGNMENT)


async def test_a_rebuilt_matching_stands_where_the_old_one_stood_and_says_nothing_again(node: Node) -> None:
    events, before = await lived(node)
    await forget(node)
    assert await heard(node, events)
    await halves(node, DAAN)
    await node.digest([profile_event(DAAN, 3, fitting(undemanding(), 2))], random.Random(1))
    await node.digest([answered(ASSIGNMENT, ANNA, Answer.DECLINED)], random.Random(1))
    await node.reconciler.reconcile([ASSIGNMENT], [])
    after = await node.pairs(ASSIGNMENT)
    assert {key: (pair.revision, pair.live, pair.decision, pair.answer) for key, pair in after.items()} == {
        key: (pair.revision, pair.live, pair.decision, pair.answer) for key, pair in before.items()
    }
    assert await said(node) == []
    assert not await heard(node, events)


@pytest.mark.parametrize("zone", ["+00:00", "+23:59"])
async def test_a_warning_is_taken_back_whatever_zone_a_stored_moment_has(node: Node, zone: str) -> None:
    """PostgreSQL reads no such offset; rows of before the contract refused them may have one."""
    await halves(node)
    moment = f"2099-12-20T23:59:00{zone}"
    stored = "UPDATE assignments SET facts = jsonb_set(facts, '{respond_by}', to_jsonb($1::text))"
    await node.pool.execute(stored, moment)
    warning = InterestLacking(
        assignment_id=ASSIGNMENT,
        assignment_version=1,
        respond_by=datetime.fromisoformat(moment).astimezone(UTC),
        live=0,
        candidates=0,
        relaxation=None,
        noticed_at=NOW,
    )
    kind = type_of(warning)
    event = Event(str(uuid7()), "/services/matching", kind, ASSIGNMENT, NOW, warning)
    assert await heard(node, [event])
    assert await node.pool.fetchval("SELECT warned_for FROM assignments") == warning.respond_by
    assert not await heard(node, [event])


async def test_revisions_go_on_above_those_of_the_topic_and_a_rejection_holds(node: Node) -> None:
    events, before = await lived(node)
    await forget(node)
    await heard(node, events)
    await halves(node, DAAN)
    await node.digest([profile_event(DAAN, 4, fitting(undemanding(), 9))], random.Random(1))
    after = await node.pairs(ASSIGNMENT)
    assert after[DAAN].revision == before[DAAN].revision + 1
    assert (after[BRAM].live, after[BRAM].decision) == (False, Decision.REJECTED)
    assert after[CHRIS].decision is Decision.INVITED


async def test_what_is_published_again_says_how_pairs_stand(node: Node) -> None:
    _, before = await lived(node)
    async with node.pool.acquire() as connection, connection.transaction():
        first = await publish_pairs(connection, None, NOW)
        rest = await publish_pairs(connection, first.last, NOW)
    events = await said(node)
    assert (first.count, rest.last) == (len(events), None)
    assert all(event.republished for event in events)
    assert not await heard(node, events)
    await node.pool.execute("TRUNCATE matches")
    await heard(node, events)
    after = await node.pairs(ASSIGNMENT)
    assert {key: (pair.revision, pair.live, pair.decision) for key, pair in after.items() if key != ANNA} == {
        key: (pair.revision, pair.live, pair.decision) for key, pair in before.items() if key != ANNA
    }


async def test_a_withdrawal_says_again_why_and_an_erased_persons_rules_are_gone(node: Node) -> None:
    await halves(node)
    paused = {**fitting(undemanding(), 1), "status": "paused"}
    await node.digest([profile_event(DAAN, 2, paused)], random.Random(1))
    (withdrawn,) = [event for event in await said(node) if event.type == "MatchWithdrawn.v1"]
    async with node.pool.acquire() as connection, connection.transaction():
        await publish_pairs(connection, None, NOW)
    (again,) = [event for event in await said(node) if event.type == "MatchWithdrawn.v1"]
    assert again.data == withdrawn.data
    await node.digest([erasure(DAAN)], random.Random(1))
    (kept,) = await node.pool.fetch(
        "SELECT withdrawal FROM matches WHERE profile_id = $1 AND withdrawal IS NOT NULL", DAAN
    )
    assert kept["withdrawal"] == {"reason": "profile_changed"}


async def test_a_replica_whose_clock_is_behind_says_what_comes_later(node: Node) -> None:
    await halves(node)
    ahead = "UPDATE matches SET proposed_at = now() + interval '1 hour'"
    await node.pool.execute(ahead)
    await node.digest([assignment_event(ASSIGNMENT, 2, undemanding(), closed=True)], random.Random(1))
    proposed = {row["match_id"]: row["proposed_at"] for row in await node.pool.fetch("SELECT * FROM matches")}
    rows = await node.pool.fetch("SELECT match_id, withdrawn_at FROM matches")
    assert all(row["withdrawn_at"] > proposed[row["match_id"]] for row in rows)


async def test_pairs_that_this_version_cannot_read_hold_up_no_other(node: Node) -> None:
    await halves(node)
    await said(node)
    strange = """UPDATE matches SET explanation = jsonb_set(explanation, '{0,criterion}', '"luck"')"""
    await node.pool.execute(f"{strange} WHERE profile_id = $1", ANNA)
    await node.pool.execute("DELETE FROM outbox")
    async with node.pool.acquire() as connection, connection.transaction():
        assert (await publish_pairs(connection, None, NOW)).last == ASSIGNMENT
    assert {getattr(event.data, "profile_id", None) for event in await said(node)} == {BRAM, CHRIS, DAAN}
