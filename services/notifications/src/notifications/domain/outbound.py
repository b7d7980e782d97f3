"""What goes out now, what waits and until when, what is gathered into a digest, and what is skipped. Pure.

`decide` alone decides it: its caller holds the notices and their professionals locked, and writes down what
it says; the composer writes the mail of a `Send` and judges nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.vocabulary import Frequency, Urgency

from notifications.domain import schedule
from notifications.domain.contact import Recipient
from notifications.domain.match import Assignment, Match, NoInterestYet
from notifications.domain.notice import NEWS, OF_A_MATCH, TO_RECRUITERS, Due, Ending, Kind, NoticeState
from notifications.domain.schedule import Plan, Way

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900
GIVE_UP_AFTER = timedelta(hours=48)


@dataclass(frozen=True)
class Send:
    """It goes out now. `told`: the matches that the mail tells of; `counts`: towards the limit of a day."""

    notice: Due
    told: tuple[Match, ...]
    counts: bool


@dataclass(frozen=True)
class Wait:
    """It goes out later, as planned."""

    notice: Due
    plan: Plan


@dataclass(frozen=True)
class Gather:
    """Its match goes out in a digest, with all of the same professional that are due for one."""

    notice: Due


@dataclass(frozen=True)
class Skip:
    """It is never sent."""

    notice: Due
    ending: Ending


Decision = Send | Wait | Gather | Skip


def decide(due: Sequence[Due], sent_today: Mapping[UUID, int], now: datetime) -> list[Decision]:
    """Decide on each notice that is due, in this order: earlier ones count towards the limit of a day.

    `sent_today`: direct mails on a match that each professional got since midnight in Amsterdam.
    """
    sent = Counter(sent_today)
    decisions: list[Decision] = []
    for notice in due:
        decision = _decide(notice, sent[notice.profile_id] if notice.profile_id else 0, now)
        if isinstance(decision, Send) and decision.counts and notice.profile_id:
            sent[notice.profile_id] += 1
        decisions.append(decision)
    return decisions


def _decide(notice: Due, sent_today: int, now: datetime) -> Decision:
    if notice.kind in OF_A_MATCH and notice.way is Way.DIGEST:
        return Gather(notice)
    told = _told(notice, now)
    if isinstance(told, Ending):
        return Skip(notice, told)
    plan = _plan(notice, sent_today, now)
    if plan.due_at > now:
        return Wait(notice, plan)
    return Send(notice, told, counts=notice.kind in OF_A_MATCH and not notice.attempts)


def _plan(notice: Due, sent_today: int, now: datetime) -> Plan:
    if notice.recipient is None or notice.kind is Kind.DIGEST:
        return Plan(notice.way, now)
    if notice.kind in NEWS or notice.attempts:
        return schedule.plan_news(notice.recipient.preferences, now)
    urgent = notice.assignment is not None and notice.assignment.facts.urgency is Urgency.SPOED
    return schedule.plan(notice.recipient.preferences, urgent=urgent, sent_today=sent_today, now=now)


def _told(notice: Due, now: datetime) -> tuple[Match, ...] | Ending:
    """Return the matches that its mail tells of, or why it is not sent."""
    if notice.attempts and now - notice.caused_at > GIVE_UP_AFTER:
        return Ending(NoticeState.EXPIRED, "the mail server took it neither at once nor in two days")
    if notice.kind is Kind.WARNING:
        return why_not_warned(notice.assignment, notice.no_interest, now) or ()
    if notice.kind in TO_RECRUITERS:
        live = tuple(match for match in notice.matches if match.live)
        return live or Ending(NoticeState.CANCELLED, "every match was withdrawn before it was told")
    if notice.kind in NEWS:
        return _why_not_mailed(notice.recipient) or notice.matches
    reasons = [why_not_told(match, notice.recipient, now) for match in notice.matches]
    told = tuple(match for match, reason in zip(notice.matches, reasons, strict=True) if reason is None)
    return told or next(filter(None, reasons), Ending(NoticeState.CANCELLED, "there is nothing to tell"))


def why_not_told(match: Match, recipient: Recipient | None, now: datetime) -> Ending | None:
    """Return why a professional is not told of a match; None where they are. `recipient` None: erased."""
    if recipient is None:
        return Ending(NoticeState.CANCELLED, "the professional was erased")
    if not match.live:
        return Ending(NoticeState.CANCELLED, "the match was withdrawn before it was told")
    if not match.assignment.is_answerable(now):
        return Ending(NoticeState.EXPIRED, "the assignment can no longer be answered")
    if recipient.preferences.frequency is Frequency.NONE:
        return Ending(NoticeState.UNWANTED, "the professional wants no mail")
    if match.score < recipient.preferences.min_score:
        return Ending(NoticeState.UNWANTED, "the score is below the professional's minimum")
    return _why_not_mailed(recipient)


def why_not_warned(
    assignment: Assignment | None, no_interest: NoInterestYet | None, now: datetime
) -> Ending | None:
    """Return why a recruiter need not be warned any more that nobody is interested; None where they need."""
    if assignment is None or not assignment.is_answerable(now):
        return Ending(NoticeState.EXPIRED, "the assignment can no longer be answered")
    if no_interest is None or not no_interest.holds:
        return Ending(NoticeState.CANCELLED, "somebody is interested by now")
    return None


def _why_not_mailed(recipient: Recipient | None) -> Ending | None:
    if recipient is None:
        return Ending(NoticeState.CANCELLED, "the professional was erased")
    if recipient.suppressed is not None:
        return Ending(NoticeState.SUPPRESSED, recipient.suppressed)
    return None


def retry_pause(attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after a temporary failure: growing, up to a quarter of an hour.

    `jitter`: a random factor around 1, so that what failed together is not tried again together.
    """
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * jitter)
