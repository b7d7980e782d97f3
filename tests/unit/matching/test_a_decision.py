"""What a decision makes of a match, which ones are possible, and how a match stands to people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from contracts.events import Appointment
from contracts.vocabulary import Answer, Decision, ReasonCode
from matching.domain.decision import Decided, NotPossible, Verdict, decide
from matching.domain.match import Match, MatchState, match_id

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ASSIGNMENT, PERSON = UUID(int=1), UUID(int=2)
INVITED, NOMINATED, REJECTED, REOPENED = Decision
YES, NO = Answer.INTERESTED, Answer.DECLINED
LIVE = Match(
    match_id=match_id(ASSIGNMENT, PERSON),
    assignment_id=ASSIGNMENT,
    profile_id=PERSON,
    revision=3,
    live=True,
    score=71.5,
    growth=False,
    explanation=[],
    policy="2026.2",
    proposed_at=NOW,
    first_proposed_at=NOW,
    ended_while_live=False,
    answer=None,
    decisions=(),
    decided_at=None,
)


def after(match: Match, *decisions: Decision) -> Match:
    """Return a match after decisions, each of which is possible."""
    for decision in decisions:
        decided = decide(match, Verdict(decision, "Omdat."), "Rosa", NOW, assignment_open=True)
        assert isinstance(decided, Decided)
        match = decided.match
    return match


def reconciled(match: Match) -> Match:
    """Return what the reconciliation makes of a match that still fits: who comes back is live again."""
    return replace(match, live=True, ended_while_live=False) if match.returning else match


def refusal(match: Match, decision: Decision, *, assignment_open: bool = True) -> str:
    """Return why a decision is not possible."""
    outcome = decide(match, Verdict(decision, "Omdat."), "Rosa", NOW, assignment_open=assignment_open)
    assert isinstance(outcome, NotPossible)
    return outcome.because


@pytest.mark.parametrize("answer", [None, YES])
@pytest.mark.parametrize("first", [None, INVITED, NOMINATED])
@pytest.mark.parametrize("second", [INVITED, NOMINATED, REJECTED])
def test_who_is_live_can_be_invited_nominated_and_rejected_in_any_order(
    answer: Answer | None, first: Decision | None, second: Decision
) -> None:
    before = after(replace(LIVE, answer=answer), *([first] if first else []))
    assert before.live
    match = after(before, second)
    assert (match.state, match.live) == (MatchState(second), second is not REJECTED)


def test_the_event_carries_what_was_said() -> None:
    verdict = Verdict(
        INVITED,
        reason="Past goed.",
        message="Tot dinsdag!",
        tell=True,
        reason_code=ReasonCode.ANDERS,
        appointment=Appointment(at=NOW, where="Stadhuis"),
    )
    decided = decide(LIVE, verdict, "Rosa", NOW, assignment_open=True)
    assert isinstance(decided, Decided)
    event = decided.event
    assert (event.match_id, event.decision, event.decided_by) == (LIVE.match_id, INVITED, "Rosa")
    assert (event.reason, event.message, event.tell) == ("Past goed.", "Tot dinsdag!", True)
    assert (event.reason_code, event.appointment) == (verdict.reason_code, verdict.appointment)


@pytest.mark.parametrize(
    ("answer", "decisions", "state"),
    [
        (None, [INVITED], MatchState.PROPOSED),
        (YES, [NOMINATED], MatchState.INTERESTED),
        (YES, [REJECTED], MatchState.INTERESTED),
        (YES, [INVITED, NOMINATED], MatchState.INVITED),
        (YES, [INVITED, NOMINATED, REJECTED], MatchState.NOMINATED),
        (YES, [INVITED, NOMINATED, REJECTED, REOPENED], MatchState.INVITED),
        (YES, [REJECTED, REOPENED, REJECTED], MatchState.INTERESTED),
    ],
)
def test_reopening_restores_the_state_before(
    answer: Answer | None, decisions: list[Decision], state: MatchState
) -> None:
    match = replace(LIVE, answer=answer)
    for decision in decisions:
        match = reconciled(after(match, decision))
    reopened = after(match, REOPENED)
    assert reopened.state is state
    assert reopened.live or reopened.returning


def test_only_what_changes_who_is_live_asks_for_a_reconciliation() -> None:
    def asks(match: Match, decision: Decision) -> bool:
        decided = decide(match, Verdict(decision, "-"), "Rosa", NOW, assignment_open=True)
        assert isinstance(decided, Decided)
        return decided.needs_reconciliation

    assert asks(LIVE, REJECTED)
    assert asks(after(LIVE, REJECTED), REOPENED)
    assert not asks(LIVE, NOMINATED)
    assert not asks(after(LIVE, NOMINATED), REOPENED)
    assert not asks(replace(after(LIVE, REJECTED), answer=NO), REOPENED)


def test_what_is_not_possible_is_refused_with_what_would_be() -> None:
    assert refusal(LIVE, REOPENED) == ("the match is proposed; possible now: invited, nominated, rejected")
    assert refusal(after(LIVE, REJECTED), NOMINATED) == "the match is rejected; possible now: reopened"
    withdrawn = replace(LIVE, live=False)
    assert refusal(withdrawn, NOMINATED) == "the match is withdrawn; possible now: nothing"
    declined = replace(after(LIVE, NOMINATED), live=False, answer=NO)
    assert refusal(declined, INVITED) == "the professional declined; possible now: reopened"
    assert "closed" in refusal(LIVE, NOMINATED, assignment_open=False)
    assert "closed" in refusal(after(LIVE, REJECTED), REOPENED, assignment_open=False)


def test_a_later_decision_has_the_later_moment_whatever_the_clock_says() -> None:
    first = after(replace(LIVE, last_at=NOW + timedelta(hours=1)), NOMINATED)
    assert first.decided_at == NOW + timedelta(hours=1, microseconds=1)


@pytest.mark.parametrize(
    ("live", "answer", "decisions", "state"),
    [
        (True, None, (), MatchState.PROPOSED),
        (False, None, (), MatchState.WITHDRAWN),
        (True, YES, (), MatchState.INTERESTED),
        (False, YES, (), MatchState.WITHDRAWN),
        (False, NO, (), MatchState.DECLINED),
        (True, YES, (INVITED,), MatchState.INVITED),
        (True, YES, (INVITED, NOMINATED), MatchState.NOMINATED),
        (False, NO, (NOMINATED,), MatchState.DECLINED),
        (False, NO, (REJECTED,), MatchState.REJECTED),
    ],
)
def test_a_match_stands_as_was_decided_and_else_as_was_answered(
    live: bool, answer: Answer | None, decisions: tuple[Decision, ...], state: MatchState
) -> None:
    assert replace(LIVE, live=live, answer=answer, decisions=decisions).state is state
