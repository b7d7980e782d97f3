"""What goes out now, what waits and until when, what is gathered into a digest, and what is skipped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.vocabulary import Answer, ClosedReason, Decision, Urgency
from notifications.domain.match import Answered, Decided, Match, NoInterestYet
from notifications.domain.notice import NEWS, Due, Ending, FactChange, Kind, NoticeState
from notifications.domain.outbound import Gather, Send, Skip, Wait, decide, retry_pause
from notifications.domain.recruiter import RecruiterWishes
from notifications.domain.schedule import Plan, Way
from support.notifying import FACTS, a_match, a_notice, a_recipient, an_assignment
from uuid_utils.compat import uuid7

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
NIGHT = datetime(2026, 12, 1, 22, tzinfo=UTC)  # 23:00
MORNING = datetime(2026, 12, 2, 6, tzinfo=UTC)  # 07:00, when the quiet hours end
DIGEST = datetime(2026, 12, 2, 6, 30, tzinfo=UTC)  # 07:30
MONDAY = datetime(2026, 12, 7, 6, 30, tzinfo=UTC)

ANNA = "anna@example.org"
YES, NO = Answered(Answer.INTERESTED, None, NOON), Answered(Answer.DECLINED, "te ver", NOON)

assert FACTS.respond_by > NOON


def decided(decision: Decision) -> Decided:
    return Decided(decision, "intern", NOON)


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


def test_what_went_out_today_counts_and_every_mailbox_has_a_limit_of_its_own() -> None:
    other = a_recipient(email="Bea@example.org")
    due = [*of_one(uuid7(), 2), *(replace(notice, recipient=other) for notice in of_one(uuid7(), 2))]
    decisions = decide(due, {ANNA: 2, "bea@example.org": 1}, NOON)
    assert [type(decision) for decision in decisions] == [Send, Wait, Send, Send]


def test_two_professionals_with_one_mailbox_have_one_limit() -> None:
    shouted = a_recipient(email="ANNA@Example.org")
    due = [*of_one(uuid7(), 2), *(replace(notice, recipient=shouted) for notice in of_one(uuid7(), 2))]
    assert [type(decision) for decision in decide(due, {}, NOON)] == [Send, Send, Send, Wait]


def test_urgent_work_passes_the_limit_but_not_the_quiet_hours() -> None:
    (notice,) = of_one(uuid7(), 1, urgent=True)
    assert decide([notice], {ANNA: 3}, NOON) == [Send(notice, notice.matches, counts=True)]
    asleep = replace(notice, recipient=a_recipient(quiet_hours=True))
    assert decide([asleep], {}, NIGHT) == [Wait(asleep, Plan(Way.DIRECT, MORNING))]


@pytest.mark.parametrize(("frequency", "at"), [("daily", DIGEST), ("weekly", MONDAY)])
def test_who_wants_digests_gets_none_at_once(frequency: str, at: datetime) -> None:
    notice = a_notice(recipient=a_recipient(frequency))
    assert decide([notice], {}, NOON) == [Wait(notice, Plan(Way.DIGEST, at))]


@pytest.mark.parametrize("kind", [Kind.MATCH, Kind.LATER])
def test_what_is_due_for_a_digest_is_gathered(kind: Kind) -> None:
    notice = a_notice(kind, way=Way.DIGEST)
    assert decide([notice], {}, DIGEST) == [Gather(notice)]


def test_a_digest_tells_only_what_is_still_true_and_wanted_and_says_how_the_others_end() -> None:
    true, gone, low = a_match(score=80.0), a_match(live=False), a_match(score=10.0)
    digest = a_notice(Kind.DIGEST, true, gone, low, recipient=a_recipient(min_score=50))
    (decision,) = decide([digest], {ANNA: 3}, DIGEST)
    assert isinstance(decision, Send)
    assert (decision.told, decision.counts) == ((true,), False)
    endings = {match_id: ending.state for match_id, ending in decision.left_out.items()}
    assert endings == {gone.match_id: NoticeState.CANCELLED, low.match_id: NoticeState.UNWANTED}


def test_a_digest_of_which_nothing_is_left_is_cancelled() -> None:
    low = a_match(score=10.0)
    digest = a_notice(Kind.DIGEST, a_match(live=False), low, recipient=a_recipient(min_score=50))
    (decision,) = decide([digest], {}, DIGEST)
    assert isinstance(decision, Skip)
    assert decision.ending == Ending(NoticeState.CANCELLED, "there is nothing to tell")
    assert decision.left_out[low.match_id].state is NoticeState.UNWANTED


def test_a_digest_that_is_tried_again_lets_people_sleep_and_what_closes_meanwhile_is_missed() -> None:
    late, early = a_match(), a_match(assignment=an_assignment(respond_by=MORNING))
    digest = a_notice(Kind.DIGEST, late, early, recipient=a_recipient("daily", quiet_hours=True), attempts=1)
    (decision,) = decide([digest], {}, NIGHT)
    assert isinstance(decision, Wait)
    assert decision.plan.due_at == MORNING
    assert {one: ending.state for one, ending in decision.left_out.items()} == {
        early.match_id: NoticeState.MISSED
    }


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"recipient": a_recipient(min_score=70)}, None),
        ({"recipient": a_recipient(min_score=70.01)}, NoticeState.UNWANTED),
        ({"recipient": a_recipient("none")}, NoticeState.UNWANTED),
        ({"recipient": a_recipient(suppressed="the mail server answered 550")}, NoticeState.SUPPRESSED),
        ({"recipient": None}, NoticeState.CANCELLED),
        ({"matches": (a_match(live=False),)}, NoticeState.CANCELLED),
        ({"matches": (a_match(answered=YES),)}, NoticeState.CANCELLED),
        ({"matches": (a_match(answered=YES),), "corrects": Kind.DROPPED}, None),
        ({"matches": (a_match(assignment=an_assignment(ClosedReason.FILLED)),)}, NoticeState.CANCELLED),
        ({"matches": (a_match(assignment=an_assignment(respond_by=NOON)),)}, NoticeState.MISSED),
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


@pytest.mark.parametrize(
    ("kind", "match", "more"),
    [
        (Kind.ANSWERED, a_match(answered=YES), {}),
        (Kind.CHANGED, a_match(answered=YES), {"changes": (FactChange("title", "a", "b"),)}),
        (Kind.DROPPED, a_match(answered=YES, live=False), {}),
        (Kind.INVITED, a_match(answered=YES, decided=decided(Decision.INVITED)), {}),
        (Kind.NOMINATED, a_match(decided=decided(Decision.NOMINATED)), {}),
        (Kind.REJECTED, a_match(decided=decided(Decision.REJECTED), live=False), {}),
        (Kind.REOPENED, a_match(answered=YES), {"corrects": Kind.REJECTED}),
        (Kind.CLOSED, a_match(answered=YES, live=False), {}),
    ],
)
def test_news_has_no_limit_and_no_minimum_but_lets_people_sleep_and_can_be_ended(
    kind: Kind, match: Match, more: dict[str, Any]
) -> None:
    assert kind in NEWS
    whoever = a_recipient("none", min_score=100, quiet_hours=True)
    notice = a_notice(kind, match, recipient=whoever, **more)
    assert decide([notice], {ANNA: 9}, NOON) == [Send(notice, (match,), counts=False)]
    assert decide([notice], {}, NIGHT) == [Wait(notice, Plan(Way.DIRECT, MORNING))]
    refused = replace(notice, recipient=a_recipient(suppressed="the mail server answered 550"))
    assert decide([refused], {}, NOON) == [
        Skip(refused, Ending(NoticeState.SUPPRESSED, "the mail server answered 550"))
    ]
    (decision,) = decide([replace(notice, recipient=a_recipient(news=False))], {}, NOON)
    assert isinstance(decision, Skip)
    assert decision.ending.state is NoticeState.UNWANTED


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        (Kind.ANSWERED, a_match(answered=NO, live=False)),
        (Kind.CHANGED, a_match(answered=YES)),  # back to what was told
        (Kind.CHANGED, a_match(answered=YES, live=False)),
        (Kind.DROPPED, a_match(answered=YES)),
        (Kind.INVITED, a_match(answered=NO, decided=decided(Decision.INVITED), live=False)),
        (Kind.INVITED, a_match(answered=YES, decided=decided(Decision.NOMINATED))),
        (Kind.REJECTED, a_match(answered=YES)),
    ],
)
def test_news_that_was_overtaken_is_cancelled(kind: Kind, match: Match) -> None:
    (decision,) = decide([a_notice(kind, match)], {}, NOON)
    assert isinstance(decision, Skip)
    assert decision.ending.state is NoticeState.CANCELLED


def test_a_second_attempt_counts_no_second_time_and_gives_up_two_days_after_the_first() -> None:
    notice = replace(a_notice(recipient=a_recipient("daily")), attempts=1, tried_at=NOON)
    later = NOON + timedelta(hours=48)
    assert decide([notice], {ANNA: 3}, later) == [Send(notice, notice.matches, counts=False)]
    (decision,) = decide([notice], {}, later + timedelta(seconds=1))
    assert isinstance(decision, Skip)
    assert decision.ending.state is NoticeState.EXPIRED


def test_a_second_attempt_lets_people_sleep_or_is_missed() -> None:
    notice = replace(a_notice(recipient=a_recipient(quiet_hours=True)), attempts=1, tried_at=NIGHT)
    assert decide([notice], {}, NIGHT) == [Wait(notice, Plan(Way.DIRECT, MORNING))]
    closing = replace(notice, matches=(a_match(assignment=an_assignment(respond_by=MORNING)),))
    (decision,) = decide([closing], {}, NIGHT)
    assert isinstance(decision, Skip)
    assert decision.ending.state is NoticeState.MISSED


def test_a_recruiter_hears_of_the_matches_that_live_and_of_whom_they_do_not_know() -> None:
    lives, gone, known = a_match(), a_match(live=False), a_match()
    summary = a_notice(Kind.SUMMARY, lives, gone, known, interest_told=frozenset({known.match_id}))
    (decision,) = decide([summary], {}, NIGHT)
    assert isinstance(decision, Send)
    assert decision.told == (lives,)
    assert decision.left_out.keys() == {gone.match_id, known.match_id}


def test_a_summary_leaves_out_whose_interest_is_told_at_the_same_moment() -> None:
    match = a_match(answered=YES)
    interest, summary = a_notice(Kind.INTEREST, match), a_notice(Kind.SUMMARY, match)
    assert [type(decision) for decision in decide([interest, summary], {}, NOON)] == [Send, Skip]


@pytest.mark.parametrize(
    ("kind", "match", "is_sent"),
    [
        (Kind.SUMMARY, a_match(live=False), False),
        (Kind.INTEREST, a_match(answered=YES), True),
        (Kind.INTEREST, a_match(answered=YES, live=False), False),
        (Kind.INTEREST, a_match(answered=NO, live=False), False),
        (Kind.RETREAT, a_match(answered=NO, live=False), True),
        (Kind.RETREAT, a_match(answered=YES, live=False), True),
        (Kind.RETREAT, a_match(answered=YES), False),
        (Kind.EXPIRING, a_match(), True),
        (Kind.EXPIRING, a_match(assignment=an_assignment(ClosedReason.FILLED)), False),
    ],
)
def test_a_recruiter_is_told_only_what_holds(kind: Kind, match: Match, is_sent: bool) -> None:
    (decision,) = decide([a_notice(kind, match)], {}, NOON)
    assert isinstance(decision, Send if is_sent else Skip)


def test_a_recruiter_who_wants_to_sleep_does_and_one_whose_address_rests_gets_nothing() -> None:
    notice = a_notice(Kind.INTEREST, a_match(answered=YES), wishes=RecruiterWishes(quiet_hours=True))
    assert decide([notice], {}, NIGHT) == [Wait(notice, Plan(Way.DIRECT, MORNING))]
    rests = replace(notice, suppressed="the mail came back: 5.1.1")
    assert decide([rests], {}, NOON) == [
        Skip(rests, Ending(NoticeState.SUPPRESSED, "the mail came back: 5.1.1"))
    ]


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
