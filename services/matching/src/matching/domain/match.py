"""A pair of a professional and an assignment, as it stands; when it is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

from contracts.events import CriterionExplained
from contracts.vocabulary import Answer, Decision

# What ends a pair for its assignment, as the latest answer or the decision that stands; and what shows that
# somebody is interested.
ENDING = frozenset({Answer.DECLINED, Decision.REJECTED})
INTEREST = frozenset({Answer.INTERESTED, Decision.INVITED, Decision.NOMINATED})

LEAST_STEP = timedelta(microseconds=1)


@lru_cache(maxsize=4096)  # whatever is said of a pair at once, names it several times
def match_id(assignment_id: UUID, profile_id: UUID) -> UUID:
    """Return the id of a pair: UUIDv5 in the assignment's namespace."""
    return uuid5(assignment_id, str(profile_id))


def next_moment(last: datetime | None, now: datetime) -> datetime:
    """Return the moment of a pair's next event: now, and later than its `last` one, whatever the clocks of
    replicas say. Whoever reads the events orders a pair's by their moments."""
    return now if last is None else max(now, last + LEAST_STEP)


def has_ended(answer: Answer | None, decision: Decision | None) -> bool:
    """Tell whether a pair is over for its assignment, by its latest answer and the decision that stands."""
    return answer in ENDING or decision in ENDING


@dataclass(frozen=True)
class Pair:
    """What is known of a pair. `revision` is 0 where an answer came before any proposal.

    `readable`: whether this version knows the answer and the decision; where not, both are None here, and the
    pair is left as it is.

    `placed`: the professional does the assignment. The pair then stands as it stood, and is not judged.

    `judged_by` is the policy of the latest judgement. `ended_while_live`: it was live when it was declined or
    rejected. `answer` is the latest; `decision` the one that stands, None where it was taken back. `last_at`
    is the moment of the last event on the pair.
    """

    profile_id: UUID
    revision: int
    live: bool
    assignment_version: int | None
    profile_version: int | None
    score: float | None
    growth: bool | None
    points: list[float] | None
    judged_by: str | None
    proposed_at: datetime | None
    first_proposed_at: datetime | None
    ended_while_live: bool
    answer: Answer | None
    decision: Decision | None
    last_at: datetime | None = None
    readable: bool = True
    placed: bool = False

    @property
    def ended(self) -> bool:
        """Tell whether the pair is no candidate any more for this assignment, since it is placed or over; one
        that cannot be read may be."""
        return not self.readable or self.placed or has_ended(self.answer, self.decision)

    @property
    def returning(self) -> bool:
        """Tell whether the pair was live, ended, and has ended no longer: it comes back without a seat."""
        return self.ended_while_live and not self.live and not self.ended

    def is_live_on(self, assignment_version: int, profile_version: int, policy: str) -> bool:
        """Tell whether the pair is live and was judged on these versions by this policy."""
        judged = (self.assignment_version, self.profile_version, self.judged_by)
        return self.live and judged == (assignment_version, profile_version, policy)

    def is_judged_by_another(self, policy: str) -> bool:
        """Tell whether the pair is live and was judged by another policy."""
        return self.live and self.judged_by != policy


class MatchState(StrEnum):
    """How a match stands, to people. `placed` whatever stood before; the last three are not live."""

    PROPOSED = "proposed"
    INTERESTED = "interested"
    INVITED = "invited"
    NOMINATED = "nominated"
    PLACED = "placed"
    DECLINED = "declined"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Match:
    """A pair that was proposed at least once, as people see it.

    `decisions`: those that stand, the latest last; one that is taken back leaves the one before.
    `decided_at`: when the recruiter last decided or took a decision back; `last_at`: the moment of the last
    event on it.
    """

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
    first_proposed_at: datetime
    ended_while_live: bool
    answer: Answer | None
    decisions: tuple[Decision, ...]
    decided_at: datetime | None
    last_at: datetime | None = None
    placed: bool = False

    @property
    def decision(self) -> Decision | None:
        """Return the decision that stands."""
        return self.decisions[-1] if self.decisions else None

    @property
    def returning(self) -> bool:
        """Tell whether the match comes back with the next reconciliation, unless it no longer fits."""
        return self.ended_while_live and not self.live and not has_ended(self.answer, self.decision)

    @property
    def state(self) -> MatchState:
        """Return how the match stands: placed, rejected, declined, withdrawn; if live by decision, else by
        answer."""
        if self.placed:
            return MatchState.PLACED
        if self.decision is Decision.REJECTED or self.answer is Answer.DECLINED:
            return MatchState.REJECTED if self.decision is Decision.REJECTED else MatchState.DECLINED
        if not self.live and not self.returning:
            return MatchState.WITHDRAWN
        return MatchState(self.decision or self.answer or MatchState.PROPOSED)
