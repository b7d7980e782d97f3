"""What happens, and when: the timed facts that mail follows from, each as notifications hears of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Answer, ClosedReason, Decision, ReasonCode, Rule, WithdrawalReason


@dataclass(frozen=True, kw_only=True)
class Fact:
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ContactKnown(Fact):
    """A professional is created, or changed: who they are, in full."""

    profile_id: UUID
    name: str
    email: str
    preferences: Preferences


@dataclass(frozen=True, kw_only=True)
class ContactErased(Fact):
    profile_id: UUID


@dataclass(frozen=True, kw_only=True)
class PreferencesChosen(Fact):
    """A professional chooses on the page. `news`: whether they want to hear of opdrachten that they reacted
    to; `paused_until` is for the profiles service, and matching withdraws what is live."""

    profile_id: UUID
    preferences: Preferences
    news: bool = True
    paused_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Unsubscribed(Fact):
    """One click in a mail: no mail about new opdrachten any more."""

    profile_id: UUID


@dataclass(frozen=True, kw_only=True)
class AssignmentOpened(Fact):
    assignment_id: UUID
    facts: AssignmentFacts


@dataclass(frozen=True, kw_only=True)
class AssignmentChanged(Fact):
    assignment_id: UUID
    facts: AssignmentFacts


@dataclass(frozen=True, kw_only=True)
class AssignmentClosed(Fact):
    assignment_id: UUID
    reason: ClosedReason


@dataclass(frozen=True, kw_only=True)
class Proposed(Fact):
    """Matching proposes a pair, or gives a live proposal a new revision."""

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    revision: int
    score: float


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Fact):
    """`rules`: those that no longer hold."""

    match_id: UUID
    revision: int
    reason: WithdrawalReason
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answered(Fact):
    """A professional presses yes or no; whether that is taken is for the rules to say."""

    match_id: UUID
    answer: Answer
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class AskedLater(Fact):
    match_id: UUID


@dataclass(frozen=True, kw_only=True)
class Decided(Fact):
    """A recruiter decides. `message`, `tell` and `reason_code` as in MatchDecided.v1."""

    match_id: UUID
    decision: Decision
    message: str | None = None
    tell: bool | None = None
    reason_code: ReasonCode | None = None


@dataclass(frozen=True, kw_only=True)
class InterestLacking(Fact):
    """Matching notices that nobody is interested and `respond_by` is near."""

    assignment_id: UUID


@dataclass(frozen=True, kw_only=True)
class AddressReleased(Fact):
    """A recruiter or an operator lets an address get mail again."""

    email: str


@dataclass(frozen=True, kw_only=True)
class RecruiterPreferencesChosen(Fact):
    """A recruiter chooses how their own mail comes."""

    email: str
    summary: Literal["direct", "hourly", "daily", "none"] = "direct"
    interest: Literal["direct", "daily"] = "direct"
    quiet_hours: bool = False


MatchFact: TypeAlias = Proposed | Withdrawn


@dataclass(frozen=True)
class Delays:
    """The settings of the platform that mail depends on.

    `summary`: how long new matches are gathered for a recruiter (SUMMARY_SECONDS); `news`: how long a
    decision may still be undone before it is told (NEWS_DELAY_SECONDS); `selection`: how long after
    `respond_by` an opdracht closes by itself (SELECTION_DAYS).
    """

    summary: timedelta = timedelta(seconds=60)
    news: timedelta = timedelta(seconds=30)
    selection: timedelta = timedelta(days=30)


TELLING = (
    "title",
    "level",
    "rate_max_cents",
    "hours_min",
    "hours_max",
    "place",
    "onsite_days",
    "starts_on",
    "ends_on",
    "contract_forms",
    "respond_by",
)


def differences(old: AssignmentFacts, new: AssignmentFacts) -> dict[str, tuple[object, object]]:
    """Return each fact that a mail tells and that differs: old and new.

    A place is told by its name, contract forms are a set, and a moment is the same in whatever zone it is
    written.
    """
    shown = [(name, _shown(old, name), _shown(new, name)) for name in TELLING]
    return {name: (before, after) for name, before, after in shown if before != after}


def _shown(facts: AssignmentFacts, name: str) -> object:
    value: object = getattr(facts, name)
    if name == "place":
        return facts.place.name
    if name == "contract_forms":
        return frozenset(facts.contract_forms)
    return value
