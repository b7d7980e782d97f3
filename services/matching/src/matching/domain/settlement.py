"""What has to happen to an assignment's proposals, given who is a candidate now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

import numpy as np
from contracts.events import CriterionExplained
from contracts.vocabulary import Answer, Criterion, Decision, WithdrawalReason

from matching.domain import policy, ranking
from matching.domain.population import Population
from matching.domain.question import Question
from matching.domain.ranking import Candidates, Cut
from matching.domain.table import Array


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
    points: list[float] | None
    proposed_at: datetime | None
    answer: Answer | None
    decision: Decision | None

    @property
    def ended(self) -> bool:
        """Declined or rejected: over for this assignment, for good."""
        return self.answer is Answer.DECLINED or self.decision is Decision.REJECTED

    def is_live_on(self, assignment_version: int, profile_version: int) -> bool:
        """Tell whether the pair is live and was judged on these versions."""
        judged_on = (self.assignment_version, self.profile_version)
        return self.live and judged_on == (assignment_version, profile_version)


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

    @property
    def first(self) -> bool:
        """Tell whether the pair was never proposed before."""
        return self.announced and self.revision == 1

    @property
    def level(self) -> str:
        """Return the professional's level, as the explanation names it."""
        facts = {item.criterion: item.facts for item in self.explanation}
        return str(facts[Criterion.AMBITION]["profile_level"])

    @property
    def points(self) -> list[float]:
        """Return the points of the explanation, then its maxima."""
        return [
            *(item.points for item in self.explanation),
            *(item.max_points for item in self.explanation),
        ]


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
    cut: Cut | None = None

    def judged_on(self) -> set[tuple[UUID, int | None]]:
        """Return the profiles that this settlement rests on, each with its version."""
        everything: list[Proposal | Withdrawal] = [*self.proposals, *self.withdrawals]
        return {(item.profile_id, item.profile_version) for item in everything}


def settle(
    assignment_version: int,
    question: Question,
    population: Population,
    pairs: Mapping[UUID, Pair],
    may_propose: bool,
    among: Array | None = None,
) -> Settlement:
    """Make live = (live ∪ seats) ∩ candidates, each with the latest explanation.

    `pairs` by profile id; `may_propose` is false once `respond_by` has passed; `among`: the rows among
    which the seats are, None where that is not known.
    """
    live = {one: pair for one, pair in pairs.items() if pair.live}
    # Whoever is live on both latest versions was judged on them, and stands as judged.
    stale = {
        one: live[one]
        for one, version in zip(live, population.versions(live), strict=True)
        if version is None or not live[one].is_live_on(assignment_version, version)
    }
    seated = ranking.seats(population, question, among) if may_propose else None
    rows = set(population.rows_of(stale).tolist())
    seats = set() if seated is None else set(seated.profiles.row.tolist())
    if seated is not None and rows <= seats:
        current = seated
    else:
        everyone = np.array(sorted(rows | seats), np.int64)
        current = ranking.candidates(population.profiles.take(everyone), question)
    ids = current.ids()
    return Settlement(
        _proposals(assignment_version, question, current, ids, pairs),
        _withdrawals(stale, set(ids), population),
        seated.cut() if seated is not None else None,
    )


def _withdrawals(
    live: Mapping[UUID, Pair], candidates: set[UUID], population: Population
) -> list[Withdrawal]:
    """Return who is live and no candidate any more."""
    gone = [one for one in live if one not in candidates]
    return [
        Withdrawal(one, version, live[one].revision, _why_gone(live[one], version))
        for one, version in zip(gone, population.versions(gone), strict=True)
    ]


def _proposals(
    assignment_version: int,
    question: Question,
    current: Candidates,
    ids: list[UUID],
    pairs: Mapping[UUID, Pair],
) -> list[Proposal]:
    """Return what changes for those who are to be live; who is so already on these versions is left out."""
    versions = current.profiles.version.tolist()
    changed = [
        index
        for index, (one, version) in enumerate(zip(ids, versions, strict=True))
        if not (one in pairs and pairs[one].is_live_on(assignment_version, version))
    ]
    explained = ranking.explanations(current.profiles.take(np.array(changed, np.int64)), question)
    proposals = []
    for index, explanation in zip(changed, explained, strict=True):
        pair = pairs.get(ids[index])
        score, growth = float(current.score[index]), bool(current.growth[index])
        fresh = Proposal(
            ids[index], versions[index], pair.revision if pair else 0, score, growth, explanation, False
        )
        if pair is None or not pair.live or _differs(pair, fresh):
            fresh = replace(fresh, revision=fresh.revision + 1, announced=True)
        proposals.append(fresh)
    return proposals


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


def _differs(pair: Pair, fresh: Proposal) -> bool:
    """Tell whether the score, or any criterion's points or maximum, moved by 0.01 or more."""
    if pair.score is None or pair.points is None or fresh.growth != pair.growth:
        return True
    before, now = [pair.score, *pair.points], [fresh.score, *fresh.points]
    step = policy.REVISION_STEP - 1e-9
    return any(abs(one - other) >= step for one, other in zip(before, now, strict=True))


def _why_gone(pair: Pair, version_now: int | None) -> WithdrawalReason:
    if version_now is None:
        return WithdrawalReason.PROFILE_ERASED
    if version_now != pair.profile_version:
        return WithdrawalReason.PROFILE_CHANGED
    return WithdrawalReason.ASSIGNMENT_CHANGED
