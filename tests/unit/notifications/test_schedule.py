"""When digests go out, whose quiet hours end when, and when somebody is asked again."""

from datetime import datetime, timedelta

import pytest
from contracts.facts import Preferences
from contracts.vocabulary import Frequency
from notifications.domain import clock, schedule
from notifications.domain.recruiter import InterestRhythm, RecruiterWishes, SummaryRhythm


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


def moment(text: str) -> datetime:
    """Read a moment of December 2026 in Amsterdam, such as `01 22:30`; the first is a Tuesday."""
    return datetime.strptime(f"2026-12-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=clock.AMSTERDAM)


@pytest.mark.parametrize(
    ("frequency", "quiet", "sent", "now", "respond_by", "expected"),
    [
        ("daily", True, 0, "01 12:00", "02 07:31", "digest 02 07:30"),
        ("daily", True, 0, "01 12:00", "02 07:30", "direct 01 12:00"),  # too late for it
        ("daily", True, 0, "01 22:00", "02 07:30", "direct 02 07:00"),
        ("daily", True, 0, "01 22:00", "02 07:00", None),
        ("daily", False, 0, "01 22:00", "02 07:00", "direct 01 22:00"),
        ("daily", False, 0, "01 12:00", "01 12:00", None),
        ("weekly", True, 0, "01 12:00", "07 07:31", "digest 07 07:30"),
        ("weekly", True, 0, "01 12:00", "07 07:30", "digest 02 07:30"),
        ("weekly", True, 0, "01 12:00", "02 07:30", "direct 01 12:00"),
        ("weekly", True, 0, "06 22:00", "07 06:30", None),
        ("direct", True, 0, "01 22:00", "02 07:01", "direct 02 07:00"),
        ("direct", True, 0, "01 22:00", "02 07:00", None),
        ("direct", False, 3, "01 12:00", "02 07:31", "digest 02 07:30"),
        ("direct", False, 3, "01 12:00", "02 07:30", "direct 01 12:00"),
        ("direct", True, 3, "01 22:00", "02 07:30", "direct 02 07:00"),
        ("direct", True, 3, "01 22:00", "02 07:00", None),
    ],
)
def test_a_match_is_told_at_the_last_allowed_moment_before_respond_by(
    frequency: str, quiet: bool, sent: int, now: str, respond_by: str, expected: str | None
) -> None:
    wishes = Preferences(frequency=Frequency(frequency), min_score=0, quiet_hours=quiet)
    plan = schedule.plan(
        wishes, urgent=False, sent_today=sent, respond_by=moment(respond_by), now=moment(now)
    )
    found = plan and f"{plan.way} {plan.due_at.astimezone(clock.AMSTERDAM):%d %H:%M}"
    assert found == expected


def test_urgent_work_passes_the_limit_of_a_day() -> None:
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=False)
    now = moment("01 12:00")
    plan = schedule.plan(wishes, urgent=True, sent_today=9, respond_by=moment("03 12:00"), now=now)
    assert plan == schedule.Plan(schedule.Way.DIRECT, now)


@pytest.mark.parametrize(
    ("summary", "interest", "now", "summary_due", "interest_due"),
    [
        ("direct", "direct", "01 12:10", "01 12:11", "01 12:10"),
        ("hourly", "daily", "01 12:10", "01 13:00", "02 07:30"),
        ("daily", "daily", "01 07:29", "01 07:30", "01 07:30"),
        ("none", "direct", "01 12:10", None, "01 12:10"),
    ],
)
def test_a_recruiters_mail_comes_in_their_own_rhythm(
    summary: str, interest: str, now: str, summary_due: str | None, interest_due: str
) -> None:
    wishes = RecruiterWishes(SummaryRhythm(summary), InterestRhythm(interest))
    due = summary_due and moment(summary_due)
    assert wishes.summary_due(timedelta(minutes=1), moment(now)) == due
    assert wishes.interest_due(moment(now)) == moment(interest_due)
