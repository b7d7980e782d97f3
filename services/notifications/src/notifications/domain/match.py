"""A match and its assignment, as this service knows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import Appointment, CriterionExplained, Relaxation, RuleBroken
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, ClosedReason, Decision, ReasonCode, WithdrawalReason

# What ends a match for good. (A withdrawal may be followed by another proposal.)
ENDING_ANSWERS = frozenset({Answer.DECLINED})
ENDING_DECISIONS = frozenset({Decision.REJECTED})


@dataclass(frozen=True)
class Assignment:
    """An opdracht at its latest version. `opened_at`: when it opened; `closed_at`: when it closed, None too
    where that is not known."""

    assignment_id: UUID
    facts: AssignmentFacts
    closed_reason: ClosedReason | None
    opened_at: datetime | None
    version: int = 1
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Tell whether it is not closed."""
        return self.closed_reason is None

    def is_answerable(self, now: datetime) -> bool:
        """Tell whether professionals may still answer."""
        return self.open and now < self.facts.respond_by


@dataclass(frozen=True)
class Answered:
    """What the professional answered last."""

    answer: Answer
    reason: str | None
    at: datetime | None


@dataclass(frozen=True)
class Decided:
    """What the recruiter decided last, and did not take back.

    `reason` is internal and stands in no mail. `message`: the recruiter's words to the professional; `told`:
    whether they are told of it.
    """

    decision: Decision
    reason: str | None
    at: datetime | None
    message: str | None = None
    reason_code: ReasonCode | None = None
    appointment: Appointment | None = None
    told: bool = True


@dataclass(frozen=True)
class Withdrawn:
    """How a match stopped to be a candidate: the rules that it fails, none where only its score is too low,
    and that score."""

    reason: WithdrawalReason
    rules: tuple[RuleBroken, ...]
    score: float | None
    at: datetime


class FilledBy(StrEnum):
    """Who got an opdracht that is filled, as one of its professionals sees it."""

    YOU = "you"
    SOMEBODY_ELSE = "somebody_else"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Match:
    """A match at its latest revision.

    `name`: the professional's, None where it is not known yet. `asked_later`: they asked once to be told of
    it again, and that is in a digest. `withdrawn`: how it ended where it is not live and nobody said no.
    `proposed_at` is this revision's moment, `first_proposed_at` that of the first. `answers`: how many were
    taken; `comes_back`: they said yes after a no, and matching has not proposed them again yet. `links_from`:
    the generation of links to its professional that holds.
    """

    match_id: UUID
    profile_id: UUID
    assignment: Assignment
    live: bool
    score: float
    growth: bool
    explanation: Sequence[CriterionExplained]
    proposed_at: datetime
    name: str | None
    answered: Answered | None
    decided: Decided | None
    asked_later: bool
    withdrawn: Withdrawn | None = None
    filled_by: FilledBy = FilledBy.UNKNOWN
    first_proposed_at: datetime | None = None
    answers: int = 0
    comes_back: bool = False
    links_from: int = 1

    @property
    def interested(self) -> bool:
        """Tell whether its professional is interested."""
        return self.answered is not None and self.answered.answer is Answer.INTERESTED

    @property
    def declined(self) -> bool:
        """Tell whether its professional said no last."""
        return self.answered is not None and self.answered.answer is Answer.DECLINED

    @property
    def chosen(self) -> bool:
        """Tell whether the recruiter invited or nominated its professional."""
        return self.decided is not None and self.decided.decision is not Decision.REJECTED

    @property
    def nominated(self) -> bool:
        """Tell whether the recruiter nominated its professional."""
        return self.decided is not None and self.decided.decision is Decision.NOMINATED

    def greatest_losses(self, most: int) -> list[CriterionExplained]:
        """Return up to `most` criteria that cost a point or more, the greatest loss first."""
        losses = [(item.max_points - item.points, place) for place, item in enumerate(self.explanation)]
        return [self.explanation[place] for loss, place in sorted(losses, reverse=True)[:most] if loss >= 1]


@dataclass(frozen=True)
class Ended:
    """How many matches of an assignment ended, and how: the professional said no, the recruiter rejected
    them, or the assignment or their profile changed so that it no longer fits."""

    declined: int
    rejected: int
    fell_off: int


@dataclass(frozen=True)
class NoInterestYet:
    """What matching noticed of an assignment shortly before `respond_by`.

    `live`: how many were proposed; `relaxation`: what would bring most people, None where nothing does;
    `holds`: still nobody is interested.
    """

    respond_by: datetime
    live: int
    relaxation: Relaxation | None
    holds: bool
