"""Who leaves may free a seat only where too few who stand rank above them."""

from typing import Any
from uuid import UUID

import pytest
from matching.domain import policy
from matching.domain.match import Pair
from matching.domain.seats import a_seat_may_be_free


def pair(number: int, score: float | None, *, growth: bool = False) -> Pair:
    nothing: dict[str, Any] = dict.fromkeys(
        ("points", "proposed_at", "first_proposed_at", "answer", "decision", "judged_by")
    )
    return Pair(
        profile_id=UUID(int=number),
        revision=1,
        live=True,
        assignment_version=1,
        profile_version=1,
        score=score,
        growth=growth,
        ended_while_live=False,
        **nothing,
    )


STANDING = [pair(100 + number, 70) for number in range(25)]
GROWING = [pair(200 + number, 60, growth=True) for number in range(5)]


@pytest.mark.parametrize(
    ("standing", "leaving", "free"),
    [
        (STANDING, [], False),
        (STANDING, [pair(1, 69.99)], False),
        (STANDING, [pair(1, 70.01)], True),
        (STANDING, [pair(1, 70)], True),  # among equals the lower id ranks first
        (STANDING, [pair(300, 70)], False),
        (STANDING, [pair(300, 70), pair(2, 90)], True),
        (STANDING, [pair(1, None)], True),  # erased: nobody knows how they ranked
        (STANDING[1:], [pair(1, 50)], True),
        ([*STANDING, *GROWING], [pair(1, 59, growth=True)], False),
        ([*STANDING, *GROWING], [pair(1, 61, growth=True)], True),
        ([*STANDING, *GROWING], [pair(1, 61)], False),
        ([*STANDING, *GROWING[1:]], [pair(1, 59, growth=True)], True),
    ],
)
def test_a_seat_may_be_free(standing: list[Pair], leaving: list[Pair], free: bool) -> None:
    assert (policy.SEATS, policy.GROWTH_SEATS) == (25, 5)
    assert a_seat_may_be_free(standing, leaving) is free
