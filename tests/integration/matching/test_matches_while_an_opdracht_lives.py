"""From the first proposal to the closing: who is proposed, who comes back, what is said of it."""

import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.vocabulary import Answer, Decision
from matching.domain import policy
from matching.domain.match import match_id
from support.replicas import Node, answered, assignment_event, fitting, nodes, profile_event, undemanding

ASSIGNMENT, FIRST, SECOND, THIRD = (UUID(int=number) for number in range(1, 5))
YES, NO = Answer.INTERESTED, Answer.DECLINED


def until(**delay: float) -> dict[str, Any]:
    """Return the assignment, to be responded to until some time from now."""
    return {**undemanding(), "respond_by": (datetime.now(UTC) + timedelta(**delay)).isoformat()}


OPEN, SELECTING = until(days=2), until(seconds=-1)


async def digest(node: Node, *events: Any) -> None:
    await node.digest(list(events), random.Random(1))


async def people(node: Node, *persons: UUID, version: int = 1) -> None:
    """Digest people who fit, the better the earlier they are named."""
    for rank, person in enumerate(persons, 1):
        await digest(node, profile_event(person, version, fitting(undemanding(), rank)))


async def paused(node: Node, person: UUID, version: int) -> None:
    await digest(node, profile_event(person, version, {**fitting(undemanding(), 1), "status": "paused"}))


async def answer(node: Node, person: UUID, *answers: Answer, minutes: float = 0) -> None:
    for later, one in enumerate(answers):
        await digest(node, answered(ASSIGNMENT, person, one, minutes + later))


async def decide(node: Node, person: UUID, decision: Decision) -> bool:
    """Decide, and do what that asks for."""
    possible = await node.decide(match_id(ASSIGNMENT, person), decision)
    await node.reconciler.fulfil_requests()
    return possible


async def selecting(node: Node, *persons: UUID) -> None:
    """Open the assignment with people who are proposed, and let `respond_by` pass."""
    await people(node, *persons)
    await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
    assert await node.live(ASSIGNMENT) == set(persons)
    await digest(node, assignment_event(ASSIGNMENT, 2, SELECTING))
    await node.said()


def kinds(events: Collection[dict[str, Any]]) -> list[tuple[str, int]]:
    """Return the reason of each withdrawal and "proposed" for each proposal, with its revision."""
    return [(event.get("reason", "proposed"), event["revision"]) for event in events if "revision" in event]


async def test_in_selection_nobody_new_is_proposed_and_who_is_live_stays(database: str) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await selecting(node, FIRST)
        await people(node, SECOND)
        await people(node, FIRST, version=2)
        assert await node.live(ASSIGNMENT) == {FIRST}
        assert await node.said() == []
        shown = (await http.get(f"/assignments/{ASSIGNMENT}/matches")).json()["items"]
        assert [(item["profile_id"], item["state"]) for item in shown] == [(str(FIRST), "proposed")]


async def test_in_selection_who_fell_off_is_not_proposed_again(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await selecting(node, FIRST, SECOND)
        await answer(node, FIRST, YES)
        await paused(node, FIRST, 2)
        await people(node, FIRST, version=3)
        assert await node.live(ASSIGNMENT) == {SECOND}
        (withdrawn,) = await node.said()
        assert (withdrawn["reason"], withdrawn["score"]) == ("profile_changed", None)
        assert withdrawn["rules"] == [{"rule": "active", "facts": {"status": "paused"}}]


async def test_in_selection_live_matches_can_be_decided_on_and_a_rejection_taken_back(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await selecting(node, FIRST, SECOND)
        for decision in (Decision.INVITED, Decision.NOMINATED, Decision.REJECTED):
            assert await decide(node, FIRST, decision)
        assert await node.live(ASSIGNMENT) == {SECOND}
        assert await decide(node, FIRST, Decision.REOPENED)
        assert await node.live(ASSIGNMENT) == {FIRST, SECOND}
        events = await node.said()
        decisions = [event["decision"] for event in events if "decision" in event]
        assert decisions == ["invited", "nominated", "rejected", "reopened"]
        (proposed,) = [event for event in events if "score" in event]
        assert proposed["revision"] == 2
        assert (await node.pairs(ASSIGNMENT))[FIRST].decision is Decision.NOMINATED


async def test_a_respond_by_that_moves_into_the_future_opens_proposing_again(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await selecting(node, FIRST)
        await people(node, SECOND)
        await paused(node, FIRST, 2)
        await people(node, FIRST, version=3)
        assert await node.live(ASSIGNMENT) == set()
        await digest(node, assignment_event(ASSIGNMENT, 3, OPEN))
        assert await node.live(ASSIGNMENT) == {FIRST, SECOND}


async def test_closing_withdraws_whoever_is_live_in_selection(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await selecting(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 3, SELECTING, closed=True))
        (withdrawn,) = await node.said()
        assert (withdrawn["reason"], withdrawn["rules"], withdrawn["score"]) == (
            "assignment_closed",
            [],
            None,
        )
        assert not await decide(node, FIRST, Decision.NOMINATED)


@pytest.mark.parametrize("proposed", ["live", "not live"])
async def test_who_says_yes_after_no_comes_back_with_the_next_revision(
    database: str, monkeypatch: pytest.MonkeyPatch, proposed: str
) -> None:
    """Whoever was live when declining needs no seat; whoever was not (an answer before its proposal) does."""
    monkeypatch.setattr(policy, "SEATS", 1)
    async with nodes(database, 1) as (node,):
        if proposed == "live":
            await people(node, FIRST, SECOND)
            await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
            await answer(node, FIRST, NO)
            await people(node, THIRD, version=1)
        else:
            await answer(node, SECOND, NO)
            await people(node, FIRST, SECOND)
            await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        before = await node.live(ASSIGNMENT)
        person = FIRST if proposed == "live" else SECOND
        assert person not in before
        await node.said()
        await answer(node, person, YES, minutes=1)
        if proposed == "live":
            assert await node.live(ASSIGNMENT) == before | {person}
            assert kinds(await node.said()) == [("proposed", 2)]
        else:
            assert await node.live(ASSIGNMENT) == before


async def test_who_says_yes_after_no_and_no_longer_fits_is_withdrawn_with_why(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        await answer(node, FIRST, NO)
        await paused(node, FIRST, 2)
        await node.said()
        await answer(node, FIRST, YES, minutes=1)
        (withdrawn,) = await node.said()
        assert (withdrawn["reason"], withdrawn["rules"][0]["rule"]) == ("profile_changed", "active")
        await answer(node, FIRST, YES, minutes=2)
        assert await node.said() == []


@pytest.mark.parametrize("answers", [[NO, YES], [YES, NO], [YES, NO, YES], [NO, YES, NO]])
@pytest.mark.parametrize("repeated", [False, True])
async def test_the_latest_answer_counts_in_whatever_order_they_come(
    database: str, answers: list[Answer], repeated: bool
) -> None:
    async with nodes(database, 1) as (node,):
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        events = [answered(ASSIGNMENT, FIRST, one, minutes) for minutes, one in enumerate(answers)]
        for event in [*(events if repeated else ()), *reversed(events)]:
            await digest(node, event)
        assert (await node.pairs(ASSIGNMENT))[FIRST].answer is answers[-1]
        assert await node.live(ASSIGNMENT) == ({FIRST} if answers[-1] is YES else set())


@pytest.mark.parametrize("first", [YES, NO])
async def test_of_two_answers_of_one_moment_the_decline_counts(database: str, first: Answer) -> None:
    async with nodes(database, 1) as (node,):
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        second = NO if first is YES else YES
        await digest(node, answered(ASSIGNMENT, FIRST, first), answered(ASSIGNMENT, FIRST, second))
        assert (await node.pairs(ASSIGNMENT))[FIRST].answer is NO


async def test_a_reopened_one_whom_somebody_declined_meanwhile_stays_away(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        await decide(node, FIRST, Decision.NOMINATED)
        await answer(node, FIRST, NO)
        assert await decide(node, FIRST, Decision.REOPENED)
        assert await node.live(ASSIGNMENT) == set()


async def test_a_withdrawal_tells_every_rule_that_fails_or_the_score(database: str) -> None:
    demanding = {**OPEN, "level": "junior", "rate_max_cents": 100, "weights": None}
    worthless = {**OPEN, "weights": {"dossiers": 100}, "dossiers": ["asiel"]}
    async with nodes(database, 1) as (node,), node.client() as http:
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        await node.said()
        await digest(node, assignment_event(ASSIGNMENT, 2, demanding))
        (withdrawn,) = await node.said()
        assert (withdrawn["reason"], withdrawn["score"]) == ("assignment_changed", None)
        why = (await http.get(f"/assignments/{ASSIGNMENT}/why-not/{FIRST}")).json()
        failing = [{"rule": one["rule"], "facts": one["facts"]} for one in why["rules"] if not one["holds"]]
        assert withdrawn["rules"] == failing
        assert [one["rule"] for one in failing] == ["level", "rate"]
        await digest(node, assignment_event(ASSIGNMENT, 3, OPEN))
        await node.said()
        await digest(node, assignment_event(ASSIGNMENT, 4, worthless))
        (withdrawn,) = await node.said()
        assert (withdrawn["rules"], withdrawn["score"]) == ([], 0)


async def test_the_first_proposal_keeps_its_moment(database: str) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await people(node, FIRST)
        await digest(node, assignment_event(ASSIGNMENT, 1, OPEN))
        await people(node, SECOND, FIRST, version=2)
        first, second = [event for event in await node.said() if event["profile_id"] == str(FIRST)]
        assert (first["revision"], second["revision"]) == (1, 2)
        assert first["first_proposed_at"] == first["proposed_at"] == second["first_proposed_at"]
        assert second["proposed_at"] > first["proposed_at"]
        items = (await http.get(f"/assignments/{ASSIGNMENT}/matches")).json()["items"]
        (shown,) = [item for item in items if item["profile_id"] == str(FIRST)]
        assert shown["first_proposed_at"] == first["proposed_at"]
        assert shown["proposed_at"] == second["proposed_at"]
