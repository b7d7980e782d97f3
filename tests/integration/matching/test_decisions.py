"""A decision, once committed, stands as it was answered; the seat that a rejection frees is given away."""

import random
from collections.abc import Collection
from uuid import UUID

import pytest
from chassis.jobs import running
from contracts.vocabulary import Decision
from matching.domain import policy
from matching.domain.match import match_id
from support.replicas import Node, assignment_event, fitting, nodes, profile_event, undemanding
from support.stacks import until

ASSIGNMENT, FIRST, SECOND, THIRD, LATER = (UUID(int=number) for number in range(1, 6))
AT = "2027-01-05T10:00:00+01:00"
APPOINTMENT = {"at": AT, "where": "Stadhuis"}
REJECTED = {"decision": "rejected", "reason": "Er is al iemand."}
DECISION_ON_FIRST = f"/matches/{match_id(ASSIGNMENT, FIRST)}/decision"


def seats(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(policy, "SEATS", count)


async def digest(node: Node, person: UUID, rank: int) -> None:
    """Digest somebody who fits the assignment, the worse the greater the rank."""
    await node.digest([profile_event(person, 1, fitting(undemanding(), rank))], random.Random(1))


async def open_with(node: Node, people: Collection[UUID]) -> None:
    """Open the assignment, with people who fit it, best first."""
    await node.digest([assignment_event(ASSIGNMENT, 1, undemanding())], random.Random(1))
    for rank, person in enumerate(people, 1):
        await digest(node, person, rank)


async def test_a_committed_decision_is_answered_200_even_where_its_follow_up_fails(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats(monkeypatch, 1)
    async with nodes(database, 1) as (node,):
        await open_with(node, [FIRST, SECOND])
        reconcile = node.reconciler.reconcile

        async def fail_once(*_: object) -> None:
            monkeypatch.setattr(node.reconciler, "reconcile", reconcile)
            raise OSError

        monkeypatch.setattr(node.reconciler, "reconcile", fail_once)
        async with running(node.reconciler.keep_fulfilling()), node.client() as http:
            answer = await http.post(DECISION_ON_FIRST, json=REJECTED)
            assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
            assert (await http.post(DECISION_ON_FIRST, json=REJECTED)).status_code == 409

            async def second_has_the_seat() -> bool:
                return await node.live(ASSIGNMENT) == {SECOND}

            await until(second_has_the_seat)


async def test_the_same_decision_sent_twice_under_one_key_is_written_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats(monkeypatch, 1)
    async with nodes(database, 1) as (node,):
        await open_with(node, [FIRST])
        async with node.client() as http:
            key = {"Idempotency-Key": "once"}
            answers = [await http.post(DECISION_ON_FIRST, json=REJECTED, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].content == answers[1].content
        decided = "SELECT count(*) FROM outbox WHERE convert_from(value, 'UTF8') LIKE '%decided_by%'"
        assert await node.pool.fetchval(decided) == 1


@pytest.mark.parametrize("survivor", ["another replica", "the same one, started again"])
async def test_a_seat_is_given_away_where_the_process_dies_right_after_the_commit(
    database: str, monkeypatch: pytest.MonkeyPatch, survivor: str
) -> None:
    """The process that decides is one whose job never runs again."""
    seats(monkeypatch, 1)
    async with nodes(database, 2) as (dying, other):
        await open_with(dying, [FIRST, SECOND])
        if survivor == "another replica":
            await other.reconciler.reconcile([ASSIGNMENT], ())  # it knows the seat as taken
        assert await dying.decide(match_id(ASSIGNMENT, FIRST), Decision.REJECTED)
        assert await dying.live(ASSIGNMENT) == set()
        async with running(other.reconciler.keep_fulfilling()):

            async def second_has_the_seat() -> bool:
                return await other.live(ASSIGNMENT) == {SECOND} and not await other.has_requests()

            await until(second_has_the_seat)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"decision": "chosen", "reason": "-"}, "/decision"),
        ({"decision": "invited", "reason": ""}, "/reason"),
        ({"decision": "invited", "reason": "-", "message": ""}, "/message"),
        ({"decision": "invited", "reason": "-", "tell": "yes"}, "/tell"),
        ({"decision": "rejected", "reason": "-", "reason_code": "leeftijd"}, "/reason_code"),
        ({"decision": "nominated", "reason": "-", "appointment": APPOINTMENT}, "/appointment"),
        (
            {"decision": "invited", "reason": "-", "appointment": {"at": "morgen", "where": "x"}},
            "/appointment/at",
        ),
        ({"decision": "invited", "reason": "-", "appointment": {"at": AT}}, "/appointment/where"),
        ({"decision": "invited", "reason": "-", "answer": "x"}, "/answer"),
    ],
)
async def test_a_decision_that_is_not_valid_is_refused_at_its_field(
    database: str, body: dict[str, object], pointer: str
) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        answer = await http.post(DECISION_ON_FIRST, json=body)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_the_event_says_what_the_recruiter_said(database: str) -> None:
    words = {"message": "Tot dinsdag!", "tell": True, "reason_code": "anders", "appointment": APPOINTMENT}
    async with nodes(database, 1) as (node,), node.client() as http:
        await open_with(node, [FIRST])
        await node.said()
        body = {"decision": "invited", "reason": "Past goed.", **words}
        answer = await http.post(DECISION_ON_FIRST, json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "invited")
        body = {"decision": "reopened", "reason": "Vergissing."}
        answer = await http.post(DECISION_ON_FIRST, json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "proposed")
        invited, reopened = await node.said()
        assert {name: invited[name] for name in words} == words
        assert {reopened[name] for name in words} == {None}
        assert reopened["decided_at"] > invited["decided_at"]


async def test_a_refused_decision_says_what_would_be_possible(database: str) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await open_with(node, [FIRST])
        answer = await http.post(DECISION_ON_FIRST, json={"decision": "reopened", "reason": "-"})
        assert answer.status_code == 409
        detail = "the match is proposed; possible now: invited, nominated, rejected"
        assert answer.json()["detail"] == detail


async def test_a_nomination_asks_for_no_reconciliation(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await open_with(node, [FIRST])
        assert await node.decide(match_id(ASSIGNMENT, FIRST), Decision.NOMINATED)
        assert not await node.has_requests()
        assert await node.live(ASSIGNMENT) == {FIRST}


async def test_a_rejection_during_a_reconciliation_leaves_a_request_of_its_own(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`here` has caught up for the first rejection; then `there` passes a newcomer over, since both seats
    are taken, and then the second rejection is committed. So `here` frees the seat and does not know the
    newcomer."""
    seats(monkeypatch, 2)
    async with nodes(database, 2) as (here, there):
        await open_with(there, [FIRST, SECOND, THIRD])
        assert await here.decide(match_id(ASSIGNMENT, FIRST), Decision.REJECTED)
        catch_up = here.replica.catch_up

        async def catch_up_and_be_overtaken() -> None:
            await catch_up()
            monkeypatch.setattr(here.replica, "catch_up", catch_up)
            await digest(there, LATER, 4)
            assert await there.live(ASSIGNMENT) == {SECOND, THIRD}
            assert await there.decide(match_id(ASSIGNMENT, SECOND), Decision.REJECTED)

        monkeypatch.setattr(here.replica, "catch_up", catch_up_and_be_overtaken)
        await here.reconciler.fulfil_requests()
        assert await here.live(ASSIGNMENT) == {THIRD}
        assert await here.has_requests()
        await here.reconciler.fulfil_requests()
        assert await here.live(ASSIGNMENT) == {THIRD, LATER}
        assert not await here.has_requests()


async def test_a_reconciliation_that_fails_of_itself_holds_up_no_other(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats(monkeypatch, 1)
    others = UUID(int=9)
    async with nodes(database, 1) as (node,):
        await open_with(node, [FIRST, SECOND])
        await node.digest([assignment_event(others, 1, undemanding())], random.Random(1))
        for assignment in (ASSIGNMENT, others):
            assert await node.decide(match_id(assignment, FIRST), Decision.REJECTED)
        reconcile = node.reconciler.reconcile

        async def fail_for_one(assignments: Collection[UUID], profiles: Collection[UUID]) -> None:
            if ASSIGNMENT in assignments:
                raise ValueError
            await reconcile(assignments, profiles)

        monkeypatch.setattr(node.reconciler, "reconcile", fail_for_one)
        assert not await node.reconciler.fulfil_requests()
        assert (await node.live(ASSIGNMENT), await node.live(others)) == (set(), {SECOND})
        monkeypatch.setattr(node.reconciler, "reconcile", reconcile)
        await node.reconciler.fulfil_requests()
        assert await node.live(ASSIGNMENT) == {SECOND}
