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
class Candidates:
    """Those who pass every rule and reach the threshold, best first. Arrays have an element per candidate."""

    columns: Columns
    score: Array
    growth: Array
    points: Array  # (criteria, candidates), unrounded

    def __len__(self) -> int:
        return len(self.score)

    def seats(self) -> Array:
        """Return who has a seat, as indexes in rank: the first 25, and the first 5 growth candidates."""
        growing = np.flatnonzero(self.growth)[: policy.GROWTH_SEATS]
        return np.union1d(np.arange(min(len(self), policy.SEATS)), growing)


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
    """Return the candidates among the columns, ranked by score descending, then profile id ascending."""
    left = rules.passing(columns, question)
    score, points = scored(left, question)
    order = np.lexsort((left.id_low, left.id_high, -score))
    order = order[score[order] >= policy.THRESHOLD]
    ranked = left.take(order)
    return Candidates(ranked, score[order], rules.growth(ranked, question), points[:, order])


def explanation(found: Candidates, index: int, question: Question) -> list[CriterionExplained]:
    """Explain one candidate's score: each criterion's points, maximum and facts."""
    row = found.columns.part(index, index + 1)
    return explained(row, found.points[:, index], question)


def explained(row: Columns, points: Array, question: Question) -> list[CriterionExplained]:
    """Explain the points of the one row given."""
    return [
        CriterionExplained(
            criterion=criterion,
            points=round(float(value), 2) + 0.0,
            max_points=float(question.maximum(criterion)),
            facts=criteria.facts(criterion, row, question),
        )
        for criterion, value in zip(Criterion, points, strict=True)
    ]


def ids(found: Candidates) -> list[UUID]:
    """Return the candidates' profile ids, in rank."""
    return profile_ids(found.columns)
