"""What has to happen to an assignment's proposals, given who is a candidate now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
from contracts.events import CriterionExplained, MatchProposed, MatchWithdrawn, RuleBroken
from contracts.vocabulary import WithdrawalReason

from matching.domain import policy
from matching.domain.candidates import Candidates, candidates, scores
from matching.domain.explaining import Explanation, rule_facts, written
from matching.domain.match import Pair, match_id, next_moment
from matching.domain.rules import RULES
from matching.domain.seats import EVERYBODY, Contenders, Cut, OnlyRows, a_seat_may_be_free, cut_of, seats
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.profiles import Population


@dataclass(frozen=True)
class Proposal:
    """A pair to be live with this content. `announced`: it gets a new revision and an event.

    `first_proposed_at` is that of the first revision, None where this is the first; `after`: the moment of
    the pair's last event.
    """

    profile_id: UUID
    profile_version: int
    revision: int
    score: float
    growth: bool
    explanation: Explanation
    announced: bool
    first_proposed_at: datetime | None
    after: datetime | None = None

    def moment(self, now: datetime) -> datetime:
        """Return when it happens."""
        return next_moment(self.after, now)

    @property
    def first(self) -> bool:
        """Tell whether the pair was never proposed before."""
        return self.announced and self.revision == 1

    @property
    def level(self) -> str:
        """Return the professional's level, as the explanation names it."""
        return self.explanation.level

    @property
    def points(self) -> list[float]:
        """Return what a revision is judged by."""
        return self.explanation.points


def points_of(explanation: Sequence[CriterionExplained]) -> list[float]:
    """Return the points of an explanation, then its maxima."""
    return [*(item.points for item in explanation), *(item.max_points for item in explanation)]


@dataclass(frozen=True)
class Withdrawal:
    """A live pair that is live no more. `profile_version`: the one it was judged on, None once erased.

    Of a pair that is no candidate any more: the `rules` that fail now, and the `score` where none does.
    `after`: the moment of the pair's last event.
    """

    profile_id: UUID
    profile_version: int | None
    revision: int
    reason: WithdrawalReason
    rules: list[RuleBroken] = field(default_factory=list)
    score: float | None = None
    after: datetime | None = None

    def moment(self, now: datetime) -> datetime:
        """Return when it happens."""
        return next_moment(self.after, now)


@dataclass(frozen=True)
class Reconciliation:
    """Everything to write for one assignment. `cut`: of the seats, where they were looked for.

    `looked_at`: among whom the seats were looked for.
    """

    proposals: list[Proposal]
    withdrawals: list[Withdrawal]
    cut: Cut | None
    looked_at: Contenders

    @property
    def items(self) -> list[Proposal | Withdrawal]:
        """Return everything, each with the profile's version that it rests on."""
        return [*self.proposals, *self.withdrawals]


def reconcile(
    assignment_version: int,
    assignment: Assignments,
    population: Population,
    pairs: Mapping[UUID, Pair],
    *,
    may_propose: bool,
    among: Contenders = EVERYBODY,
    apart: Population | None = None,
) -> Reconciliation:
    """Make live = (live ∪ seats) ∩ candidates, each with the latest explanation.

    `population`: the probe's for an opdracht of the probe, and everybody else for any other (the rule
    `probe`); `apart`: the other of the two. `pairs` by profile id; `may_propose` is false once `respond_by`
    has passed: nobody is seated any more; `among`: where the seats are looked for, beside those who are live.
    Where one of these changed who may have had a seat, they are looked for among everybody. Whoever comes
    back (`Pair.returning`) is as live as before: it is proposed with the next revision without a seat, or
    withdrawn where it no longer fits. Who is placed is left as it is, and has no seat.
    """
    live = {
        profile_id: pair
        for profile_id, pair in pairs.items()
        if (pair.live or pair.returning) and not pair.placed
    }
    # Whoever is live on both latest versions, by this policy, was judged on them and stands as judged.
    stale = {
        profile_id: live[profile_id]
        for profile_id, version in zip(live, population.versions(live), strict=True)
        if version is None or not live[profile_id].is_live_on(assignment_version, version, policy.VERSION)
    }
    if not may_propose:
        among = OnlyRows(NOBODY)
    elif isinstance(among, OnlyRows):
        standing = [pair for profile_id, pair in live.items() if profile_id not in stale]
        if a_seat_may_be_free(standing, stale.values()):
            among = EVERYBODY
        else:
            among = OnlyRows(np.union1d(among.rows, population.rows_of(live)))
    seated = seats(population, assignment, among) if may_propose else None
    stale_rows = set(population.rows_of(stale).tolist())
    seated_rows = set() if seated is None else set(seated.profiles.row.tolist())
    if seated is not None and stale_rows <= seated_rows:
        current = seated
    else:
        rows = np.array(sorted(stale_rows | seated_rows), np.int64)
        current = candidates(population.profiles.select(rows), assignment)
    ids = current.ids()
    return Reconciliation(
        proposals=_proposals(assignment_version, assignment, current, ids, pairs),
        withdrawals=_withdrawals(stale, set(ids), population, apart, assignment_version, assignment),
        cut=None if seated is None else cut_of(seated),
        looked_at=among,
    )


def withdraw_all(pairs: Mapping[UUID, Pair]) -> Reconciliation:
    """Withdraw everything live but who is placed: the assignment closed."""
    withdrawals = [
        Withdrawal(
            profile_id=pair.profile_id,
            profile_version=pair.profile_version,
            revision=pair.revision,
            reason=WithdrawalReason.ASSIGNMENT_CLOSED,
            after=pair.last_at,
        )
        for pair in pairs.values()
        if (pair.live or pair.returning) and not pair.placed
    ]
    return Reconciliation(proposals=[], withdrawals=withdrawals, cut=None, looked_at=OnlyRows(NOBODY))


def proposed(
    assignment_id: UUID, assignment_version: int, item: Proposal, now: datetime
) -> tuple[MatchProposed, bytes]:
    """Return the event of a proposal that is announced, without its explanation, and its whole JSON."""
    event = MatchProposed(
        match_id=match_id(assignment_id, item.profile_id),
        revision=item.revision,
        assignment_id=assignment_id,
        assignment_version=assignment_version,
        profile_id=item.profile_id,
        profile_version=item.profile_version,
        score=item.score,
        growth=item.growth,
        explanation=[],
        policy=policy.VERSION,
        proposed_at=item.moment(now),
        first_proposed_at=item.first_proposed_at or item.moment(now),
    )
    # What comes before it are ids and numbers, in which there is no such text.
    return event, event.model_dump_json().encode().replace(
        b'"explanation":[]', b'"explanation":' + item.explanation.json, 1
    )


def withdrawn(assignment_id: UUID, item: Withdrawal, now: datetime) -> MatchWithdrawn:
    """Return the event of a withdrawal."""
    return MatchWithdrawn(
        match_id=match_id(assignment_id, item.profile_id),
        revision=item.revision,
        assignment_id=assignment_id,
        profile_id=item.profile_id,
        reason=item.reason,
        withdrawn_at=item.moment(now),
        rules=item.rules,
        score=item.score,
    )


def _withdrawals(
    live: Mapping[UUID, Pair],
    candidate_ids: set[UUID],
    population: Population,
    apart: Population | None,
    assignment_version: int,
    assignment: Assignments,
) -> list[Withdrawal]:
    """Return who is live and no candidate any more, with why."""
    withdrawals = []
    gone = [profile_id for profile_id in live if profile_id not in candidate_ids]
    elsewhere = [None] * len(gone) if apart is None else apart.versions(gone)
    for profile_id, here, there in zip(gone, population.versions(gone), elsewhere, strict=True):
        version = here if there is None else there
        rules, score = _what_fails(profile_id, population, assignment)
        withdrawals.append(
            Withdrawal(
                profile_id=profile_id,
                profile_version=version,
                revision=live[profile_id].revision,
                reason=_why_gone(live[profile_id], assignment_version, version),
                rules=rules,
                score=score,
                after=live[profile_id].last_at,
            )
        )
    return withdrawals


def _what_fails(
    profile_id: UUID, population: Population, assignment: Assignments
) -> tuple[list[RuleBroken], float | None]:
    """Return the rules that a pair fails, or else its score; nothing of a profile that is erased, or that
    fails `probe`: a release that does not know the rule reads these."""
    rows = population.rows_of([profile_id])
    if len(rows) == 0:
        return [], None
    profile = population.profiles.select(rows)
    failing = [rule for rule, holds in RULES.items() if not holds(profile, assignment)[0]]
    broken = [RuleBroken(rule=rule, facts=rule_facts(rule, profile, assignment)) for rule in failing]
    return broken, None if broken else float(scores(profile, assignment)[0])


def _proposals(
    assignment_version: int,
    assignment: Assignments,
    current: Candidates,
    ids: list[UUID],
    pairs: Mapping[UUID, Pair],
) -> list[Proposal]:
    """Return what changes for those who are to be live; who is so already on these versions is left out."""
    versions = current.profiles.version.tolist()
    changed = [
        index
        for index, (profile_id, version) in enumerate(zip(ids, versions, strict=True))
        if not (
            profile_id in pairs and pairs[profile_id].is_live_on(assignment_version, version, policy.VERSION)
        )
    ]
    explained = written(current.profiles.select(np.array(changed, np.int64)), assignment)
    proposals = []
    for index, explanation in zip(changed, explained, strict=True):
        pair = pairs.get(ids[index])
        score, growth = float(current.score[index]), bool(current.growth[index])
        announced = pair is None or not pair.live or _differs(pair, score, explanation.points, growth=growth)
        proposals.append(
            Proposal(
                profile_id=ids[index],
                profile_version=versions[index],
                revision=(pair.revision if pair else 0) + announced,
                score=score,
                growth=growth,
                explanation=explanation,
                announced=announced,
                first_proposed_at=None if pair is None else pair.first_proposed_at or pair.proposed_at,
                after=None if pair is None else pair.last_at,
            )
        )
    return proposals


def _differs(pair: Pair, score: float, points: Sequence[float], *, growth: bool) -> bool:
    """Tell whether the score, or any criterion's points or maximum, moved by 0.01 or more."""
    if pair.score is None or pair.points is None or growth != pair.growth:
        return True
    before, now = [pair.score, *pair.points], [score, *points]
    if len(before) != len(now):  # another policy may have other criteria
        return True
    step = policy.REVISION_STEP - 1e-9
    return any(abs(new - old) >= step for old, new in zip(before, now, strict=True))


def _why_gone(pair: Pair, assignment_version: int, profile_version: int | None) -> WithdrawalReason:
    if profile_version is None:
        return WithdrawalReason.PROFILE_ERASED
    if profile_version != pair.profile_version:
        return WithdrawalReason.PROFILE_CHANGED
    if assignment_version != pair.assignment_version:
        return WithdrawalReason.ASSIGNMENT_CHANGED
    return WithdrawalReason.POLICY_CHANGED
