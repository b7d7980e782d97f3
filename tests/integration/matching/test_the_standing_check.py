"""The standing check mends what was missed and counts it, and takes nothing that is under way for missed."""

import random
from uuid import UUID

import pytest
from matching import handlers
from matching.domain import policy
from matching.standing_check import UNDER_WAY_SECONDS, StandingCheck
from prometheus_client import REGISTRY
from support.replicas import Node, assignment_event, fitting, nodes, profile_event, undemanding

ASSIGNMENT, OTHER, KNOWN, MISSED = (UUID(int=number) for number in range(1, 5))
LATER = UNDER_WAY_SECONDS + 1


def mended() -> float:
    return REGISTRY.get_sample_value("settlements_mended_total") or 0


async def opened(node: Node) -> StandingCheck:
    rng = random.Random(1)
    await node.digest([assignment_event(one, 1, undemanding()) for one in (ASSIGNMENT, OTHER)], rng)
    await node.digest([profile_event(KNOWN, 1, fitting(undemanding(), 1))], rng)
    return StandingCheck(node.replica, node.reconciler)


async def write_only(node: Node, profile_id: UUID, version: int, **changes: object) -> None:
    """Commit a change of a profile, and die before it is followed up."""
    event = profile_event(profile_id, version, {**fitting(undemanding(), 3), **changes})
    async with node.pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, [event])


async def a_round(check: StandingCheck, now: float) -> None:
    for _ in (ASSIGNMENT, OTHER):
        await check.look(now)


async def test_what_is_right_is_left_alone(database: str) -> None:
    async with nodes(database, 1) as (node,):
        check, before = await opened(node), mended()
        await node.said()
        for now in (0, LATER, 2 * LATER):
            await a_round(check, now)
        assert mended() == before
        assert await node.said() == []


async def test_whoever_was_missed_is_proposed_and_counts(database: str) -> None:
    async with nodes(database, 1) as (node,):
        check, before = await opened(node), mended()
        await write_only(node, MISSED, 1)
        await a_round(check, 0)
        await a_round(check, UNDER_WAY_SECONDS - 1)
        assert await node.live(ASSIGNMENT) == {KNOWN}
        await a_round(check, LATER)
        assert await node.live(ASSIGNMENT) == await node.live(OTHER) == {KNOWN, MISSED}
        assert mended() == before + 2


async def test_whoever_is_live_wrongly_is_withdrawn_and_counts(database: str) -> None:
    async with nodes(database, 1) as (node,):
        check, before = await opened(node), mended()
        await write_only(node, KNOWN, 2, status="paused")
        await a_round(check, 0)
        await a_round(check, LATER)
        assert await node.live(ASSIGNMENT) == await node.live(OTHER) == set()
        assert mended() == before + 2


async def test_what_was_under_way_or_changes_again_does_not_count(database: str) -> None:
    async with nodes(database, 2) as (node, other):
        check, before = await opened(node), mended()
        await write_only(node, MISSED, 1)
        await a_round(check, 0)
        await other.digest([profile_event(MISSED, 1, fitting(undemanding(), 3))], random.Random(1))
        await write_only(node, KNOWN, 2, status="paused")
        await a_round(check, LATER)
        await write_only(node, KNOWN, 3, hours_min=40)
        await a_round(check, 2 * LATER)
        assert mended() == before
        await a_round(check, 3 * LATER)
        assert mended() == before + 2


async def test_another_policy_does_not_count(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with nodes(database, 1) as (node,):
        check, before = await opened(node), mended()
        monkeypatch.setattr(policy, "VERSION", "another")
        monkeypatch.setattr(policy, "THRESHOLD", 99.9)
        for now in (0, LATER):
            await a_round(check, now)
        assert mended() == before


async def test_one_that_cannot_be_looked_at_holds_up_no_other(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with nodes(database, 1) as (node,):
        check = await opened(node)
        await write_only(node, MISSED, 1)
        differences = node.reconciler.differences

        async def fail_for_one(assignment_id: UUID) -> object:
            if assignment_id == ASSIGNMENT:
                raise ValueError
            return await differences(assignment_id)

        monkeypatch.setattr(node.reconciler, "differences", fail_for_one)
        for now in (0, LATER):
            await a_round(check, now)
        assert await node.live(OTHER) == {KNOWN, MISSED}
