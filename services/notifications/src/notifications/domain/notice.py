"""What a notice is, and whether it still goes out. Pure: the moment is an argument."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Frequency

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900
GIVE_UP_AFTER = timedelta(hours=48)


class Kind(StrEnum):
    """What a notice tells: a professional of a match (anew, where they asked for it later) or of several;
    a recruiter of new matches, of somebody's interest, or of nobody's; or a professional what became of a
    match after the answer."""

    MATCH = "match"
    LATER = "later"
    DIGEST = "digest"
    SUMMARY = "summary"
    INTEREST = "interest"
    WARNING = "warning"
    ANSWERED = "answered"
    NOMINATED = "nominated"
    REJECTED = "rejected"
    CLOSED = "closed"


OF_A_MATCH = {Kind.MATCH, Kind.LATER}
TO_RECRUITERS = {Kind.SUMMARY, Kind.INTEREST, Kind.WARNING}
NEWS = {Kind.ANSWERED, Kind.NOMINATED, Kind.REJECTED, Kind.CLOSED}


class State(StrEnum):
    """Where a notice is. All but the first two are final, save that a cancelled one may be wanted again,
    and that an accepted one may come back or be complained of."""

    PENDING = "pending"
    SENDING = "sending"
    DIGESTED = "digested"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    UNWANTED = "unwanted"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Recipient:
    """A professional who is to be told. `suppressed`: why no mail goes to this address; else None."""

    name: str
    email: str
    preferences: Preferences
    suppressed: str | None = None


@dataclass(frozen=True)
class Opdracht:
    """An assignment as a mail tells of it."""

    assignment_id: UUID
    facts: AssignmentFacts
    open: bool
    closed_reason: str | None


@dataclass(frozen=True)
class Match:
    """What a mail tells of a match."""

    match_id: UUID
    profile_id: UUID
    live: bool
    score: float
    growth: bool
    explanation: list[dict[str, object]]
    name: str | None
    decision_reason: str | None
    asked_later: bool
    opdracht: Opdracht


@dataclass(frozen=True)
class Advice:
    """What would bring an assignment more people: the fields as they would be, and how many it adds."""

    respond_by: datetime
    live: int
    change: dict[str, Any]
    adds: int
    interested: bool  # somebody is by now


@dataclass(frozen=True)
class Skip:
    """It will not be sent, and why."""

    state: State
    detail: str


def verdict_on_match(match: Match, recipient: Recipient | None, now: datetime) -> Skip | None:
    """Return why a professional is not told of a match; None where they are. `recipient` None: erased."""
    if recipient is None:
        return Skip(State.CANCELLED, "the professional was erased")
    if not match.live:
        return Skip(State.CANCELLED, "the match was withdrawn before it was told")
    if not match.opdracht.open or now >= match.opdracht.facts.respond_by:
        return Skip(State.EXPIRED, "the assignment can no longer be answered")
    if recipient.preferences.frequency is Frequency.NONE:
        return Skip(State.UNWANTED, "the professional wants no mail")
    if match.score < recipient.preferences.min_score:
        return Skip(State.UNWANTED, "the score is below the professional's minimum")
    return verdict_on_news(recipient)


def verdict_on_warning(advice: Advice, opdracht: Opdracht, now: datetime) -> Skip | None:
    """Return why a recruiter need not be warned any more that nobody is interested; None where they need."""
    if not opdracht.open or now >= opdracht.facts.respond_by:
        return Skip(State.EXPIRED, "the assignment can no longer be answered")
    if advice.interested:
        return Skip(State.CANCELLED, "somebody is interested by now")
    return None


def verdict_on_news(recipient: Recipient | None) -> Skip | None:
    """Return why a professional is not told what became of an answer; None where they are."""
    if recipient is None:
        return Skip(State.CANCELLED, "the professional was erased")
    if recipient.suppressed is not None:
        return Skip(State.SUPPRESSED, recipient.suppressed)
    return None


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after a temporary failure: growing, jittered."""
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.5, 1.5))
