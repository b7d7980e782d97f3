"""From columns to candidates, in rank, and who has a seat."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from contracts.events import CriterionExplained
from contracts.vocabulary import Criterion

from matching.domain import criteria, policy, rules
from matching.domain.population import Array, Columns, profile_ids
from matching.domain.question import Question


@dataclass(frozen=True)
class Cut:
    """What a candidate must reach to matter to an assignment whose seats are taken.

    It holds while nobody in `rows`, who have the seats, changes or answers: others that come can only
    raise it.
    """

    rows: frozenset[int]
    score: float
    growth_score: float

    def excludes(self, found: "Candidates") -> bool:
        """Tell whether none of the candidates can have a seat."""
        return not bool(
            ((found.score >= self.score) | (found.growth & (found.score >= self.growth_score))).any()
        )


@dataclass(frozen=True)
class Candidates:
    """Those who pass every rule and reach the threshold. Arrays have an element per candidate."""

    columns: Columns
    score: Array
    growth: Array

    def __len__(self) -> int:
        return len(self.score)

    def ids(self) -> list[UUID]:
        """Return the candidates' profile ids."""
        return profile_ids(self.columns)

    def best(self, count: int) -> "Candidates":
        """Return the first `count` in rank: score descending, then profile id ascending."""
        return self._pick(self._first(np.arange(len(self)), count))

    def seated(self) -> "Candidates":
        """Return who has a seat, in rank: the first 25, and the first 5 growth candidates."""
        first = self._first(np.arange(len(self)), policy.SEATS)
        growing = self._first(np.flatnonzero(self.growth), policy.GROWTH_SEATS)
        everyone = np.union1d(first, growing)
        return self._pick(self._first(everyone, len(everyone)))

    def cut(self) -> Cut:
        """Return the cut of these, who have the seats."""
        growing = self.score[self.growth]
        return Cut(
            frozenset(self.columns.row.tolist()),
            float(self.score[policy.SEATS - 1]) if len(self) >= policy.SEATS else 0.0,
            float(growing[policy.GROWTH_SEATS - 1]) if len(growing) >= policy.GROWTH_SEATS else 0.0,
        )

    def _first(self, places: Array, count: int) -> Array:
        """Return the first `count` of `places` in rank; only those near the top are sorted."""
        score = self.score[places]
        if len(places) > count:
            lowest = np.partition(score, len(places) - count)[len(places) - count]
            places, score = places[score >= lowest], score[score >= lowest]
        near = self.columns.take(places)
        return places[np.lexsort((near.id_low, near.id_high, -score))[:count]]

    def _pick(self, places: Array) -> "Candidates":
        return Candidates(self.columns.take(places), self.score[places], self.growth[places])


def rounded(totals: Array) -> Array:
    """Round half-even to 2 decimals, as Python's `round` does: by the exact value of the double.

    NumPy's own rounding goes by `x * 100`, which near a half may land on the other side; there Python
    decides.
    """
    nearest = np.round(totals, 2)
    scaled = totals * 100
    close = np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6
    if close.any():
        nearest[close] = [round(total, 2) for total in totals[close].tolist()]
    return nearest


def scored(columns: Columns, question: Question) -> tuple[Array, Array]:
    """Return the rows' scores, rounded, and their points by criterion."""
    points = criteria.points(columns, question)
    total = points[0].copy()
    for row in points[1:]:
        total += row
    return rounded(total), points


def candidates(columns: Columns, question: Question) -> Candidates:
    """Return the candidates among the columns."""
    left = rules.passing(columns, question)
    score, _ = scored(left, question)
    enough = score >= policy.THRESHOLD
    if not enough.all():
        left, score = left.take(enough), score[enough]
    return Candidates(left, score, rules.growth(left, question))


def explanations(columns: Columns, question: Question) -> list[list[CriterionExplained]]:
    """Explain the score of each row: every criterion's points, maximum and facts."""
    points = criteria.points(columns, question)
    return [
        [
            CriterionExplained(
                criterion=criterion,
                points=round(float(value), 2) + 0.0,
                max_points=float(question.maximum(criterion)),
                facts=criteria.facts(criterion, columns.part(row, row + 1), question),
            )
            for criterion, value in zip(Criterion, points[:, row], strict=True)
        ]
        for row in range(len(columns))
    ]
