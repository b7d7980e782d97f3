"""Who nearly fits an assignment, or what a professional: what is missed, and the score without that rule."""

from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar
from uuid import UUID

import numpy as np
from contracts.vocabulary import Rule

from matching.domain import criteria, policy
from matching.domain.candidates import first_in_rank, rounded
from matching.domain.failures import BIT, failures
from matching.domain.judging import judge
from matching.engine import rowsets
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles

# Nobody can do without these: who is paused is not asked, and a pair that is over has had its answer.
NEVER_NEAR = BIT[Rule.ACTIVE] | BIT[Rule.UNANSWERED]
NEARLY = tuple(rule for rule, bit in BIT.items() if not bit & NEVER_NEAR)

Position: TypeAlias = tuple[float, UUID]  # a score, and the id that decides among equals
Many = TypeVar("Many", Profiles, Assignments)


@dataclass(frozen=True)
class Near(Generic[Many]):
    """The profiles that nearly fit one assignment, or the assignments that nearly fit one profile.

    Arrays have an element per row. `missed`: the BIT of the one rule that the pair fails, 0 where it fails
    none and scores too little. `score_if`: what its score would be if that rule were let go.
    """

    rows: Many
    missed: Array
    score_if: Array

    def __len__(self) -> int:
        return len(self.missed)

    def missing(self, place: int) -> list[Rule]:
        """Return the rules that one of them misses: one, or none."""
        return [rule for rule, bit in BIT.items() if self.missed[place] & bit]

    def first(self, count: int, after: Position | None = None) -> Self:
        """Return the first `count` of those after a position: score descending, then id ascending."""
        places = np.arange(len(self))
        if after is not None:
            score, last = after[0], np.bytes_(after[1].bytes)
            behind = (self.score_if < score) | ((self.score_if == score) & (self.rows.id > last))
            places = np.flatnonzero(behind)
        return self.select(first_in_rank(self.rows, self.score_if, places, count))

    def select(self, places: Array) -> Self:
        """Return those at some places."""
        return type(self)(self.rows.select(places), self.missed[places], self.score_if[places])

    def without_fitting(self) -> Self:
        """Return them without those that miss no rule and reach the threshold: these fit."""
        return self.select(np.flatnonzero((self.missed != 0) | (self.score_if < policy.THRESHOLD)))


def near(
    profiles: Profiles, assignment: Assignments, live: Array = NOBODY, rule: Rule | None = None
) -> Near[Profiles]:
    """Return who misses exactly one hard rule, or none but scores below the threshold.

    Never who fails `active` or `unanswered`, nor who is `live` (rows). `rule`: only who misses this one.

    `score_if` is the score that the pair would have if the missed rule were let go and nothing else
    changed: the sum of the criteria by their own formulas, on the facts as they are. A formula may leave
    its range there, since the rule is what kept it in (a rate above the maximum gives less than nothing),
    so each criterion is held between 0 and its maximum. Who misses no rule has their score there.
    """
    failing = failures(profiles, assignment)
    those = {BIT[one]: failing.exactly(one) for one in NEARLY if rule in {None, one}}
    if rule is None:
        those[np.uint16(0)] = failing.exactly()
    found = [rowsets.rows(some) for some in those.values()]
    rows = np.concatenate([NOBODY, *found])
    missed = np.repeat(np.array([*those], np.uint16), [len(some) for some in found])
    wanted = ~np.isin(rows, live)
    chosen = profiles.select(rows[wanted])
    return Near(chosen, missed[wanted], scores_if(chosen, assignment)).without_fitting()


def near_for(profile: Profiles, assignments: Assignments) -> Near[Assignments]:
    """Return which of some assignments one profile nearly fits, as `near` does for one assignment.

    `assignments`: those in which the profile is not live and that are not over for it.
    """
    missed = judge(profile, assignments).failed
    chosen = np.flatnonzero((np.bitwise_count(missed) <= 1) & ((missed & NEVER_NEAR) == 0))
    some = assignments.select(chosen)
    return Near(some, missed[chosen], scores_if(profile, some)).without_fitting()


def scores_if(profiles: Profiles, assignments: Assignments) -> Array:
    """Return the score of each pair if the rules that it fails were let go, as `near` says."""
    clipped = [
        np.clip(points, 0, criteria.maximum(criterion, assignments))
        for criterion, points in zip(criteria.CRITERIA, criteria.points(profiles, assignments), strict=True)
    ]
    return rounded(criteria.total(clipped))
