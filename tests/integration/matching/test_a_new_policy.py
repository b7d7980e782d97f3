"""A new policy judges everything once, at its first start, and says so in its withdrawals."""

import asyncio
import random
from collections.abc import Collection
from uuid import UUID

import pytest
from contracts.vocabulary import Decision
from matching.domain import policy
from matching.domain.match import match_id
from support.replicas import Node, assignment_event, fitting, nodes, profile_event, undemanding

ASSIGNMENT, STAYS, MOVES, LEAVES = (UUID(int=number) for number in range(1, 5))
DAYS_AFTER = {STAYS: 0, MOVES: 2, LEAVES: 12}


async def under_the_old_policy(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Propose everybody by a policy that counts days after the start for less."""
    with monkeypatch.context() as patch:
        patch.setattr(policy, "VERSION", "2026.1")
        patch.setattr(policy, "AVAILABILITY_DAYS", 60)
        await node.reconciler.reconcile_everything()
        for person, days_after in DAYS_AFTER.items():
            facts = fitting(undemanding(), days_after)
            await node.digest([profile_event(person, 1, facts)], random.Random(1))
        await node.digest([assignment_event(ASSIGNMENT, 1, undemanding())], random.Random(1))
    assert await node.live(ASSIGNMENT) == set(DAYS_AFTER)
    assert {event["policy"] for event in await node.said()} == {"2026.1"}


async def test_the_first_start_with_a_policy_settles_it_once_with_several_replicas(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "AVAILABILITY_DAYS", 20)  # so that 12 days are too many
    async with nodes(database, 3) as made:
        await under_the_old_policy(made[0], monkeypatch)
        await asyncio.gather(*(node.reconciler.reconcile_everything() for node in made[1:]))
        events = {event["profile_id"]: event for event in await made[0].said()}
        assert set(events) == {str(MOVES), str(LEAVES)}
        gone, moved = events[str(LEAVES)], events[str(MOVES)]
        assert (gone["reason"], gone["revision"]) == ("policy_changed", 1)
        assert (gone["rules"], gone["score"]) == ([], 40.0)
        assert (moved["policy"], moved["revision"]) == (policy.VERSION, 2)
        await made[2].reconciler.reconcile_everything()
        assert await made[0].said() == []
        settled = await made[0].pool.fetch("SELECT version FROM settled_policies ORDER BY version")
        assert [row["version"] for row in settled] == ["2026.1", policy.VERSION]


async def test_a_proposal_keeps_its_name_and_explanation_until_its_next_revision(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await under_the_old_policy(node, monkeypatch)

        async def shown() -> dict[str, str]:
            items = (await http.get(f"/assignments/{ASSIGNMENT}/matches")).json()["items"]
            return {item["profile_id"]: item["policy"] for item in items}

        await node.reconciler.reconcile_everything()
        assert await shown() == {
            str(STAYS): "2026.1",
            str(MOVES): policy.VERSION,
            str(LEAVES): policy.VERSION,
        }
        await node.digest([profile_event(STAYS, 2, fitting(undemanding(), 1))], random.Random(1))
        assert set((await shown()).values()) == {policy.VERSION}


async def test_what_was_decided_by_replicas_of_the_old_policy_is_judged_anew(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody who was told of it may lose in silence: a nomination that no longer holds."""
    monkeypatch.setattr(policy, "AVAILABILITY_DAYS", 20)
    async with nodes(database, 1) as (node,):
        await under_the_old_policy(node, monkeypatch)
        assert await node.decide(match_id(ASSIGNMENT, LEAVES), Decision.NOMINATED)
        await node.said()
        await node.reconciler.reconcile_everything()
        assert await node.live(ASSIGNMENT) == {STAYS, MOVES}
        assert "policy_changed" in {event.get("reason") for event in await node.said()}


async def test_a_policy_with_other_criteria_revises_what_is_live(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await node.digest([assignment_event(ASSIGNMENT, 1, undemanding())], random.Random(1))
        await node.digest([profile_event(STAYS, 1, fitting(undemanding(), 0))], random.Random(1))
        await node.pool.execute("UPDATE matches SET policy = 'older', points = points[3:]")
        await node.said()
        await node.reconciler.reconcile_everything()
        (event,) = await node.said()
        assert (event["profile_id"], event["revision"]) == (str(STAYS), 2)


async def test_an_assignment_that_cannot_be_settled_holds_up_no_other(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is settled only once all are."""
    failing = UUID(int=9)
    async with nodes(database, 1) as (node,):
        await under_the_old_policy(node, monkeypatch)
        await node.digest([assignment_event(failing, 1, undemanding())], random.Random(1))
        await node.pool.execute("UPDATE matches SET live = false WHERE profile_id = $1", STAYS)
        reconcile = node.reconciler.reconcile

        async def fail_for_one(assignments: Collection[UUID], profiles: Collection[UUID]) -> None:
            if failing in assignments:
                raise ValueError
            await reconcile(assignments, profiles)

        monkeypatch.setattr(node.reconciler, "reconcile", fail_for_one)
        await node.reconciler.reconcile_everything()
        assert STAYS in await node.live(ASSIGNMENT)
        settled = await node.pool.fetch("SELECT version FROM settled_policies")
        assert [row["version"] for row in settled] == ["2026.1"]
