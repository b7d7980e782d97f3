"""What goes out now, what waits and until when, what is gathered into a digest, and what is skipped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.vocabulary import ClosedReason, Urgency
from notifications.domain.match import NoInterestYet
from notifications.domain.notice import NEWS, Due, Ending, Kind, NoticeState
from notifications.domain.outbound import Gather, Send, Skip, Wait, decide, retry_pause
from notifications.domain.schedule import Plan, Way
from support.notifying import FACTS, a_match, a_notice, a_recipient, an_assignment
from uuid_utils.compat import uuid7

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
NIGHT = datetime(2026, 12, 1, 22, tzinfo=UTC)  # 23:00
MORNING = datetime(2026, 12, 2, 6, tzinfo=UTC)  # 07:00, when the quiet hours end
DIGEST = datetime(2026, 12, 2, 6, 30, tzinfo=UTC)  # 07:30
MONDAY = datetime(2026, 12, 7, 6, 30, tzinfo=UTC)

assert FACTS.respond_by > NOON


def of_one(profile_id: UUID, count: int, *, urgent: bool = False) -> list[Due]:
    """Return notices to one professional, each of a match of its own."""
    urgency = Urgency.SPOED if urgent else Urgency.NORMAAL
    return [
        a_notice(Kind.MATCH, a_match(profile_id=profile_id, assignment=an_assignment(urgency=urgency)))
        for _ in range(count)
    ]


def test_three_direct_mails_a_day_go_out_and_the_fourth_waits_for_the_digest() -> None:
    due = of_one(uuid7(), 4)
    sends = [Send(notice, notice.matches, counts=True) for notice in due[:3]]
    assert decide(due, {}, NOON) == [*sends, Wait(due[3], Plan(Way.DIGEST, DIGEST))]


def test_what_went_out_today_counts_and_everybody_has_a_limit_of_their_own() -> None:
    busy = uuid7()
    decisions = decide([*of_one(busy, 2), *of_one(uuid7(), 2)], {busy: 2}, NOON)
    assert [type(decision) for decision in decisions] == [Send, Wait, Send, Send]


def test_urgent_work_passes_the_limit_but_not_the_quiet_hours() -> None:
    (notice,) = of_one(uuid7(), 1, urgent=True)
    assert notice.profile_id is not None
    assert decide([notice], {notice.profile_id: 3}, NOON) == [Send(notice, notice.matches, counts=True)]
    asleep = replace(notice, recipient=a_recipient(quiet_hours=True))
    assert decide([asleep], {}, NIGHT) == [Wait(asleep, Plan(Way.DIRECT, MORNING))]


@pytest.mark.parametrize(("frequency", "at"), [("daily", DIGEST), ("weekly", MONDAY)])
def test_who_wants_digests_gets_none_at_once(frequency: str, at: datetime) -> None:
    notice = a_notice(recipient=a_recipient(frequency))
    assert decide([notice], {}, NOON) == [Wait(notice, Plan(Way.DIGEST, at))]


@pytest.mark.parametrize("kind", [Kind.MATCH, Kind.LATER])
def test_what_is_due_for_a_digest_is_gathered_whatever_became_of_it(kind: Kind) -> None:
    notices = [a_notice(kind, a_match(live=live), way=Way.DIGEST) for live in (True, False)]
    assert decide(notices, {}, DIGEST) == [Gather(notice) for notice in notices]


def test_a_digest_tells_only_what_is_still_true_and_wanted_and_counts_for_nothing() -> None:
    true, gone, low = a_match(score=80.0), a_match(live=False), a_match(score=10.0)
    digest = a_notice(Kind.DIGEST, true, gone, low, recipient=a_recipient(min_score=50))
    assert digest.profile_id is not None
    assert decide([digest], {digest.profile_id: 3}, DIGEST) == [Send(digest, (true,), counts=False)]


def test_a_digest_of_which_nothing_is_left_is_skipped_for_the_first_reason() -> None:
    low = a_match(score=10.0)
    digest = a_notice(Kind.DIGEST, a_match(live=False), low, recipient=a_recipient(min_score=50))
    ending = Ending(NoticeState.CANCELLED, "the match was withdrawn before it was told")
    assert decide([digest], {}, DIGEST) == [Skip(digest, ending)]
    empty = replace(digest, matches=())
    assert decide([empty], {}, DIGEST) == [
        Skip(empty, Ending(NoticeState.CANCELLED, "there is nothing to tell"))
    ]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"recipient": a_recipient(min_score=70)}, None),
        ({"recipient": a_recipient(min_score=70.01)}, NoticeState.UNWANTED),
        ({"recipient": a_recipient("none")}, NoticeState.UNWANTED),
        ({"recipient": a_recipient(suppressed="the mail server answered 550")}, NoticeState.SUPPRESSED),
        ({"recipient": None}, NoticeState.CANCELLED),
        ({"matches": (a_match(live=False),)}, NoticeState.CANCELLED),
        ({"matches": (a_match(assignment=an_assignment(ClosedReason.FILLED)),)}, NoticeState.EXPIRED),
        ({"matches": (a_match(assignment=an_assignment(respond_by=NOON)),)}, NoticeState.EXPIRED),
    ],
)
def test_a_match_is_told_only_while_it_is_true_and_wanted(
    changes: dict[str, Any], state: NoticeState | None
) -> None:
    (decision,) = decide([replace(a_notice(), **changes)], {}, NOON)
    assert (decision.ending.state if isinstance(decision, Skip) else None) == state


def test_a_skipped_mail_leaves_its_place_in_the_day_to_another() -> None:
    due = of_one(uuid7(), 4)
    due[0] = replace(due[0], matches=(replace(due[0].matches[0], live=False),))
    assert [type(decision) for decision in decide(due, {}, NOON)] == [Skip, Send, Send, Send]


@pytest.mark.parametrize("kind", sorted(NEWS))
def test_news_has_no_limit_and_no_minimum_but_lets_people_sleep(kind: Kind) -> None:
    whoever = a_recipient("none", min_score=100, quiet_hours=True)
    notice = a_notice(kind, a_match(live=False), recipient=whoever)
    assert notice.profile_id is not None
    assert decide([notice], {notice.profile_id: 9}, NOON) == [Send(notice, notice.matches, counts=False)]
    assert decide([notice], {}, NIGHT) == [Wait(notice, Plan(Way.DIRECT, MORNING))]
    refused = replace(notice, recipient=a_recipient(suppressed="the mail server answered 550"))
    assert decide([refused], {}, NOON) == [
        Skip(refused, Ending(NoticeState.SUPPRESSED, "the mail server answered 550"))
    ]


def test_a_second_attempt_counts_no_second_time_and_gives_up_after_two_days() -> None:
    notice = replace(a_notice(recipient=a_recipient("daily")), attempts=1, caused_at=NOON)
    assert notice.profile_id is not None
    later = NOON + timedelta(hours=48)
    assert decide([notice], {notice.profile_id: 3}, later) == [Send(notice, notice.matches, counts=False)]
    (decision,) = decide([notice], {}, later + timedelta(seconds=1))
    assert isinstance(decision, Skip)
    assert decision.ending.state is NoticeState.EXPIRED


def test_a_recruiter_hears_of_the_matches_that_live_at_any_hour() -> None:
    lives, gone = a_match(), a_match(live=False)
    summary = a_notice(Kind.SUMMARY, lives, gone)
    assert decide([summary], {}, NIGHT) == [Send(summary, (lives,), counts=False)]
    ending = Ending(NoticeState.CANCELLED, "every match was withdrawn before it was told")
    for notice in (a_notice(Kind.SUMMARY, gone), a_notice(Kind.INTEREST, gone)):
        assert decide([notice], {}, NOON) == [Skip(notice, ending)]


@pytest.mark.parametrize(
    ("assignment", "holds", "state"),
    [
        (an_assignment(), True, None),
        (an_assignment(), False, NoticeState.CANCELLED),
        (an_assignment(ClosedReason.WITHDRAWN), True, NoticeState.EXPIRED),
        (an_assignment(respond_by=NOON), True, NoticeState.EXPIRED),
    ],
)
def test_a_recruiter_is_warned_only_while_nobody_is_interested(
    assignment: Any, holds: bool, state: NoticeState | None
) -> None:
    no_interest = NoInterestYet(respond_by=FACTS.respond_by, live=0, relaxation=None, holds=holds)
    notice = a_notice(Kind.WARNING, assignment=assignment, matches=(), no_interest=no_interest)
    (decision,) = decide([notice], {}, NOON)
    assert (decision.ending.state if isinstance(decision, Skip) else None) == state


def test_pauses_grow_to_a_quarter_of_an_hour_and_spread_by_their_jitter() -> None:
    pauses = [retry_pause(attempts, 1.0).total_seconds() for attempts in range(1, 10)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert retry_pause(200, 1.0) == timedelta(minutes=15)
    assert retry_pause(3, 1.5) == timedelta(seconds=30)
