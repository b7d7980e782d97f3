"""The probe's profile and opdrachten meet each other alone, whatever becomes of them, and do not pile up."""

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.envelope import Event
from contracts.facts import AssignmentFacts
from contracts.retention import PROBE as PROBE_KIND
from contracts.vocabulary import Rule
from matching import pruning
from matching.domain.near import near
from matching.domain.reach import reach
from matching.engine.assignments import Assignments
from support.replicas import NOW, Node, assignment_event, fitting, nodes, profile_event, undemanding

ORDINARY, PROBE = UUID(int=1), UUID(int=2)
OPDRACHT, OF_THE_PROBE = UUID(int=11), UUID(int=12)
ASKED = undemanding()
FACTS = fitting(ASKED, 0)


def marked(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "probe": True}


async def digest(node: Node, *events: Event) -> None:
    await node.digest(list(events), random.Random(0))


async def both_worlds(node: Node) -> None:
    await digest(
        node,
        profile_event(ORDINARY, 1, FACTS),
        profile_event(PROBE, 1, marked(FACTS)),
        assignment_event(OPDRACHT, 1, ASKED),
        assignment_event(OF_THE_PROBE, 1, marked(ASKED)),
    )


async def test_each_is_matched_with_its_own_by_every_replica(database: str) -> None:
    async with nodes(database, 2) as (first, second):
        await both_worlds(first)
        for node in (first, second):
            await node.reconciler.reconcile_everything()
            assert (await node.live(OPDRACHT), await node.live(OF_THE_PROBE)) == ({ORDINARY}, {PROBE})
            assert await node.reconciler.differences(OF_THE_PROBE) == frozenset()
        # one half of each comes later, in the other order
        await digest(second, profile_event(PROBE, 2, marked({**FACTS, "status": "paused"})))
        assert await first.live(OF_THE_PROBE) == set()
        await digest(first, profile_event(PROBE, 3, marked(FACTS)), profile_event(ORDINARY, 2, FACTS))
        assert (await first.live(OPDRACHT), await first.live(OF_THE_PROBE)) == ({ORDINARY}, {PROBE})


async def test_no_number_has_it(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await both_worlds(node)
        replica, facts = node.replica, AssignmentFacts.model_validate_json(json.dumps(ASKED))
        assert (len(replica.population), len(replica.open)) == (1, 1)
        market = replica.market()
        assert market is not None
        assert len(market.open_without(())) == 1
        before = facts.respond_by - timedelta(hours=1)
        assert [one.assignment_id for one in replica.deadlines(before, timedelta(days=1))] == [OPDRACHT]
        found = reach(replica.population, facts)
        assert (found.population, len(found.candidates)) == (1, 1)
        assert Rule.PROBE not in {one.rule for one in found.rules}
        nearly = near(replica.population.profiles, Assignments.single(facts), rule=Rule.PROBE)
        assert len(nearly) == 0


async def test_what_closed_is_deleted_a_day_after_and_nothing_else(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await both_worlds(node)
        await digest(
            node,
            assignment_event(OPDRACHT, 2, ASKED, closed=True),
            assignment_event(OF_THE_PROBE, 2, marked(ASKED), closed=True),
        )
        duties = pruning.duties_of(timedelta(days=365), timedelta(days=1))
        (duty,) = [one for one in duties if one.kind is PROBE_KIND]
        for moment, left in ((NOW, {OPDRACHT, OF_THE_PROBE}), (NOW + timedelta(days=2), {OPDRACHT})):
            async with node.pool.acquire() as connection:
                assert not await duty.take(connection, moment)
            for table in ("assignments", "matches"):
                rows = await node.pool.fetch(f"SELECT assignment_id FROM {table}")
                assert {row["assignment_id"] for row in rows} == left


@pytest.mark.parametrize("changed", ["profile", "opdracht"])
async def test_what_becomes_the_probes_leaves_everybody_elses(database: str, changed: str) -> None:
    async with nodes(database, 2) as (node, other):
        await digest(node, profile_event(ORDINARY, 1, FACTS), assignment_event(OPDRACHT, 1, ASKED))
        await other.replica.catch_up()
        assert await node.live(OPDRACHT) == {ORDINARY}
        moved = {
            "profile": profile_event(ORDINARY, 2, marked(FACTS)),
            "opdracht": assignment_event(OPDRACHT, 2, marked(ASKED)),
        }
        await digest(other, moved[changed])
        assert await node.live(OPDRACHT) == set()
        (said,) = [one for one in await node.said() if "withdrawn_at" in one]
        reason = "profile_changed" if changed == "profile" else "assignment_changed"
        assert (said["reason"], said["rules"]) == (reason, [])
        back = {
            "profile": profile_event(ORDINARY, 3, FACTS),
            "opdracht": assignment_event(OPDRACHT, 3, ASKED),
        }
        await digest(node, back[changed])
        assert await node.live(OPDRACHT) == {ORDINARY}
        assert (len(other.replica.probes), len(other.replica.probe_open)) != (0, 0)
        await other.replica.catch_up()
        assert (len(other.replica.probes), len(other.replica.probe_open)) == (0, 0)
