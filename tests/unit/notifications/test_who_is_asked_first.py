"""Who is asked whether mails may come: that alone reaches them, what is about opdrachten waits for a yes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notifications.domain.forecast import Forecast, Prospect, forecast
from notifications.domain.notice import OF_A_MATCH, Due, Kind, NoticeState
from notifications.domain.outbound import Decision, Gather, Send, Skip, Wait, decide
from notifications.domain.schedule import Plan, Way
from support.mails import EVERY_MAIL, NOW
from support.notifying import FACTS, a_match, a_notice, a_recipient

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)
NIGHT = datetime(2026, 12, 1, 22, tzinfo=UTC)
MORNING = datetime(2026, 12, 2, 6, tzinfo=UTC)
RESPOND_BY = FACTS.respond_by
BEFORE = RESPOND_BY - timedelta(days=2)
REACHES_THEM = {Kind.MOVED, Kind.LEFT, Kind.CONSENT, Kind.STAY}


def asking(**recipient: Any) -> Due:
    return a_notice(Kind.CONSENT, recipient=a_recipient(unconfirmed=True, **recipient))


def decided(notice: Due, now: datetime = NOON) -> Decision:
    (decision,) = decide([notice], {}, now)
    return decision


def ended(notice: Due, now: datetime = NOON) -> NoticeState:
    decision = decided(notice, now)
    assert isinstance(decision, Skip)
    return decision.ending.state


def unconfirmed(notice: Due) -> Due:
    assert notice.recipient is not None
    return replace(notice, recipient=replace(notice.recipient, unconfirmed=True))


def test_they_are_asked_at_once_but_for_their_quiet_hours() -> None:
    notice = asking()
    assert decided(notice) == Send(notice, (), counts=False)
    night = asking(quiet_hours=True)
    assert decided(night, NIGHT) == Wait(night, Plan(Way.DIRECT, MORNING))


def test_who_said_yes_meanwhile_is_not_asked_nor_who_wants_or_takes_no_mail_at_all() -> None:
    assert ended(a_notice(Kind.CONSENT)) is NoticeState.CANCELLED
    assert ended(asking(frequency="none", news=False)) is NoticeState.UNWANTED
    assert ended(asking(suppressed="550 no such user")) is NoticeState.SUPPRESSED


@pytest.mark.parametrize("kind", sorted(OF_A_MATCH))
@pytest.mark.parametrize("way", list(Way))
def test_a_match_waits_until_nobody_can_respond_any_more_and_is_missed_then(kind: Kind, way: Way) -> None:
    notice = unconfirmed(a_notice(kind, way=way))
    assert decided(notice, BEFORE) == Wait(notice, Plan(Way.ASKED, RESPOND_BY))
    assert ended(replace(notice, way=Way.ASKED), RESPOND_BY) is NoticeState.MISSED


def test_after_the_yes_it_goes_as_any_other() -> None:
    notice = a_notice(Kind.MATCH, way=Way.ASKED, recipient=a_recipient(quiet_hours=False))
    assert isinstance(decided(notice, BEFORE), Send)
    daily = a_notice(Kind.MATCH, way=Way.DIGEST)
    assert decided(daily, BEFORE) == Gather(daily)


def test_what_is_unwanted_or_no_longer_true_does_not_wait() -> None:
    unwelcome = a_notice(Kind.MATCH, recipient=a_recipient(frequency="none", unconfirmed=True))
    assert ended(unwelcome, BEFORE) is NoticeState.UNWANTED
    gone = unconfirmed(a_notice(Kind.MATCH, a_match(live=False)))
    assert ended(gone, BEFORE) is NoticeState.CANCELLED


@pytest.mark.parametrize(
    "name", sorted(name for name, send in EVERY_MAIL.items() if send.notice.recipient is not None)
)
def test_of_every_mail_to_a_professional_only_what_must_reach_them_does(name: str) -> None:
    send = EVERY_MAIL[name]
    decision = decided(unconfirmed(send.notice), NOW)
    if send.notice.kind in REACHES_THEM:
        assert isinstance(decision, Send)
    else:
        assert not isinstance(decision, Send | Gather)


def test_a_recruiter_reads_beforehand_that_they_are_asked_first() -> None:
    facts = a_match().assignment.facts
    told = forecast(a_recipient(unconfirmed=True), 70, facts.urgency, RESPOND_BY, 0, BEFORE)
    assert told == Forecast(Prospect.UNCONFIRMED)
