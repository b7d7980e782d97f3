"""What has to happen to an assignment's proposals, given who is a candidate now. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from contracts.events import CriterionExplained
from contracts.vocabulary import Answer, Decision, WithdrawalReason

from matching.domain import policy, ranking
from matching.domain.question import Question
from matching.domain.ranking import Candidates


def match_id(assignment_id: UUID, profile_id: UUID) -> UUID:
    """Return the id of a pair: UUIDv5 in the assignment's namespace."""
    return uuid5(assignment_id, str(profile_id))


@dataclass(frozen=True)
class Pair:
    """What is kept of a pair. `revision` is 0 where an answer came before any proposal."""

    profile_id: UUID
    revision: int
    live: bool
    assignment_version: int | None
    profile_version: int | None
    score: float | None
    growth: bool | None
    explanation: list[CriterionExplained]
    answer: Answer | None
    decision: Decision | None

    @property
    def ended(self) -> bool:
        """Declined or rejected: over for this assignment, for good."""
        return self.answer is Answer.DECLINED or self.decision is Decision.REJECTED


@dataclass(frozen=True)
class Proposal:
    """A pair to be live with this content. `announced`: it gets a new revision and an event."""

    profile_id: UUID
    profile_version: int
    revision: int
    score: float
    growth: bool
    explanation: list[CriterionExplained]
    announced: bool


@dataclass(frozen=True)
class Withdrawal:
    """A live pair that is live no more. `profile_version`: the one it was judged on, None once erased."""

    profile_id: UUID
    profile_version: int | None
    revision: int
    reason: WithdrawalReason


@dataclass(frozen=True)
class Settlement:
    """Everything to write for one assignment."""

    proposals: list[Proposal]
    withdrawals: list[Withdrawal]

    def judged_on(self) -> dict[UUID, int | None]:
        """Return the version of each profile that this settlement rests on."""
        everything: list[Proposal | Withdrawal] = [*self.proposals, *self.withdrawals]
        return {item.profile_id: item.profile_version for item in everything}


def settle(
    assignment_version: int,
    question: Question,
    found: Candidates,
    pairs: Mapping[UUID, Pair],
    known_version: Callable[[UUID], int | None],
    may_propose: bool,
) -> Settlement:
    """Make live = (live ∪ seats) ∩ candidates, each with the latest explanation.

    `pairs` by profile id; `known_version` gives a profile's version in the population, None where it is
    erased or unknown; `may_propose` is false once `respond_by` has passed.
    """
    place = {profile_id: index for index, profile_id in enumerate(ranking.ids(found))}
    by_place = list(place)
    seated = {by_place[index] for index in found.seats().tolist()} if may_propose else set()
    proposals, withdrawals = [], []
    for profile_id, index in place.items():
        pair = pairs.get(profile_id)
        live = pair is not None and pair.live
        if not live and profile_id not in seated:
            continue
        version = int(found.columns.version[index])
        if (
            live
            and pair is not None
            and (assignment_version, version)
            == (
                pair.assignment_version,
                pair.profile_version,
            )
        ):
            continue
        score, growth = float(found.score[index]), bool(found.growth[index])
        explanation = ranking.explanation(found, index, question)
        announced = pair is None or not live or _differs(pair, score, growth, explanation)
        revision = (pair.revision if pair else 0) + announced
        proposals.append(Proposal(profile_id, version, revision, score, growth, explanation, announced))
    for profile_id, pair in pairs.items():
        if pair.live and profile_id not in place:
            version_now = known_version(profile_id)
            reason = _why_gone(pair, version_now)
            withdrawals.append(Withdrawal(profile_id, version_now, pair.revision, reason))
    return Settlement(proposals, withdrawals)


def close(pairs: Mapping[UUID, Pair]) -> Settlement:
    """Withdraw everything live: the assignment closed."""
    return Settlement(
        [],
        [
            Withdrawal(
                pair.profile_id, pair.profile_version, pair.revision, WithdrawalReason.ASSIGNMENT_CLOSED
            )
            for pair in pairs.values()
            if pair.live
        ],
    )


def _differs(pair: Pair, score: float, growth: bool, explanation: list[CriterionExplained]) -> bool:
    """Tell whether the score, or any criterion's points or maximum, moved by 0.01 or more."""
    step = policy.REVISION_STEP - 1e-9
    if growth != pair.growth or pair.score is None or abs(score - pair.score) >= step:
        return True
    before = {item.criterion: item for item in pair.explanation}
    return any(
        item.criterion not in before
        or abs(item.points - before[item.criterion].points) >= step
        or item.max_points != before[item.criterion].max_points
        for item in explanation
    )


def _why_gone(pair: Pair, version_now: int | None) -> WithdrawalReason:
    if version_now is None:
        return WithdrawalReason.PROFILE_ERASED
    if version_now != pair.profile_version:
        return WithdrawalReason.PROFILE_CHANGED
    return WithdrawalReason.ASSIGNMENT_CHANGED
