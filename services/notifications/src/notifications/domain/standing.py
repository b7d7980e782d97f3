"""How a match stands for its professional, and what they may answer. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.events import MatchAnswered
from contracts.vocabulary import Answer, Decision

from notifications.domain.match import ENDING_ANSWERS, Answered, Match


class Standing(StrEnum):
    """How a match stands for the professional who opens its page."""

    OPEN = "open"
    INTERESTED = "interested"
    SELECTING = "selecting"
    INVITED = "invited"
    NOMINATED = "nominated"
    DECLINED = "declined"
    REJECTED = "rejected"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DROPPED = "dropped"


class Choice(StrEnum):
    """What a professional may do on the page of a match: answer, or ask to be told of it again."""

    INTERESTED = "interested"
    DECLINED = "declined"
    LATER = "later"


MOST_ANSWERS = 10  # of one match
LEAST_STEP = timedelta(microseconds=1)


@dataclass(frozen=True)
class Taken:
    """The answer is taken: the match as it is now, and what happened."""

    match: Match
    event: MatchAnswered


@dataclass(frozen=True)
class Repeated:
    """The same answer was given before; nothing changes, and that is fine."""


@dataclass(frozen=True)
class TooLate:
    """The match can no longer be answered; nothing changes."""


@dataclass(frozen=True)
class TooMany:
    """The match was answered too often; nothing changes."""


Outcome = Taken | Repeated | TooLate | TooMany


def standing(match: Match, now: datetime) -> Standing:
    """Return how a match stands now."""
    answer = match.answered and match.answered.answer
    decision = match.decided and match.decided.decision
    if answer is Answer.DECLINED:
        return Standing.DECLINED
    if decision is Decision.REJECTED:
        return Standing.REJECTED
    if match.assignment.closed_reason is not None:
        return Standing(match.assignment.closed_reason.value)
    if not match.live:
        return Standing.DROPPED
    if decision is Decision.NOMINATED:
        return Standing.NOMINATED
    if decision is Decision.INVITED:
        return Standing.INVITED
    if now >= match.assignment.facts.respond_by:
        return Standing.SELECTING if answer is Answer.INTERESTED else Standing.EXPIRED
    return Standing.INTERESTED if answer is Answer.INTERESTED else Standing.OPEN


def choices(match: Match, now: datetime) -> frozenset[Choice]:
    """Return what its professional may do now."""
    found = set()
    if _may_say_yes(match, now):
        found.add(Choice.INTERESTED)
    if _may_say_no(match, now):
        found.add(Choice.DECLINED)
    if standing(match, now) is Standing.OPEN:
        found.add(Choice.LATER)
    return frozenset(found)


def _may_say_yes(match: Match, now: datetime) -> bool:
    """While one can respond, and before a decision; who said no to what still fitted may change their mind.

    What matching had withdrawn it does not propose again for a yes.
    """
    is_here = match.live or (match.declined and match.withdrawn is None)
    return is_here and match.decided is None and match.assignment.is_answerable(now)


def _may_say_no(match: Match, now: datetime) -> bool:
    """As yes; and whoever said yes, is invited or nominated may step back until the opdracht closes."""
    if match.declined or (match.decided is not None and not match.chosen):
        return False
    if match.interested or match.chosen:
        return match.assignment.open
    return match.live and match.assignment.is_answerable(now)


def answer(match: Match, given: Answer, reason: str | None, now: datetime) -> Outcome:
    """Answer a match. Who says yes after a no waits for matching to propose them again.

    Of two answers the later one has the later moment, whatever the clocks of replicas say, and however long
    one of them waited for its turn: matching goes by the moments, and here the last counts.
    """
    before = match.answered
    if before is not None and (before.answer, before.reason) == (given, reason):
        return Repeated()
    if Choice(given) not in choices(match, now):
        return TooLate()
    if match.answers >= MOST_ANSWERS:
        return TooMany()
    at = now if before is None or before.at is None else max(now, before.at + LEAST_STEP)
    event = MatchAnswered(
        match_id=match.match_id,
        assignment_id=match.assignment.assignment_id,
        profile_id=match.profile_id,
        answer=given,
        reason=reason,
        answered_at=at,
    )
    answered = replace(
        match,
        answered=Answered(given, reason, at),
        answers=match.answers + 1,
        live=given not in ENDING_ANSWERS,
        comes_back=match.declined,
    )
    return Taken(answered, event)
