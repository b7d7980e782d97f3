"""What goes out now, what waits and until when, what is gathered into a digest, and what is skipped. Pure.

`decide` alone decides it, each time that a notice is due and whatever was planned before: its caller holds
the notices and their mailboxes locked, and writes down what it says; the composer writes the mail of a `Send`
and judges nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from contracts.vocabulary import CheckIn, Frequency, PlacementState, Urgency

from notifications.domain import guidance, schedule
from notifications.domain.contact import Recipient
from notifications.domain.match import Assignment, Match, NoInterestYet
from notifications.domain.message_id import message_id
from notifications.domain.notice import (
    CHECK_INS,
    OF_A_DECISION,
    OF_A_MATCH,
    OF_A_PLACEMENT,
    OF_AN_ADDRESS,
    TO_RECRUITERS,
    Due,
    Ending,
    Kind,
    NoticeState,
)
from notifications.domain.schedule import Plan, Way

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900
LOOK_AGAIN = timedelta(seconds=10)  # for the contact of whoever asks
STILL_TRUE = timedelta(days=1)  # until it is looked at again whether what waits for a yes is still to be told
GIVE_UP_AFTER = timedelta(hours=48)

EXPIRED = Ending(NoticeState.EXPIRED, "the mail server took it neither at once nor in two days")
MISSED = Ending(NoticeState.MISSED, "there was no allowed moment left before one can respond no more")
NOTHING = Ending(NoticeState.CANCELLED, "there is nothing to tell")


@dataclass(frozen=True)
class Send:
    """It goes out now. `told`: the matches that the mail tells of; `counts`: towards the limit of a day;
    `left_out`: the matches that it was to tell of and does not, with how that ends."""

    notice: Due
    told: tuple[Match, ...]
    counts: bool
    left_out: Mapping[UUID, Ending] = field(default_factory=dict)

    @cached_property
    def message_id(self) -> UUID:
        """Return the Message-ID of its mail."""
        return message_id(self.notice, self.told)


@dataclass(frozen=True)
class Wait:
    """It goes out later, as planned. `left_out` as of `Send`."""

    notice: Due
    plan: Plan
    left_out: Mapping[UUID, Ending] = field(default_factory=dict)


@dataclass(frozen=True)
class Gather:
    """Its match goes out in a digest, with all of the same professional that are due for one."""

    notice: Due


@dataclass(frozen=True)
class Skip:
    """It is never sent, unless it is revived. `left_out` as of `Send`."""

    notice: Due
    ending: Ending
    left_out: Mapping[UUID, Ending] = field(default_factory=dict)


Decision = Send | Wait | Gather | Skip


def decide(due: Sequence[Due], sent_today: Mapping[str, int], now: datetime) -> list[Decision]:
    """Decide on each notice that is due, in this order: earlier ones count towards the limit of a day, and
    whose interest is told stands in no later summary.

    `sent_today`: direct mails on a new match that each mailbox got since midnight in Amsterdam, or that are
    on their way there.
    """
    sent = Counter(sent_today)
    decisions: list[Decision] = []
    interest: set[UUID] = set()
    for notice in due:
        mailbox = notice.recipient.mailbox if notice.recipient else ""
        if notice.kind is Kind.SUMMARY:
            decision = _decide(replace(notice, interest_told=notice.interest_told | interest), 0, now)
        else:
            decision = _decide(notice, sent[mailbox], now)
        if isinstance(decision, Send) and decision.counts:
            sent[mailbox] += 1
        if isinstance(decision, Send) and notice.kind is Kind.INTEREST:
            interest |= {match.match_id for match in decision.told}
        decisions.append(decision)
    return decisions


def _decide(notice: Due, sent_today: int, now: datetime) -> Decision:
    if notice.tried_at is not None and now - notice.tried_at > GIVE_UP_AFTER:
        return Skip(notice, EXPIRED, {match.match_id: EXPIRED for match in notice.matches})
    if notice.kind in TO_RECRUITERS:
        return _decide_for_recruiter(notice, now)
    if notice.recipient is None:
        return Skip(notice, Ending(NoticeState.CANCELLED, "the professional was erased"))
    if notice.kind in OF_AN_ADDRESS:
        return _decide_of_an_address(notice, notice.recipient)
    if notice.kind is Kind.DIGEST:
        return _decide_digest(notice, notice.recipient, now)
    if notice.kind in {Kind.CONSENT, Kind.STAY}:
        return _decide_asking(notice, notice.recipient, now)
    if notice.kind in OF_A_PLACEMENT:
        return _decide_of_a_placement(notice, notice.recipient, now)
    if notice.kind is Kind.SILENCE:
        return _decide_silence(notice, notice.recipient, now)
    if notice.kind is Kind.QUESTION:
        return _decide_question(notice, notice.recipient, now)
    if not notice.matches:
        return Skip(notice, NOTHING)
    if notice.kind in OF_A_MATCH:
        return _decide_match(notice, notice.recipient, sent_today, now)
    return _decide_news(notice, notice.recipient, now)


def _decide_match(notice: Due, recipient: Recipient, sent_today: int, now: datetime) -> Decision:
    (match,) = notice.matches
    if notice.way is Way.DIGEST and not recipient.unconfirmed:
        return Gather(notice)
    ending = why_not_told(match, recipient, now, is_back=notice.corrects is Kind.DROPPED)
    if ending is not None:
        return Skip(notice, ending)
    wishes, facts = recipient.preferences, match.assignment.facts
    if recipient.unconfirmed:
        return Wait(notice, Plan(Way.ASKED, facts.respond_by))
    plan: Plan | None
    if notice.attempts:
        until = schedule.outside_quiet(wishes.quiet_hours, now)
        plan = Plan(notice.way, until) if until < facts.respond_by else None
    elif notice.kind is Kind.LATER:
        plan = schedule.plan_later(wishes, facts.respond_by, now)
    else:
        plan = schedule.plan(
            wishes,
            urgent=facts.urgency is Urgency.SPOED,
            sent_today=sent_today,
            respond_by=facts.respond_by,
            now=now,
        )
    if plan is None:
        return Skip(notice, MISSED)
    if plan.due_at > now:
        return Wait(notice, plan)
    return Send(notice, (match,), counts=not notice.attempts)


def _decide_digest(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """A digest tells what is still true and wanted; in the quiet hours it waits, and what closes before
    they end is missed."""
    left_out: dict[UUID, Ending] = {}
    until = schedule.outside_quiet(recipient.preferences.quiet_hours, now)
    for match in notice.matches:
        ending = why_not_told(match, recipient, now, is_back=match.match_id in notice.back)
        if ending is None and now < until and until >= match.assignment.facts.respond_by:
            ending = MISSED
        if ending is not None:
            left_out[match.match_id] = ending
    told = tuple(match for match in notice.matches if match.match_id not in left_out)
    if not told:
        return Skip(notice, NOTHING, left_out)
    if recipient.unconfirmed:
        first = min(match.assignment.facts.respond_by for match in told)
        return Wait(notice, Plan(Way.ASKED, first), left_out)
    if now < until:
        return Wait(notice, Plan(notice.way, until), left_out)
    return Send(notice, told, counts=False, left_out=left_out)


def _decide_news(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    (match,) = notice.matches
    if (overtaken := _overtaken(notice, match)) is not None:
        return Skip(notice, Ending(NoticeState.CANCELLED, overtaken))
    if recipient.suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, recipient.suppressed))
    if not recipient.news:
        return Skip(notice, Ending(NoticeState.UNWANTED, "the professional wants no news of their answers"))
    return _at_an_allowed_moment(notice, recipient, now)


def _at_an_allowed_moment(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """It goes out once the professional said that mails may come, outside their quiet hours."""
    if recipient.unconfirmed:
        return Wait(notice, Plan(Way.ASKED, now + STILL_TRUE))
    until = schedule.outside_quiet(recipient.preferences.quiet_hours, now)
    if now < until:
        return Wait(notice, Plan(notice.way, until))
    return Send(notice, notice.matches, counts=False)


def _decide_of_an_address(notice: Due, recipient: Recipient) -> Decision:
    """That an address changed is told at once, whatever mail they want: somebody else may have changed it."""
    suppressed = recipient.suppressed
    if notice.kind is Kind.LEFT:
        suppressed = notice.suppressed
        if notice.former is None or notice.mailbox == recipient.mailbox:
            return Skip(notice, Ending(NoticeState.CANCELLED, "the professional has this address again"))
    if suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, suppressed))
    return Send(notice, (), counts=False)


def _decide_asking(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """Whether they stay, or mails may come, is asked of everybody whom a mail may reach, unless they want no
    mail of any kind."""
    if notice.kind is Kind.STAY and notice.erased_on is None:
        return Skip(notice, Ending(NoticeState.CANCELLED, "the professional stays, or is asked anew"))
    if notice.kind is Kind.CONSENT and not recipient.unconfirmed:
        return Skip(notice, Ending(NoticeState.CANCELLED, "mails may come without this being asked"))
    if recipient.suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, recipient.suppressed))
    if recipient.preferences.frequency is Frequency.NONE and not recipient.news:
        return Skip(notice, Ending(NoticeState.UNWANTED, "the professional wants no mail at all"))
    until = schedule.outside_quiet(recipient.preferences.quiet_hours, now)
    if now < until:
        return Wait(notice, Plan(notice.way, until))
    return Send(notice, (), counts=False)


def _decide_of_a_placement(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """Who is at work is told of it as of what they answered: unless they want no such mail."""
    if (overtaken := _no_more(notice)) is not None:
        return Skip(notice, Ending(NoticeState.CANCELLED, overtaken))
    if recipient.suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, recipient.suppressed))
    if not recipient.news:
        return Skip(notice, Ending(NoticeState.UNWANTED, "the professional wants no news of their answers"))
    return _at_an_allowed_moment(notice, recipient, now)


def _no_more(notice: Due) -> str | None:
    if notice.at_work is None:
        return "the professional was erased"
    if guidance.is_cancelled(notice.at_work.terms) and notice.kind is not Kind.ENDED:
        return "the placement was taken back"
    if notice.kind in CHECK_INS and notice.at_work.terms.state is PlacementState.ENDED:
        return "the placement ended"
    if notice.kind is Kind.TALK and notice.at_work.answer is not CheckIn.WIL_PRATEN:
        return "they answered otherwise since, or wrote more"
    return None


def _decide_silence(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """Nothing fits, and something would: a mail on new opdrachten, though of none."""
    if notice.fits or not notice.levers:
        return Skip(notice, Ending(NoticeState.CANCELLED, "something fits by now"))
    return _to_who_wants_mail(notice, recipient, now)


def _decide_question(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    """A colleague's question is told to who wants mail, outside the quiet hours."""
    if notice.question is None:
        return Skip(notice, Ending(NoticeState.CANCELLED, "whoever asked it was erased"))
    if notice.question.asker is None:
        return Wait(notice, Plan(notice.way, now + LOOK_AGAIN))
    return _to_who_wants_mail(notice, recipient, now)


def _to_who_wants_mail(notice: Due, recipient: Recipient, now: datetime) -> Decision:
    if recipient.suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, recipient.suppressed))
    if recipient.preferences.frequency is Frequency.NONE:
        return Skip(notice, Ending(NoticeState.UNWANTED, "the professional wants no mail"))
    return _at_an_allowed_moment(notice, recipient, now)


def _overtaken(notice: Due, match: Match) -> str | None:
    """Return why news is no longer true; None where it is."""
    decision = None if match.decided is None else match.decided.decision
    match notice.kind:
        case Kind.ANSWERED if not match.interested:
            return "the professional stepped back"
        case Kind.CHANGED if not (match.live and match.interested and match.assignment.open):
            return "the match was withdrawn, declined or rejected"
        case Kind.CHANGED if not notice.changes:
            return "what had changed is as it was told"
        case Kind.CLOSED | Kind.DROPPED if notice.placed:
            return "they do the opdracht, and the agreement is told"
        case Kind.DROPPED if match.live:
            return "the match came back"
        case Kind.INVITED | Kind.NOMINATED if match.declined:
            return "the professional stepped back"
        case kind if kind in OF_A_DECISION.values() and (
            decision is None or OF_A_DECISION[decision] is not kind
        ):
            return "the recruiter decided otherwise"
    return None


def why_not_told(
    match: Match, recipient: Recipient | None, now: datetime, *, is_back: bool = False
) -> Ending | None:
    """Return why a professional is not told of a new match; None where they are. `recipient` None: erased;
    `is_back`: they were told that it fell off, so that who said yes is told too."""
    if recipient is None:
        return Ending(NoticeState.CANCELLED, "the professional was erased")
    if not match.live:
        return Ending(NoticeState.CANCELLED, "the match was withdrawn before it was told")
    if not match.assignment.open:
        return Ending(NoticeState.CANCELLED, "the assignment closed before it was told")
    if match.declined or (match.interested and not is_back):
        return Ending(NoticeState.CANCELLED, "the professional answered already")
    return unwelcome(recipient, match.score) or (None if match.assignment.is_answerable(now) else MISSED)


def unwelcome(recipient: Recipient, score: float) -> Ending | None:
    """Return why somebody gets no mail on a new match with this score; None where they do."""
    if recipient.suppressed is not None:
        return Ending(NoticeState.SUPPRESSED, recipient.suppressed)
    if recipient.preferences.frequency is Frequency.NONE:
        return Ending(NoticeState.UNWANTED, "the professional wants no mail")
    if score < recipient.preferences.min_score:
        return Ending(NoticeState.UNWANTED, "the score is below the professional's minimum")
    return None


def _decide_for_recruiter(notice: Due, now: datetime) -> Decision:
    told, left_out = notice.matches, {}
    if notice.kind is Kind.SUMMARY:
        told = tuple(
            match for match in notice.matches if match.live and match.match_id not in notice.interest_told
        )
        kept = {match.match_id for match in told}
        left_out = {match.match_id: NOTHING for match in notice.matches if match.match_id not in kept}
    if (ending := _why_not_to_recruiter(notice, told, now)) is not None:
        return Skip(notice, ending, left_out)
    if notice.suppressed is not None:
        return Skip(notice, Ending(NoticeState.SUPPRESSED, notice.suppressed), left_out)
    # who wants to talk is heard at once
    until = schedule.outside_quiet(notice.wishes.quiet_hours and notice.kind is not Kind.TALK, now)
    if now < until:
        return Wait(notice, Plan(notice.way, until))
    return Send(notice, told, counts=False, left_out=left_out)


def _why_not_to_recruiter(notice: Due, told: tuple[Match, ...], now: datetime) -> Ending | None:
    match notice.kind:
        case Kind.WARNING:
            return why_not_warned(notice.assignment, notice.no_interest, now)
        case Kind.EXPIRING:
            is_open = notice.assignment is not None and notice.assignment.open
            return None if is_open else Ending(NoticeState.CANCELLED, "the assignment closed")
        case Kind.INTEREST:
            holds = any(match.live and match.interested for match in told)
            return None if holds else Ending(NoticeState.CANCELLED, "the interest was taken back or fell off")
        case Kind.RETREAT:
            holds = any(not match.live or match.declined for match in told)
            return None if holds else Ending(NoticeState.CANCELLED, "the match came back before it was told")
        case Kind.PLACED | Kind.TALK:
            overtaken = _no_more(notice)
            return None if overtaken is None else Ending(NoticeState.CANCELLED, overtaken)
    return None if told else Ending(NoticeState.CANCELLED, "every match was withdrawn or told before")


def why_not_warned(
    assignment: Assignment | None, no_interest: NoInterestYet | None, now: datetime
) -> Ending | None:
    """Return why a recruiter need not be warned any more that nobody is interested; None where they need."""
    if assignment is None or not assignment.is_answerable(now):
        return Ending(NoticeState.EXPIRED, "the assignment can no longer be answered")
    if no_interest is None or not no_interest.holds:
        return Ending(NoticeState.CANCELLED, "somebody is interested by now")
    return None


def retry_pause(attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after a temporary failure: growing, up to a quarter of an hour.

    `jitter`: a random factor around 1, so that what failed together is not tried again together.
    """
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * jitter)
