"""A recruiter's decisions: the latest counts, `reopened` takes it back."""

from datetime import UTC, datetime

import pytest
from contracts.events import MatchDecided
from contracts.vocabulary import Decision
from notifications.domain.decisions import decide
from uuid_utils.compat import uuid7

NOW = datetime(2026, 12, 1, 11, tzinfo=UTC)
INVITED, NOMINATED, REJECTED, REOPENED = Decision


def events(*decisions: Decision, tell: bool | None = None) -> list[MatchDecided]:
    match_id, assignment_id, profile_id = uuid7(), uuid7(), uuid7()
    return [
        MatchDecided(
            match_id=match_id,
            assignment_id=assignment_id,
            profile_id=profile_id,
            decision=one,
            reason="intern",
            decided_by="Rosa",
            decided_at=NOW,
            tell=tell,
        )
        for one in decisions
    ]


@pytest.mark.parametrize(
    ("before", "then", "standing", "taken_back", "new"),
    [
        ([], [INVITED], [INVITED], None, INVITED),
        ([INVITED], [NOMINATED], [INVITED, NOMINATED], None, NOMINATED),
        ([INVITED, NOMINATED], [REOPENED], [INVITED], NOMINATED, None),
        ([INVITED], [REJECTED, REOPENED], [INVITED], None, None),
        ([INVITED], [REOPENED, REJECTED], [REJECTED], INVITED, REJECTED),
        ([REJECTED], [REOPENED, REOPENED], [], REJECTED, None),
        ([], [REOPENED], [], None, None),
    ],
)
def test_what_a_batch_of_decisions_comes_to(
    before: list[Decision],
    then: list[Decision],
    standing: list[Decision],
    taken_back: Decision | None,
    new: Decision | None,
) -> None:
    known = decide((), events(*before), interested=True).standing
    outcome = decide(known, events(*then), interested=True)
    assert [one.decision for one in outcome.standing] == standing
    assert (outcome.taken_back and outcome.taken_back.decision) == taken_back
    assert (outcome.new and outcome.new.decision) == new


@pytest.mark.parametrize(
    ("tell", "interested", "told"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_a_decision_is_told_to_who_said_yes_unless_the_recruiter_says_otherwise(
    tell: bool | None, interested: bool, told: bool
) -> None:
    (decided,) = decide((), events(REJECTED, tell=tell), interested=interested).standing
    assert decided.told is told
