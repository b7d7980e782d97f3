"""Draft, open, closed: each change returns the new state and the event it means."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from assignments.domain.assignment import (
    Assignment,
    AssignmentPhase,
    AssignmentState,
    RespondByPassed,
    WrongState,
)
from contracts.events import AssignmentClosed, AssignmentOpened, AssignmentUpdated
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason

MINUTE = timedelta(minutes=1)
SAMPLE = Path(__file__).parents[3] / "contracts/samples/AssignmentOpened.v1.1.json"
FACTS = AssignmentFacts.model_validate_json(json.dumps(json.loads(SAMPLE.read_text())["value"]))
NOW = FACTS.respond_by - timedelta(days=1)
LATE = FACTS.respond_by


def test_a_draft_tells_nobody_until_it_opens() -> None:
    draft, first = Assignment.create(uuid4(), FACTS, NOW)
    changed, second = draft.change(FACTS, NOW)
    opened, (event,) = changed.open(NOW)
    assert (draft.version, changed.version, opened.version) == (1, 2, 3)
    assert (first, second) == ((), ())
    assert opened.state is AssignmentState.OPEN
    assert type(event) is AssignmentOpened
    assert event.version == 3
    given_up, nothing = draft.close(ClosedReason.WITHDRAWN, NOW)
    assert (given_up.state, nothing) == (AssignmentState.CLOSED, ())


def test_an_open_one_tells_each_change_and_its_end_in_full() -> None:
    opened, _ = Assignment.create(uuid4(), FACTS, NOW, opening=True)
    changed, (update,) = opened.change(FACTS, NOW)
    _, (end,) = changed.close(ClosedReason.FILLED, NOW)
    assert type(update) is AssignmentUpdated
    assert type(end) is AssignmentClosed
    assert (update.version, end.version, end.closed_reason) == (2, 3, ClosedReason.FILLED)
    assert end.title == FACTS.title


def test_closed_is_closed_for_good() -> None:
    opened, _ = Assignment.create(uuid4(), FACTS, NOW, opening=True)
    closed, _ = opened.close(ClosedReason.EXPIRED, datetime.now(UTC))
    changes: list[Callable[[], object]] = [
        lambda: closed.open(NOW),
        lambda: closed.change(FACTS, NOW),
        lambda: closed.close(ClosedReason.FILLED, NOW),
        lambda: opened.open(NOW),
    ]
    for again in changes:
        with pytest.raises(WrongState):
            again()


def test_a_draft_may_open_with_its_change() -> None:
    draft, _ = Assignment.create(uuid4(), FACTS, NOW)
    opened, (event,) = draft.change(FACTS, NOW, opening=True)
    assert (opened.state, type(event), event.version) == (
        AssignmentState.OPEN,
        AssignmentOpened,
        opened.version,
    )


def test_nothing_opens_after_its_closing_moment() -> None:
    draft, _ = Assignment.create(uuid4(), FACTS, LATE)
    with pytest.raises(RespondByPassed):
        Assignment.create(uuid4(), FACTS, LATE, opening=True)
    with pytest.raises(RespondByPassed):
        draft.open(LATE)
    with pytest.raises(RespondByPassed):
        draft.change(FACTS, LATE, opening=True)


def test_an_open_one_reacts_until_its_respond_by_and_selects_from_that_moment_on() -> None:
    draft, _ = Assignment.create(uuid4(), FACTS, NOW)
    opened, _ = draft.open(NOW)
    closed, _ = opened.close(ClosedReason.WITHDRAWN, NOW)
    assert opened.phase(LATE - timedelta(microseconds=1)) is AssignmentPhase.REACTING
    assert opened.phase(LATE) is AssignmentPhase.SELECTING
    assert draft.phase(NOW) is draft.phase(LATE) is closed.phase(NOW) is closed.phase(LATE) is None


def test_while_selecting_the_facts_may_change_beside_a_respond_by_that_stays() -> None:
    opened, _ = Assignment.create(uuid4(), FACTS, NOW, opening=True)
    same_moment = FACTS.respond_by.astimezone(UTC)
    better = FACTS.model_copy(update={"rate_max_cents": 12_345, "respond_by": same_moment})
    changed, (event,) = opened.change(better, LATE + MINUTE)
    assert type(event) is AssignmentUpdated
    assert (event.rate_max_cents, event.version) == (12_345, 2)
    assert changed.phase(LATE + MINUTE) is AssignmentPhase.SELECTING


def test_a_respond_by_to_come_opens_the_reacting_phase_again_and_another_past_one_is_refused() -> None:
    opened, _ = Assignment.create(uuid4(), FACTS, NOW, opening=True)
    longer = FACTS.model_copy(update={"respond_by": LATE + timedelta(days=2)})
    changed, (event,) = opened.change(longer, LATE + MINUTE)
    assert changed.phase(LATE + MINUTE) is AssignmentPhase.REACTING
    assert event.respond_by == LATE + timedelta(days=2)
    for moment in (LATE - MINUTE, LATE + MINUTE):
        with pytest.raises(RespondByPassed):
            opened.change(FACTS.model_copy(update={"respond_by": moment}), LATE + MINUTE)


def test_every_event_tells_when_it_opened_first() -> None:
    later = NOW + timedelta(hours=1)
    draft, _ = Assignment.create(uuid4(), FACTS, NOW)
    opened, (first,) = draft.open(later)
    changed, (second,) = opened.change(FACTS, later + MINUTE)
    _, (third,) = changed.close(ClosedReason.FILLED, later + 2 * MINUTE)
    assert draft.opened_at is None
    assert first.opened_at == second.opened_at == third.opened_at == later
    _, (at_once,) = Assignment.create(uuid4(), FACTS, NOW, opening=True)
    assert at_once.opened_at == NOW
