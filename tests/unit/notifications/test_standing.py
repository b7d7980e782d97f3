"""How a match stands for its professional, what they may answer, and how they choose to be told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from contracts.facts import Preferences
from contracts.vocabulary import Answer, ClosedReason, Decision, Frequency, WithdrawalReason
from notifications.domain.contact import Contact
from notifications.domain.match import Answered, Decided, Withdrawn
from notifications.domain.standing import (
    Choice,
    Repeated,
    Standing,
    Taken,
    TooLate,
    TooMany,
    answer,
    choices,
    standing,
)
from support.notifying import FACTS, a_match, an_assignment

BEFORE = FACTS.respond_by - timedelta(days=1)
INTERESTED = Answered(Answer.INTERESTED, None, BEFORE)
DECLINED = Answered(Answer.DECLINED, "te ver", BEFORE)
CLOSED_TO_ANSWERS = an_assignment(respond_by=datetime(2020, 1, 1, tzinfo=UTC))
INVITED = Decided(Decision.INVITED, "gesprek", BEFORE)
NOMINATED = Decided(Decision.NOMINATED, "past", BEFORE)
REJECTED = Decided(Decision.REJECTED, "past niet", BEFORE)
WITHDRAWN = Withdrawn(WithdrawalReason.PROFILE_CHANGED, (), 12.0, BEFORE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Standing.OPEN),
        ({"answered": INTERESTED}, Standing.INTERESTED),
        ({"answered": INTERESTED, "assignment": CLOSED_TO_ANSWERS}, Standing.SELECTING),
        ({"decided": INVITED}, Standing.INVITED),
        ({"decided": NOMINATED}, Standing.NOMINATED),
        ({"answered": DECLINED, "live": False}, Standing.DECLINED),
        ({"decided": REJECTED, "live": False}, Standing.REJECTED),
        ({"assignment": an_assignment(ClosedReason.FILLED), "live": False}, Standing.FILLED),
        ({"live": False}, Standing.DROPPED),
        ({"assignment": CLOSED_TO_ANSWERS}, Standing.EXPIRED),
    ],
)
def test_how_a_match_stands_for_its_professional(changes: dict[str, Any], expected: Standing) -> None:
    match = a_match(**changes)
    assert standing(match, BEFORE) is expected
    for given in Answer:
        outcome = answer(match, given, "toelichting", BEFORE)
        assert isinstance(outcome, Taken if Choice(given) in choices(match, BEFORE) else TooLate)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {Choice.INTERESTED, Choice.DECLINED, Choice.LATER}),
        ({"answered": INTERESTED}, {Choice.INTERESTED, Choice.DECLINED}),
        ({"answered": INTERESTED, "assignment": CLOSED_TO_ANSWERS}, {Choice.DECLINED}),
        ({"decided": NOMINATED}, {Choice.DECLINED}),
        ({"answered": DECLINED, "live": False}, {Choice.INTERESTED}),
        ({"answered": DECLINED, "live": False, "assignment": CLOSED_TO_ANSWERS}, set()),
        ({"answered": DECLINED, "live": False, "decided": NOMINATED}, set()),
        ({"answered": INTERESTED, "live": False}, {Choice.DECLINED}),  # it fell off
        ({"answered": DECLINED, "live": False, "withdrawn": WITHDRAWN}, set()),  # and then they stepped back
        ({"answered": INTERESTED, "assignment": an_assignment(ClosedReason.FILLED)}, set()),
        ({"answered": INTERESTED, "live": False, "decided": REJECTED}, set()),
        ({"live": False}, set()),
        ({"assignment": CLOSED_TO_ANSWERS}, set()),
    ],
)
def test_what_a_professional_may_do_goes_by_how_the_match_stands(
    changes: dict[str, Any], expected: set[Choice]
) -> None:
    assert choices(a_match(**changes), BEFORE) == expected


@pytest.mark.parametrize(("given", "lives"), [(Answer.INTERESTED, True), (Answer.DECLINED, False)])
def test_an_answer_is_taken_with_what_happened_and_declining_ends_the_match(
    given: Answer, lives: bool
) -> None:
    match = a_match()
    outcome = answer(match, given, "omdat", BEFORE)
    assert isinstance(outcome, Taken)
    assert outcome.match.answered == Answered(given, "omdat", BEFORE)
    assert outcome.match.live is lives
    event = outcome.event
    assert (event.match_id, event.profile_id) == (match.match_id, match.profile_id)
    assert event.assignment_id == match.assignment.assignment_id
    assert (event.answer, event.reason, event.answered_at) == (given, "omdat", BEFORE)


def test_the_same_answer_again_changes_nothing_even_when_it_is_too_late_for_another() -> None:
    declined = a_match(answered=DECLINED, live=False)
    assert answer(declined, Answer.DECLINED, "te ver", BEFORE) == Repeated()
    assert answer(declined, Answer.DECLINED, "toch iets anders", BEFORE) == TooLate()
    interested = a_match(answered=INTERESTED)
    assert answer(interested, Answer.INTERESTED, None, BEFORE) == Repeated()
    assert isinstance(answer(interested, Answer.DECLINED, None, BEFORE), Taken)


def test_the_last_answer_before_respond_by_counts_in_any_order() -> None:
    match = a_match()
    for given in (Answer.INTERESTED, Answer.DECLINED, Answer.INTERESTED):
        outcome = answer(match, given, None, BEFORE)
        assert isinstance(outcome, Taken)
        match = outcome.match
    assert (match.live, match.comes_back, match.answers) == (True, True, 3)


def test_ten_answers_to_a_match_are_taken() -> None:
    match = a_match()
    for number in range(10):
        outcome = answer(match, Answer.INTERESTED, f"reden {number}", BEFORE)
        assert isinstance(outcome, Taken)
        match = outcome.match
    assert answer(match, Answer.DECLINED, None, BEFORE) == TooMany()


def test_a_choice_changes_the_contact_and_is_told() -> None:
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=60.5, quiet_hours=True)
    contact = Contact(uuid4(), "Anna", wishes, paused_until=None)
    weekly, until = wishes.model_copy(update={"frequency": Frequency.WEEKLY}), date(2027, 5, 1)
    chosen, event = contact.choose(weekly, until, BEFORE)
    assert chosen == Contact(contact.profile_id, "Anna", weekly, until)
    assert (event.profile_id, event.frequency, event.paused_until) == (contact.profile_id, "weekly", until)
    ended, event = chosen.unsubscribe(BEFORE)
    assert ended.preferences == wishes.model_copy(update={"frequency": Frequency.NONE})
    assert (event.frequency, event.min_score, event.quiet_hours) == (Frequency.NONE, 60.5, True)
    assert (ended.paused_until, event.paused_until) == (until, until)


def test_of_two_answers_the_later_one_has_the_later_moment_whatever_the_clocks_say() -> None:
    """Matching takes the latest answer for the one that counts, and here the last that is saved counts."""
    first = answer(a_match(), Answer.INTERESTED, None, BEFORE)
    assert isinstance(first, Taken)
    for earlier in (BEFORE, BEFORE - timedelta(seconds=3)):
        second = answer(first.match, Answer.DECLINED, None, earlier)
        assert isinstance(second, Taken)
        assert second.match.answered is not None
        assert second.match.answered.at == second.event.answered_at
        assert second.event.answered_at > first.event.answered_at
