"""What a decision makes of a match, and how a match stands to people."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from contracts.vocabulary import Answer, Decision
from matching.domain.decision import Decided, NotLive, decide
from matching.domain.match import Match, MatchState, match_id

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ASSIGNMENT, PERSON = UUID(int=1), UUID(int=2)
LIVE = Match(
    match_id=match_id(ASSIGNMENT, PERSON),
    assignment_id=ASSIGNMENT,
    profile_id=PERSON,
    revision=3,
    live=True,
    score=71.5,
    growth=False,
    explanation=[],
    policy="2026.1",
    proposed_at=NOW,
    answer=None,
    decision=None,
)


@pytest.mark.parametrize(("decision", "live"), [(Decision.NOMINATED, True), (Decision.REJECTED, False)])
def test_a_rejection_ends_a_live_match_and_a_nomination_does_not(decision: Decision, live: bool) -> None:
    decided = decide(LIVE, decision, "Omdat.", "Rosa", NOW)
    assert isinstance(decided, Decided)
    assert decided.match == replace(LIVE, decision=decision, live=live)
    event = decided.event
    assert (event.match_id, event.decision, event.reason) == (LIVE.match_id, decision, "Omdat.")
    assert (event.decided_by, event.decided_at) == ("Rosa", NOW)


@pytest.mark.parametrize("decision", Decision)
def test_a_match_that_is_not_live_cannot_be_decided_on(decision: Decision) -> None:
    assert decide(replace(LIVE, live=False), decision, "Omdat.", "Rosa", NOW) == NotLive()


@pytest.mark.parametrize(
    ("live", "answer", "decision", "state"),
    [
        (True, None, None, MatchState.PROPOSED),
        (False, None, None, MatchState.WITHDRAWN),
        (True, Answer.INTERESTED, None, MatchState.INTERESTED),
        (False, Answer.DECLINED, None, MatchState.DECLINED),
        (True, Answer.INTERESTED, Decision.NOMINATED, MatchState.NOMINATED),
        (False, None, Decision.REJECTED, MatchState.REJECTED),
    ],
)
def test_a_match_stands_as_was_decided_and_else_as_was_answered(
    live: bool, answer: Answer | None, decision: Decision | None, state: MatchState
) -> None:
    assert replace(LIVE, live=live, answer=answer, decision=decision).state is state
