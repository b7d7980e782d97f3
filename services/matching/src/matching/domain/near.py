"""Who nearly fits an assignment: what they miss, and the score that they would have without it."""

from dataclasses import dataclass
from typing import Self, TypeAlias
from uuid import UUID

import numpy as np
from contracts.vocabulary import Rule

from matching.domain import criteria, policy
from matching.domain.candidates import first_in_rank, rounded
from matching.domain.failures import BIT, failures
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles

# Nobody can do without these: who is paused is not asked, and a pair that is over has had its answer.
NEVER_NEAR = BIT[Rule.ACTIVE] | BIT[Rule.UNANSWERED]

Position: TypeAlias = tuple[float, UUID]  # a score, and the profile id that decides among equals


@dataclass(frozen=True)
class Near:
    """Who nearly fits one assignment. Arrays have an element per profile.

    `missed`: the BIT of the one rule that the profile fails, 0 where it fails none and scores too little.
    `score_if`: what its score would be if that rule were let go.
    """

    profiles: Profiles
    missed: Array
    score_if: Array

    def __len__(self) -> int:
        return len(self.missed)

    def missing(self, place: int) -> list[Rule]:
        """Return the rules that one of them misses: one, or none."""
        return [rule for rule, bit in BIT.items() if self.missed[place] & bit]

    def first(self, count: int, after: Position | None = None) -> Self:
        """Return the first `count` of those after a position: score descending, then profile id ascending."""
        places = np.arange(len(self))
        if after is not None:
            score, last = after[0], np.bytes_(after[1].bytes)
            behind = (self.score_if < score) | ((self.score_if == score) & (self.profiles.id > last))
            places = np.flatnonzero(behind)
        return self._select(first_in_rank(self.profiles, self.score_if, places, count))

    def _select(self, places: Array) -> Self:
        return type(self)(self.profiles.select(places), self.missed[places], self.score_if[places])


def near(profiles: Profiles, assignment: Assignments, live: Array = NOBODY, rule: Rule | None = None) -> Near:
    """Return who misses exactly one hard rule, or none but scores below the threshold.

    Never who fails `active` or `unanswered`, nor who is `live` (rows). `rule`: only who misses this one.

    `score_if` is the score that the pair would have if the missed rule were let go and nothing else
    changed: the sum of the criteria by their own formulas, on the facts as they are. A formula may leave
    its range there, since the rule is what kept it in (a rate above the maximum gives less than nothing),
    so each criterion is held between 0 and its maximum. Who misses no rule has their score there.
    """
    failing = failures(profiles, assignment)
    missed = failing.failed
    wanted = np.bitwise_count(missed) <= 1 if rule is None else missed == BIT[rule]
    wanted &= (missed & NEVER_NEAR) == 0
    wanted &= ~np.isin(failing.few.row, live)
    chosen = failing.few.select(wanted)
    found = Near(chosen, missed[wanted], scores_if(chosen, assignment))
    return found._select(np.flatnonzero((found.missed != 0) | (found.score_if < policy.THRESHOLD)))


def scores_if(profiles: Profiles, assignment: Assignments) -> Array:
    """Return the score of each if the rules that it fails were let go, as `near` says."""
    parts = zip(criteria.points(profiles, assignment), criteria.maxima(assignment), strict=True)
    return rounded(criteria.total([np.clip(points, 0, most) for points, most in parts]))
