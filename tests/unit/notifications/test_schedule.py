"""When digests go out, whose quiet hours end when, and when somebody is asked again."""

from datetime import datetime

import pytest
from contracts.vocabulary import Frequency
from notifications.domain import clock, schedule


@pytest.mark.parametrize(
    ("now", "digest", "weekly"),
    [
        # a Friday; then both mornings after a clock change, and the moment itself
        ("2027-03-26T07:00+00:00", "2027-03-27T06:30+00:00", "2027-03-29T05:30+00:00"),
        ("2027-03-27T07:00+00:00", "2027-03-28T05:30+00:00", "2027-03-29T05:30+00:00"),
        ("2027-10-30T06:00+00:00", "2027-10-31T06:30+00:00", "2027-11-01T06:30+00:00"),
        ("2027-11-01T06:29+00:00", "2027-11-01T06:30+00:00", "2027-11-01T06:30+00:00"),
        ("2027-11-01T06:30+00:00", "2027-11-02T06:30+00:00", "2027-11-08T06:30+00:00"),
    ],
)
def test_digests_go_out_at_half_past_seven_on_both_sides_of_a_clock_change(
    now: str, digest: str, weekly: str
) -> None:
    at = datetime.fromisoformat(now)
    assert schedule.next_digest(Frequency.DAILY, at) == datetime.fromisoformat(digest)
    assert schedule.next_digest(Frequency.WEEKLY, at) == datetime.fromisoformat(weekly)


@pytest.mark.parametrize(
    ("now", "quiet", "end"),
    [
        ("2027-06-01T18:59+00:00", False, "2027-06-02T05:00+00:00"),
        ("2027-06-01T19:00+00:00", True, "2027-06-02T05:00+00:00"),
        ("2027-06-02T04:59+00:00", True, "2027-06-02T05:00+00:00"),
        ("2027-06-02T05:00+00:00", False, "2027-06-03T05:00+00:00"),
        ("2027-03-27T22:00+00:00", True, "2027-03-28T05:00+00:00"),  # the night is an hour shorter
    ],
)
def test_the_quiet_hours_last_from_nine_to_seven(now: str, quiet: bool, end: str) -> None:
    at = datetime.fromisoformat(now)
    assert schedule.is_quiet(at) is quiet
    assert schedule.end_of_quiet(at) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2027-06-01T21:59+00:00", "2027-05-31T22:00+00:00"),
        ("2027-06-01T22:00+00:00", "2027-06-01T22:00+00:00"),
        ("2027-10-31T22:59+00:00", "2027-10-30T22:00+00:00"),  # a day of 25 hours
    ],
)
def test_a_day_begins_at_midnight_in_amsterdam(now: str, began: str) -> None:
    assert clock.midnight(datetime.fromisoformat(now)) == datetime.fromisoformat(began)
