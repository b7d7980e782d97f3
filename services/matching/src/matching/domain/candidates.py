"""Who is a candidate: pairs that pass every rule and reach the threshold, and their rank."""

import math
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import numpy as np

from matching.domain import criteria, policy, rules
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array, View
from matching.engine.profiles import Profiles

DECIMALS = 2
ROUNDING = 0.01  # more than a score and its unrounded total differ


@dataclass(frozen=True)
class Candidates:
    """Pairs that pass every rule and reach the threshold. Arrays have an element per pair."""

    profiles: Profiles
    assignments: Assignments
    score: Array
    growth: Array

    def __len__(self) -> int:
        return len(self.score)

    def ids(self) -> list[UUID]:
        """Return the candidates' profile ids."""
        return self.profiles.ids()

    def best(self, count: int) -> Self:
        """Return the first `count` in rank: score descending, then profile id ascending."""
        return self.select(self.first(np.arange(len(self)), count))

    def first(self, places: Array, count: int) -> Array:
        """Return the first `count` of `places` in rank."""
        return first_in_rank(self.profiles, self.score, places, count)

    def select(self, places: Array) -> Self:
        """Return the pairs at some places."""
        return type(self)(
            profiles=self.profiles.select(places),
            assignments=self.assignments.select(places) if len(self.assignments) > 1 else self.assignments,
            score=self.score[places],
            growth=self.growth[places],
        )


def first_in_rank(rows: View, score: Array, places: Array, count: int) -> Array:
    """Return the first `count` of `places`: score descending, then the row's id ascending.

    Only those near the top are sorted.
    """
    some = score[places]
    if len(places) > count:
        lowest = np.partition(some, len(places) - count)[len(places) - count]
        places, some = places[some >= lowest], some[some >= lowest]
    return places[np.lexsort((rows.select(places).id, -some))[:count]]


def candidates(profiles: Profiles, assignments: Assignments) -> Candidates:
    """Return the candidates among pairs."""
    return judged(*rules.passing(profiles, assignments))


def judged(profiles: Profiles, assignments: Assignments) -> Candidates:
    """Return the candidates among pairs that pass every rule."""
    return above_threshold(profiles, assignments, criteria.total(criteria.points(profiles, assignments)))


def above_threshold(profiles: Profiles, assignments: Assignments, total: Array) -> Candidates:
    """Return the candidates among pairs that pass every rule and have these totals."""
    chosen = np.flatnonzero(total >= least_total())
    score = rounded(total[chosen])
    profiles = profiles.select(chosen) if len(profiles) == len(total) else profiles
    assignments = assignments.select(chosen) if len(assignments) > 1 else assignments
    growing = np.broadcast_to(rules.growth(profiles, assignments), len(score))
    return Candidates(profiles=profiles, assignments=assignments, score=score, growth=growing)


def least_total() -> float:
    """Return the least total that is rounded to the threshold: no double lies midway between two scores."""
    midway = policy.THRESHOLD - 0.5 / 10**DECIMALS
    return midway if round(midway, DECIMALS) >= policy.THRESHOLD else math.nextafter(midway, math.inf)


def scores(profiles: Profiles, assignments: Assignments) -> Array:
    """Return the pairs' scores, whether they are candidates or not."""
    return rounded(criteria.total(criteria.points(profiles, assignments)))


def rounded(totals: Array) -> Array:
    """Round half-even to 2 decimals, as Python's `round` does: by the exact value of the double.

    NumPy's own rounding goes by `x * 100`, which near a half may land on the other side; there Python
    decides.
    """
    nearest = np.round(totals, DECIMALS)
    scaled = totals * 100
    close = np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6
    if close.any():
        nearest[close] = [round(total, DECIMALS) for total in totals[close].tolist()]
    return nearest
