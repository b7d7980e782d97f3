"""Of a batch, only the latest event of each subject counts."""

import json
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from uuid import UUID

from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import AssignmentOpened, PreferencesChosen
from contracts.vocabulary import Frequency

A, B = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
SAMPLE = Path(__file__).parents[3] / "contracts/samples/AssignmentOpened.v1.1.json"
OPENED = AssignmentOpened.model_validate(json.loads(SAMPLE.read_text())["value"], strict=False)
CHOSEN = PreferencesChosen(
    profile_id=A, frequency=Frequency.DIRECT, min_score=0.0, quiet_hours=True, chosen_at=NOW
)


def event(subject: UUID, version: int | None, name: str = "") -> Event:
    data = None if version is None else OPENED.model_copy(update={"version": version})
    return Event(name, "/test", "t", subject, NOW, data)


def test_the_highest_version_counts_whatever_the_order_of_arrival() -> None:
    batch = [event(A, 2), event(B, 1), event(A, 3), event(A, 1)]
    assert latest(batch) == {A: batch[2], B: batch[1]}
    assert list(latest(batch)) == [A, B]


def test_of_one_version_that_comes_twice_the_first_counts() -> None:
    batch = [event(A, 2, "first"), event(A, 2, "again")]
    assert latest(batch)[A].id == "first"


def test_a_tombstone_counts_whatever_comes_before_or_after_it() -> None:
    for batch in ([event(A, 5), event(A, None, "x")], [event(A, None, "x"), event(A, 9), event(A, None)]):
        assert latest(batch)[A].id == "x"


def test_what_rises_may_be_something_else_than_a_version() -> None:
    def choice(day: int) -> Event:
        data = CHOSEN.model_copy(update={"chosen_at": NOW.replace(day=day)})
        return Event(str(day), "/test", "t", A, NOW, data)

    assert latest([choice(3), choice(5), choice(4)], order=attrgetter("chosen_at"))[A].id == "5"
