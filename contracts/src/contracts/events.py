"""Every event's data. A breaking change is a new `.v2` beside the old."""

from typing import Any
from uuid import UUID

from contracts.facts import AssignmentFacts, Contact, Preferences, ProfileFacts
from contracts.values import Day, Frozen, Line, Moment, Points, Text, Version
from contracts.vocabulary import Answer, ClosedReason, Criterion, Decision, WithdrawalReason


class ProfileUpdated(ProfileFacts):
    """A profile's matching facts, in full."""

    profile_id: UUID
    version: Version


class ContactUpdated(Contact):
    """Who the professional is, in full. The only event with personal data."""

    profile_id: UUID
    version: Version


class AssignmentOpened(AssignmentFacts):
    """An assignment in full, from now on open for matching."""

    assignment_id: UUID
    version: Version


class AssignmentUpdated(AssignmentOpened):
    """An open assignment in full, after a change."""


class AssignmentClosed(AssignmentOpened):
    """An assignment in full, closed for good."""

    closed_reason: ClosedReason


class CriterionExplained(Frozen):
    """One criterion's share in a score: points rounded to 2 decimals, and the facts behind them."""

    criterion: Criterion
    points: Points
    max_points: Points
    facts: dict[str, Any]


class MatchProposed(Frozen):
    """A professional fits an assignment. `revision` rises with each change of the explanation."""

    match_id: UUID
    revision: Version
    assignment_id: UUID
    assignment_version: Version
    profile_id: UUID
    profile_version: Version
    score: Points
    growth: bool
    explanation: list[CriterionExplained]
    policy: Line
    proposed_at: Moment


class MatchWithdrawn(Frozen):
    """A live proposal no longer holds."""

    match_id: UUID
    revision: Version
    assignment_id: UUID
    profile_id: UUID
    reason: WithdrawalReason
    withdrawn_at: Moment


class MatchDecided(Frozen):
    """The recruiter's decision on a match."""

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    decision: Decision
    reason: Text
    decided_by: Line
    decided_at: Moment


class MatchAnswered(Frozen):
    """The professional's answer to a proposal."""

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    answer: Answer
    reason: Text | None = None
    answered_at: Moment


class Relaxation(Frozen):
    """One eased requirement: the fields as they would be, and how many more candidates that brings."""

    change: dict[str, Any]
    adds: int


class InterestLacking(Frozen):
    """Nobody has shown interest in an assignment, and its `respond_by` is near.

    `live`: how many proposals are live; `candidates`: how many fit it in the whole population;
    `relaxation`: the one that would bring most, null where none brings anybody.
    """

    assignment_id: UUID
    assignment_version: Version
    respond_by: Moment
    live: int
    candidates: int
    relaxation: Relaxation | None
    noticed_at: Moment


class PreferencesChosen(Preferences):
    """How a professional wants to be told from now on, and until when not to be asked at all.

    `paused_until`: the first day on which opdrachten are welcome again; null ends such a pause.
    """

    profile_id: UUID
    paused_until: Day | None = None
    chosen_at: Moment


Data = (
    ProfileUpdated
    | ContactUpdated
    | AssignmentOpened
    | AssignmentClosed
    | MatchProposed
    | MatchWithdrawn
    | MatchDecided
    | MatchAnswered
    | PreferencesChosen
    | InterestLacking
)

TYPES: dict[str, type[Data]] = {
    "ProfileUpdated.v1": ProfileUpdated,
    "ContactUpdated.v1": ContactUpdated,
    "AssignmentOpened.v1": AssignmentOpened,
    "AssignmentUpdated.v1": AssignmentUpdated,
    "AssignmentClosed.v1": AssignmentClosed,
    "MatchProposed.v1": MatchProposed,
    "MatchWithdrawn.v1": MatchWithdrawn,
    "MatchDecided.v1": MatchDecided,
    "MatchAnswered.v1": MatchAnswered,
    "PreferencesChosen.v1": PreferencesChosen,
    "InterestLacking.v1": InterestLacking,
}

TYPE_OF: dict[type[Data], str] = {model: name for name, model in TYPES.items()}
