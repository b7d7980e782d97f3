"""The people of an opdracht: in which group each stands, and what may be decided."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contracts.events import MatchDecided, MatchWithdrawn, RuleBroken
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, Decision, NoticeOutcome, Rule, WithdrawalReason
from desk.domain import deciding
from desk.domain.course import Event, course
from desk.domain.people import Candidate, Group, Told, grouped
from desk.domain.record import initials, record
from desk.pages.sentences import how, said
from support.people import assignment_facts
from uuid_utils.compat import uuid7

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
SOMEBODY = Candidate(
    match_id=uuid7(),
    profile_id=uuid7(),
    live=True,
    score=77.4,
    growth=False,
    explanation=(),
    policy="2026.2",
    proposed_at=AT,
    first_proposed_at=AT,
    answer=None,
    answer_reason=None,
    answered_at=None,
    decision=None,
    decided_at=None,
    decisions=(),
    withdrawn=None,
    told=None,
    name="Anja van der Linden",
    email="anja@example.org",
    phone=None,
    facts=None,
    erased=False,
)
MAILED = replace(SOMEBODY, told=Told(NoticeOutcome.ACCEPTED, AT))
INTERESTED = replace(MAILED, answer=Answer.INTERESTED, answered_at=AT + timedelta(hours=1))


def some_facts(**changed: object) -> AssignmentFacts:
    facts = assignment_facts(random.Random(1)) | changed
    facts.pop("open", None)
    return AssignmentFacts.model_validate(facts, strict=False)


def decided(one: Candidate, decision: Decision) -> Candidate:
    event = MatchDecided(
        match_id=one.match_id,
        assignment_id=uuid7(),
        profile_id=one.profile_id,
        decision=decision,
        reason="Heeft dit eerder gedaan",
        decided_by="Sanne de Wit",
        decided_at=AT + timedelta(hours=2),
    )
    live = one.live and decision is not Decision.REJECTED
    return replace(one, decision=decision, decided_at=event.decided_at, decisions=(event,), live=live)


def withdrawn(one: Candidate, reason: WithdrawalReason, *rules: Rule) -> Candidate:
    event = MatchWithdrawn(
        match_id=one.match_id,
        revision=1,
        assignment_id=uuid7(),
        profile_id=one.profile_id,
        reason=reason,
        withdrawn_at=AT + timedelta(hours=3),
        rules=[RuleBroken(rule=rule, facts={}) for rule in rules],
    )
    return replace(one, live=False, withdrawn=event)


STANDINGS = [
    (SOMEBODY, Group.NOT_MAILED),
    (MAILED, Group.MAILED),
    (replace(SOMEBODY, told=Told(NoticeOutcome.UNWANTED, AT)), Group.NOT_MAILED),
    (INTERESTED, Group.INTERESTED),
    (decided(INTERESTED, Decision.INVITED), Group.INVITED),
    (decided(INTERESTED, Decision.NOMINATED), Group.NOMINATED),
    (decided(MAILED, Decision.REJECTED), Group.REJECTED),
    (replace(MAILED, answer=Answer.DECLINED, answer_reason="Te ver.", live=False), Group.DECLINED),
    (withdrawn(INTERESTED, WithdrawalReason.PROFILE_CHANGED), Group.FELL_OFF),
    (withdrawn(INTERESTED, WithdrawalReason.ASSIGNMENT_CLOSED), Group.INTERESTED),
    (withdrawn(decided(INTERESTED, Decision.NOMINATED), WithdrawalReason.ASSIGNMENT_CLOSED), Group.NOMINATED),
]


@pytest.mark.parametrize(("one", "group"), STANDINGS)
def test_each_stands_in_one_group_with_a_sentence(one: Candidate, group: Group) -> None:
    assert one.group is group
    assert [standing for standing, ones in grouped([one]).items() if ones] == [group]
    assert how(one)


def test_the_recruiter_decides_on_who_is_live_and_takes_back_what_was_decided() -> None:
    every = (Decision.INVITED, Decision.NOMINATED, Decision.REJECTED)
    assert deciding.possible(INTERESTED, is_open=True) == every
    assert deciding.possible(INTERESTED, is_open=False) == ()
    assert deciding.possible(decided(INTERESTED, Decision.REJECTED), is_open=True) == (Decision.REOPENED,)
    invited = deciding.possible(decided(INTERESTED, Decision.INVITED), is_open=True)
    assert invited == (Decision.NOMINATED, Decision.REJECTED, Decision.REOPENED)
    assert deciding.possible(replace(MAILED, answer=Answer.DECLINED), is_open=True) == ()
    assert deciding.possible(withdrawn(MAILED, WithdrawalReason.PROFILE_CHANGED), is_open=True) == ()


def test_a_template_takes_the_name_and_the_opdracht_and_leaves_all_else() -> None:
    text = deciding.filled("Dag {naam}: {opdracht} {anders}", name="Mo {opdracht}", assignment="{naam}")
    assert text == "Dag Mo {naam}: {naam} {anders}"


def test_the_course_tells_everything_the_latest_first() -> None:
    before = some_facts(title="Adviseur participatie")
    after = before.model_copy(update={"title": "Adviseur energie", "positions": 2})
    versions = [(AT - timedelta(days=1), before), (AT + timedelta(minutes=1), after)]
    steps = course(versions, None, [decided(INTERESTED, Decision.NOMINATED)])
    assert [step.event for step in steps] == [
        Event.NOMINATED,
        Event.INTERESTED,
        Event.CHANGED,
        *sorted((Event.FITTED, Event.MAILED), key=[Event.FITTED, Event.MAILED].index),
        Event.OPENED,
    ]
    assert said(steps[0]) == (
        "Anja van der Linden is voorgedragen bij de opdrachtgever door Sanne de Wit:"
        " “Heeft dit eerder gedaan”"
    )
    assert said(steps[2]) == "Gewijzigd: titel en aantal plekken."


def test_the_record_names_nobody_who_was_not_nominated() -> None:
    made = record(some_facts(), [INTERESTED, decided(INTERESTED, Decision.NOMINATED)])
    assert [entry.who for entry in made.entries] == ["A. v. d. L.", "Anja van der Linden"]
    assert made.count("voorgedragen") == 1
    assert initials([]) == "–"


def test_the_record_says_on_which_rules_somebody_fell_off() -> None:
    gone = withdrawn(MAILED, WithdrawalReason.ASSIGNMENT_CHANGED, Rule.RATE)
    closed = withdrawn(INTERESTED, WithdrawalReason.ASSIGNMENT_CLOSED)
    assert [one.fell_off for one in record(some_facts(), [gone, closed]).entries] == [(Rule.RATE,), None]


@pytest.mark.parametrize(
    ("one", "is_due"),
    [(SOMEBODY, True), (MAILED, False), (replace(SOMEBODY, told=Told(NoticeOutcome.UNWANTED, AT)), False)],
)
def test_a_mail_is_due_until_it_is_known_how_it_ended(one: Candidate, is_due: bool) -> None:
    assert one.mail_is_due is is_due
