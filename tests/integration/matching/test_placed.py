"""A pair that is placed stands as it stood, without a seat, until its placement is taken back."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.envelope import Event
from contracts.vocabulary import Answer, Decision
from matching.domain import policy
from matching.domain.match import match_id
from matching.store.pruning import delete_closed
from support.placements import TERMS, event
from support.replicas import (
    Node,
    answered,
    assignment_event,
    erasure,
    fitting,
    nodes,
    profile_event,
    undemanding,
)

ASSIGNMENT, OTHER, FIRST, SECOND, THIRD = (UUID(int=number) for number in range(1, 6))
OPEN = {**undemanding(), "respond_by": (datetime.now(UTC) + timedelta(days=2)).isoformat()}


async def digest(node: Node, *events: Any) -> None:
    await node.digest(list(events), random.Random(1))


def placement(
    profile_id: UUID | None, placement_id: UUID, version: int = 1, reason: str | None = None
) -> Event:
    data = {
        "placement_id": str(placement_id),
        "assignment_id": str(ASSIGNMENT),
        "profile_id": profile_id and str(profile_id),
        "version": version,
        "organisation_type": "gemeente",
        "level": "senior",
        "state": "ended" if reason else "agreed",
        "ended_on": "2027-02-01" if reason else None,
        "ended_reason": reason,
        **TERMS,
    }
    kind = "PlacementEnded.v1" if reason else "PlacementAgreed.v1" if version == 1 else "PlacementChanged.v1"
    return event(kind, data)


async def test_the_career_view_shows_what_was_agreed_and_when_ones_own_placement_ends(database: str) -> None:
    async with nodes(database, 1) as (node,):
        persons = [UUID(int=number) for number in range(11, 17)]
        await people(node, *persons)
        for number in range(21, 26):
            await digest(node, assignment_event(UUID(int=number), 1, {**OPEN, "rate_max_cents": 11000}))
        level = undemanding()["level"]
        agreed = [
            terms(placement(person, UUID(int=rank)), level=level, rate_cents=9000 + 100 * rank)
            for rank, person in enumerate(persons[:5], 1)
        ]
        await digest(node, *agreed)
        taken_back = terms(placement(persons[5], UUID(int=6)), level=level, rate_cents=90000)
        await digest(node, taken_back)
        ended = {"state": "ended", "ended_on": "2027-02-01", "ended_reason": "cancelled", "version": 2}
        await digest(node, terms(taken_back, **ended))
        early = {**ended, "ended_reason": "early"}
        await digest(node, terms(agreed[0], **early))
        async with node.client() as http:
            seen = {
                person: (await http.get(f"/profiles/{person}/outlook?today=2027-01-15")).json()
                for person in persons
            }
        assert seen[persons[0]]["rate"]["agreed"] == {"n": 5, "p25": 9200, "p50": 9300, "p75": 9400}
        ends = [seen[person]["gaps"]["placement_ends"] for person in persons]
        assert ends == ["2027-02-01", *["2027-04-30"] * 4, None]


def terms(agreed: Event, **changes: Any) -> Event:
    assert agreed.data is not None
    data = {**json.loads(agreed.data.model_dump_json()), **changes}
    return event("PlacementEnded.v1" if data["state"] == "ended" else "PlacementAgreed.v1", data)


async def people(node: Node, *persons: UUID, version: int = 1, **facts: Any) -> None:
    for rank, person in enumerate(persons, 1):
        await digest(node, profile_event(person, version, {**fitting(undemanding(), rank), **facts}))


async def opened(node: Node, *persons: UUID) -> None:
    await people(node, *persons)
    await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
    assert await node.live(ASSIGNMENT) == set(persons)
    await node.said()


async def states(node: Node) -> dict[str, str]:
    async with node.client() as http:
        items = (await http.get(f"/assignments/{ASSIGNMENT}/matches")).json()["items"]
    return {item["profile_id"]: item["state"] for item in items}


async def test_a_placed_pair_is_not_withdrawn_by_what_follows_from_its_own_placement(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await opened(node, FIRST, SECOND)
        await digest(node, assignment_event(OTHER, 1, OPEN))
        await node.said()
        await digest(node, placement(FIRST, uuid4()))
        await people(node, FIRST, version=2, status="paused")
        assert await states(node) == {str(FIRST): "placed", str(SECOND): "proposed"}
        async with node.client() as http:
            own = (await http.get(f"/profiles/{FIRST}/matches")).json()["items"]
        assert [(one["assignment_id"], one["state"]) for one in own] == [(str(ASSIGNMENT), "placed")]
        (withdrawn,) = await node.said()
        assert (withdrawn["assignment_id"], withdrawn["profile_id"]) == (str(OTHER), str(FIRST))
        await digest(node, assignment_event(ASSIGNMENT, 2, OPEN, closed=True))
        (withdrawn,) = await node.said()
        assert (withdrawn["profile_id"], withdrawn["reason"]) == (str(SECOND), "assignment_closed")
        assert await states(node) == {str(FIRST): "placed"}
        await node.reconciler.reconcile_everything()
        assert await node.said() == []


async def test_who_is_placed_has_no_seat_and_the_next_in_rank_gets_it(database: str) -> None:
    async with nodes(database, 1) as (node,):
        seats = policy.SEATS
        persons = [UUID(int=100 + number) for number in range(seats + 1)]
        for person in persons:
            await digest(node, profile_event(person, 1, fitting(undemanding(), 1)))
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        live = await node.live(ASSIGNMENT)
        assert len(live) == seats
        (waiting,) = set(persons) - live
        placed = min(live)
        await digest(node, placement(placed, uuid4()))
        assert await node.live(ASSIGNMENT) == {*live, waiting}
        assert await node.reconciler.differences(ASSIGNMENT) == frozenset()


async def test_cancelled_it_stands_as_before_and_is_judged_again(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await opened(node, FIRST, SECOND, THIRD)
        await digest(node, answered(ASSIGNMENT, FIRST, Answer.INTERESTED))
        assert await node.decide(match_id(ASSIGNMENT, FIRST), Decision.NOMINATED)
        await node.said()
        stays, leaves = uuid4(), uuid4()
        await digest(node, placement(FIRST, stays), placement(SECOND, leaves))
        assert not await node.decide(match_id(ASSIGNMENT, FIRST), Decision.REJECTED)
        await people(node, SECOND, version=2, status="paused")
        assert await node.said() == []
        await digest(node, placement(FIRST, stays, 2, "cancelled"), placement(SECOND, leaves, 2, "cancelled"))
        assert await states(node) == {str(FIRST): "nominated", str(THIRD): "proposed"}
        (withdrawn,) = await node.said()
        assert (withdrawn["profile_id"], withdrawn["reason"]) == (str(SECOND), "profile_changed")
        assert await node.decide(match_id(ASSIGNMENT, FIRST), Decision.REJECTED)


async def test_of_several_placements_and_repeated_events_the_latest_states_count(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await opened(node, FIRST)
        one, other = uuid4(), uuid4()
        await digest(node, placement(FIRST, one), placement(FIRST, other))
        await digest(node, placement(FIRST, one, 2, "cancelled"))
        await digest(node, placement(FIRST, one))
        assert await states(node) == {str(FIRST): "placed"}
        await digest(node, placement(FIRST, other, 2, "early"))
        assert await states(node) == {str(FIRST): "placed"}
        await digest(node, placement(FIRST, other, 3, "cancelled"))
        assert await states(node) == {str(FIRST): "proposed"}
        assert await node.said() == []


async def test_a_placement_that_comes_before_its_assignment_is_waited_for(database: str) -> None:
    async with nodes(database, 1) as (node,):
        placed = uuid4()
        await digest(node, placement(FIRST, placed))
        await people(node, FIRST, SECOND)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        assert await node.live(ASSIGNMENT) == {SECOND}
        await digest(node, placement(FIRST, placed, 2, "cancelled"))
        assert await node.live(ASSIGNMENT) == {FIRST, SECOND}


async def test_of_an_erased_person_nothing_says_what_they_do(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await opened(node, FIRST)
        placed = uuid4()
        await digest(node, placement(FIRST, placed))
        await digest(node, erasure(FIRST))
        (withdrawn,) = await node.said()
        assert withdrawn["reason"] == "profile_erased"
        await digest(node, placement(FIRST, placed, 2))
        await digest(node, placement(None, placed, 3))
        assert await node.pool.fetchval("SELECT count(*) FROM placements") == 0
        assert not await node.pool.fetchval("SELECT placed FROM matches")
        assert await node.said() == []


async def test_a_placed_match_is_deleted_with_its_assignment(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await opened(node, FIRST)
        await digest(node, placement(FIRST, uuid4()))
        await digest(node, assignment_event(ASSIGNMENT, 2, OPEN, closed=True))
        async with node.pool.acquire() as connection:
            await delete_closed(connection, datetime.now(UTC) + timedelta(days=1))
        for table in ("assignments", "matches", "placements"):
            assert await node.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
