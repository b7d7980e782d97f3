"""One professional against many assignments: which rules each pair fails, and what it scores."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from contracts.vocabulary import Criterion, Rule

from matching.domain import criteria, rules
from matching.domain.candidates import least_total, rounded
from matching.domain.failures import BIT
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Judgement:
    """How one profile stands to some assignments. Arrays have an element per assignment.

    `failed`: the rules that fail, as a sum of BITs; `points`: of each criterion, unrounded, in CRITERIA's
    order; `total`: their sum.
    """

    failed: Array
    points: list[Array]
    total: Array

    @property
    def candidate(self) -> Array:
        """Tell of which assignments the profile is a candidate."""
        return (self.failed == 0) & (self.total >= least_total())

    @property
    def score(self) -> Array:
        """Return the scores, as if all rules held."""
        return rounded(self.total)


def judge(profile: Profiles, assignments: Assignments, held: Collection[Rule] = ()) -> Judgement:
    """Judge one profile on each of some assignments, none of which has ended for it.

    Rules in `held` are taken as held; with availability, that criterion gives its full points.
    """
    count = len(assignments)
    failed = np.zeros(count, np.uint16)
    for rule, holds in rules.RULES.items():
        if rule not in held:
            failed |= np.where(np.broadcast_to(holds(profile, assignments), count), np.uint16(0), BIT[rule])
    points = [
        np.broadcast_to(
            criteria.maximum(criterion, assignments)
            if is_full(criterion, held)
            else criteria.points_of(criterion, profile, assignments),
            count,
        )
        for criterion in criteria.CRITERIA
    ]
    return Judgement(failed=failed, points=points, total=criteria.total(points))


def is_full(criterion: Criterion, held: Collection[Rule]) -> bool:
    """Tell whether a criterion gives its full points because its rule is taken as held."""
    return criterion is Criterion.AVAILABILITY and Rule.AVAILABILITY in held
