"""A pair of a professional and an assignment, as it stands; when it is over."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from contracts.events import CriterionExplained
from contracts.vocabulary import Answer, Decision

# What ends a pair for its assignment, for good; and what shows that somebody is interested.
ENDING = frozenset({Answer.DECLINED, Decision.REJECTED})
INTEREST = frozenset({Answer.INTERESTED, Decision.NOMINATED})


def match_id(assignment_id: UUID, profile_id: UUID) -> UUID:
    """Return the id of a pair: UUIDv5 in the assignment's namespace."""
    return uuid5(assignment_id, str(profile_id))


@dataclass(frozen=True)
class Pair:
    """What is known of a pair. `revision` is 0 where an answer came before any proposal."""

    profile_id: UUID
    revision: int
    live: bool
    assignment_version: int | None
    profile_version: int | None
    score: float | None
    growth: bool | None
    points: list[float] | None
    proposed_at: datetime | None
    answer: Answer | None
    decision: Decision | None

    @property
    def ended(self) -> bool:
        """Tell whether the pair is over for this assignment."""
        return self.answer in ENDING or self.decision in ENDING

    def is_live_on(self, assignment_version: int, profile_version: int) -> bool:
        """Tell whether the pair is live and was judged on these versions."""
        judged_on = (self.assignment_version, self.profile_version)
        return self.live and judged_on == (assignment_version, profile_version)


class MatchState(StrEnum):
    """How a match stands, to people: the latest that happened to it."""

    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    INTERESTED = "interested"
    DECLINED = "declined"
    NOMINATED = "nominated"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Match:
    """A pair that was proposed at least once, as people see it."""

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    revision: int
    live: bool
    score: float
    growth: bool
    explanation: list[CriterionExplained]
    policy: str
    proposed_at: datetime
    answer: Answer | None
    decision: Decision | None

    @property
    def state(self) -> MatchState:
        """Return how the match stands: by the decision, else by the answer."""
        said = self.decision or self.answer
        if said is not None:
            return MatchState(said)
        return MatchState.PROPOSED if self.live else MatchState.WITHDRAWN
