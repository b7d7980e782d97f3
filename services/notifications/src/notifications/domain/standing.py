"""How a match stands for its professional, and what they may answer. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
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


_CHOICES = {
    Standing.OPEN: frozenset(Choice),
    Standing.INTERESTED: frozenset({Choice.INTERESTED, Choice.DECLINED}),
    Standing.SELECTING: frozenset({Choice.DECLINED}),
    Standing.INVITED: frozenset({Choice.DECLINED}),
    Standing.NOMINATED: frozenset({Choice.DECLINED}),
}


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
    return _CHOICES.get(standing(match, now), frozenset())


def answer(match: Match, given: Answer, reason: str | None, now: datetime) -> Taken | Repeated | TooLate:
    """Answer a match."""
    before = match.answered
    if before is not None and (before.answer, before.reason) == (given, reason):
        return Repeated()
    if Choice(given) not in choices(match, now):
        return TooLate()
    event = MatchAnswered(
        match_id=match.match_id,
        assignment_id=match.assignment.assignment_id,
        profile_id=match.profile_id,
        answer=given,
        reason=reason,
        answered_at=now,
    )
    live = match.live and given not in ENDING_ANSWERS
    return Taken(replace(match, answered=Answered(given, reason, now), live=live), event)
