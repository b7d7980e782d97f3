"""The people of one opdracht: how each stands, in the groups that a recruiter works through."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import CriterionExplained, MatchDecided, MatchWithdrawn
from contracts.facts import Preferences, ProfileFacts
from contracts.vocabulary import Answer, Decision, NoticeOutcome, WithdrawalReason


class Group(StrEnum):
    """How somebody stands, in the order in which the page shows them."""

    INTERESTED = "interesse"
    INVITED = "gesprek"
    NOMINATED = "voorgedragen"
    PLACED = "geplaatst"
    MAILED = "gemaild"
    NOT_MAILED = "niet-gemaild"
    DECLINED = "zei-nee"
    FELL_OFF = "afgevallen"
    REJECTED = "afgewezen"


TO_WORK_ON = frozenset({Group.INTERESTED, Group.INVITED, Group.NOMINATED, Group.MAILED, Group.NOT_MAILED})


@dataclass(frozen=True)
class Told:
    """How the last mail about the match itself ended."""

    outcome: NoticeOutcome
    at: datetime


@dataclass(frozen=True)
class Candidate:
    """Somebody who was proposed for an opdracht. `name` and what follows it: null until the person is known,
    and after their erasure; `told`: null until a mail about the match ended; `placed`: does the opdracht, or
    did."""

    match_id: UUID
    profile_id: UUID
    live: bool
    score: float
    growth: bool
    explanation: tuple[CriterionExplained, ...]
    policy: str
    proposed_at: datetime
    first_proposed_at: datetime
    answer: Answer | None
    answer_reason: str | None
    answered_at: datetime | None
    decision: Decision | None
    decided_at: datetime | None
    decisions: tuple[MatchDecided, ...]
    withdrawn: MatchWithdrawn | None
    told: Told | None
    name: str | None
    email: str | None
    phone: str | None
    facts: ProfileFacts | None
    erased: bool
    preferences: Preferences | None = None
    placed: bool = False

    @property
    def group(self) -> Group:
        """Return how they stand. What stood when the opdracht closed stands still."""
        if self.placed:
            return Group.PLACED
        if self.decision is Decision.REJECTED:
            return Group.REJECTED
        if self.answer is Answer.DECLINED:
            return Group.DECLINED
        if not self.live and not self._ended_with_the_opdracht:
            return Group.FELL_OFF
        if self.decision is Decision.NOMINATED:
            return Group.NOMINATED
        if self.decision is Decision.INVITED:
            return Group.INVITED
        if self.answer is Answer.INTERESTED:
            return Group.INTERESTED
        told = self.told is not None and self.told.outcome is NoticeOutcome.ACCEPTED
        return Group.MAILED if told else Group.NOT_MAILED

    @property
    def mail_is_due(self) -> bool:
        """Tell whether the mail about the match is still to go."""
        return self.group is Group.NOT_MAILED and self.told is None

    @property
    def _ended_with_the_opdracht(self) -> bool:
        return self.withdrawn is not None and self.withdrawn.reason is WithdrawalReason.ASSIGNMENT_CLOSED


def grouped(candidates: Iterable[Candidate]) -> dict[Group, list[Candidate]]:
    """Return the people by group, each in the order in which they come."""
    groups: dict[Group, list[Candidate]] = {group: [] for group in Group}
    for candidate in candidates:
        groups[candidate.group].append(candidate)
    return groups
