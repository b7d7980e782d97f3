"""Who is mailed whether they stay, which day the mail tells, and what its link is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from notifications.answers.links import Link, Links, Purpose
from notifications.domain.notice import Due, Kind, NoticeState
from notifications.domain.outbound import Decision, Send, Skip, Wait, decide
from notifications.domain.schedule import Plan, Way
from notifications.domain.staying import asked_until, day_told
from support.notifying import a_notice, a_recipient
from uuid_utils.compat import uuid7

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)
NIGHT = datetime(2026, 12, 1, 22, tzinfo=UTC)
MORNING = datetime(2026, 12, 2, 6, tzinfo=UTC)
ERASED_ON = date(2026, 12, 31)
LINKS = Links("https://opdrachten.example.org", "a-secret-of-the-tests")


def asked(**recipient: Any) -> Due:
    return a_notice(Kind.STAY, erased_on=ERASED_ON, recipient=a_recipient(**recipient))


def decided(notice: Due, now: datetime = NOON) -> Decision:
    (decision,) = decide([notice], {}, now)
    return decision


def ended(notice: Due) -> NoticeState:
    decision = decided(notice)
    assert isinstance(decision, Skip)
    return decision.ending.state


def test_who_is_asked_is_mailed_whatever_they_want_of_new_opdrachten_or_of_news() -> None:
    for notice in (asked(), asked(frequency="none"), asked(frequency="weekly", news=False)):
        assert decided(notice) == Send(notice, (), counts=False)


def test_who_wants_no_mail_at_all_is_not() -> None:
    assert ended(asked(frequency="none", news=False)) is NoticeState.UNWANTED


def test_nor_who_stays_by_now_nor_whose_address_takes_no_mail() -> None:
    assert ended(replace(asked(), erased_on=None)) is NoticeState.CANCELLED
    assert ended(asked(suppressed="550 no such user")) is NoticeState.SUPPRESSED
    assert ended(replace(asked(), recipient=None)) is NoticeState.CANCELLED


def test_it_waits_for_the_end_of_the_quiet_hours() -> None:
    notice = asked(quiet_hours=True)
    assert decided(notice, NIGHT) == Wait(notice, Plan(Way.DIRECT, MORNING))


@pytest.mark.parametrize(
    ("erased_on", "day"), [(date(2027, 3, 1), date(2027, 3, 1)), (ERASED_ON, date(2027, 1, 1))]
)
def test_a_mail_tells_the_day_that_profiles_told_or_thirty_whole_days_later(
    erased_on: date, day: date
) -> None:
    assert day_told(erased_on, NOON) == day


def test_nobody_is_erased_before_the_day_that_their_mail_told() -> None:
    for hours in range(24 * 40):
        now = NOON + timedelta(hours=hours)
        silent = asked_until(now) > NOON
        assert silent is (now.astimezone(UTC) >= datetime(2026, 12, 31, 23, tzinfo=UTC)), now


def test_a_link_to_confirm_leads_nowhere_else() -> None:
    profile_id = uuid7()
    token = LINKS.write(Purpose.CONFIRM, profile_id).rpartition("/")[2]
    assert LINKS.read(Purpose.CONFIRM, token) == Link(profile_id)
    for other in set(Purpose) - {Purpose.CONFIRM}:
        assert LINKS.read(other, token) is None
        assert LINKS.read(Purpose.CONFIRM, LINKS.write(other, profile_id).rpartition("/")[2]) is None
