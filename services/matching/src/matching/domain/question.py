"""An assignment as the rules and criteria ask it of columns."""

from dataclasses import dataclass, field

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.population import Array
from matching.domain.sphere import Point, point
from matching.domain.vocabulary_bits import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)


def _no_rows() -> Array:
    return np.array([], np.int64)


@dataclass(frozen=True)
class Question:
    """One assignment, encoded. `ended` holds the rows of those who declined or were rejected."""

    level: int
    open_to_growth: bool
    required: int
    wanted: int
    dossiers: int
    certificates: int
    starts_on: int
    ends_on: int
    slack_days: int
    hours_min: int
    hours_max: int
    point: Point
    onsite_days: int
    rate_max: int | None
    contract_forms: int
    organisation_type: int
    weights: dict[Criterion, int] | None
    ended: Array = field(default_factory=_no_rows)

    def maximum(self, criterion: Criterion) -> int:
        """Return the points that a criterion gives at most for this assignment."""
        if self.weights is None:
            return policy.POINTS[criterion]
        return self.weights.get(criterion, 0)


def ask(facts: AssignmentFacts, ended: Array | None = None) -> Question:
    """Encode an assignment."""
    return Question(
        level=LEVELS.place(facts.level),
        open_to_growth=facts.open_to_growth,
        required=SPECIALISMS.pack(facts.required_specialisms),
        wanted=SPECIALISMS.pack(set(facts.required_specialisms) | set(facts.desired_specialisms)),
        dossiers=DOSSIERS.pack(facts.dossiers),
        certificates=CERTIFICATES.pack(facts.required_certificates),
        starts_on=facts.starts_on.toordinal(),
        ends_on=facts.ends_on.toordinal(),
        slack_days=policy.SLACK_DAYS[facts.urgency],
        hours_min=facts.hours_min,
        hours_max=facts.hours_max,
        point=point(facts.place.latitude, facts.place.longitude),
        onsite_days=facts.onsite_days,
        rate_max=facts.rate_max_cents,
        contract_forms=CONTRACT_FORMS.pack(facts.contract_forms),
        organisation_type=ORGANISATION_TYPES.place(facts.organisation.type),
        weights=facts.weights,
        ended=_no_rows() if ended is None else ended,
    )
