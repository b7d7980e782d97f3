"""Which of the decisions on a match stands, and since when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk.domain.decisions import last_rejection, merged, standing

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def said(*decisions: str) -> list[dict[str, Any]]:
    """One decision a minute; what matching says stands follows a colon."""
    made = []
    for minute, text in enumerate(decisions):
        decision, colon, stands = text.partition(":")
        one: dict[str, Any] = {"decision": decision, "decided_at": at(minute).isoformat()}
        made.append(one | ({"standing": stands.split()} if colon else {}))
    return made


@pytest.mark.parametrize(
    ("decisions", "stands"),
    [
        ([], (None, None)),
        (["invited"], ("invited", at(0))),
        (["invited", "nominated"], ("nominated", at(1))),
        (["invited", "nominated", "reopened"], ("invited", at(0))),
        (["invited", "rejected", "reopened", "reopened"], (None, None)),
        (["reopened"], (None, None)),
        (["nominated:invited nominated"], ("nominated", at(0))),
        (["reopened:invited"], ("invited", None)),
        (["invited", "reopened:invited"], ("invited", at(0))),
        (["nominated", "rejected", "reopened:"], (None, None)),
    ],
)
def test_reopened_takes_the_latest_back(decisions: list[str], stands: tuple[str | None, Any]) -> None:
    assert standing(said(*decisions)) == stands


def test_decisions_are_kept_in_their_order_each_once() -> None:
    all_of_them = said("invited", "nominated", "rejected")
    assert merged(all_of_them[1:], all_of_them[:2]) == all_of_them


def test_a_rejection_that_was_taken_back_is_remembered() -> None:
    assert last_rejection(said("rejected", "reopened")) == at(0)
    assert last_rejection(said("invited")) is None
