"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from contracts.events import InterestLacking, Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.candidates import Candidates, above_threshold, judged
from matching.domain.rules import RULES
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Population, Profiles


@dataclass(frozen=True)
class RuleReach:
    """How many professionals fail a rule, and how many fail only it."""

    rule: Rule
    rejected: int
    only: int


@dataclass(frozen=True)
class Reach:
    """What an assignment would bring, in a population of so many."""

    population: int
    candidates: Candidates
    rules: list[RuleReach]
    relaxations: list[Relaxation]


BATCH_SIZE = 1 << 15  # rows at a time: what one rule leaves behind is still in the processor's cache

# What a relaxation changes, besides the one rule that it eases.
CRITERIA_OF: dict[str, tuple[Criterion, ...]] = {
    "rate_max_cents": (Criterion.RATE,),
    "open_to_growth": (Criterion.AMBITION,),
    "starts_on": (Criterion.AVAILABILITY,),
    "onsite_days": (Criterion.DISTANCE,),
    "required_specialisms": (Criterion.SPECIALISMS, Criterion.AMBITION),
    "required_certificates": (),
}


def reach(population: Population, facts: AssignmentFacts, ended: Array = NOBODY) -> Reach:
    """Answer for the whole population. `ended`: rows of those who declined or were rejected.

    A relaxation eases one rule. Whoever it newly brings fails no other rule, so each is tried on those
    few alone: the ones who fail only that rule, and the ones who fail none but score too little.
    """
    assignment, profiles = Assignments.single(facts, ended), population.profiles
    parts = [profiles.part(start, start + BATCH_SIZE) for start in range(0, len(profiles), BATCH_SIZE)]
    failures = _sum([_failures(part, assignment) for part in parts])
    passing = profiles.select(failures.none)
    points = criteria.points(passing, assignment)
    found = above_threshold(passing, assignment, criteria.total(points))
    below = np.flatnonzero(~np.isin(failures.none, found.profiles.row, assume_unique=True))
    too_low, points_too_low = passing.select(below), [part[below] for part in points]
    relaxations = []
    for rule, change in relaxed(facts):
        # "Not after the end" and the like are decided in `relaxed`: the copy needs no validation.
        eased = Assignments.single(facts.model_copy(update=change), ended)
        let_in = profiles.select(failures.only[rule])
        let_in = let_in.select(np.broadcast_to(RULES[rule](let_in, eased), len(let_in)))
        lifted = _with(change, points_too_low, too_low, eased)
        adds = len(judged(let_in, eased)) + len(above_threshold(too_low, eased, criteria.total(lifted)))
        relaxations.append(Relaxation(change=_in_json(change), adds=adds))
    rejections = [
        RuleReach(rule=rule, rejected=failures.count[rule], only=len(failures.only[rule])) for rule in RULES
    ]
    return Reach(population=len(population), candidates=found, rules=rejections, relaxations=relaxations)


def _with(change: dict[str, Any], points: list[Array], profiles: Profiles, eased: Assignments) -> list[Array]:
    """Return the points with those renewed that a change may touch."""
    renewed = list(points)
    for field in change:
        for criterion in CRITERIA_OF[field]:
            renewed[criteria.PLACE[criterion]] = criteria.points_of(criterion, profiles, eased)
    return renewed


@dataclass(frozen=True)
class _Failures:
    """Who fails what. `none`: the rows that fail no rule; `only`: those that fail one rule only, by rule."""

    count: dict[Rule, int]
    none: Array
    only: dict[Rule, Array]


def _failures(profiles: Profiles, assignment: Assignments) -> _Failures:
    used, everyone = profiles.used, profiles.row
    fails = {rule: used > holds(profiles, assignment) for rule, holds in RULES.items()}  # used, and not held
    once, more = ~used, ~used
    for failing in fails.values():
        more |= once & failing
        once |= failing
    one_only = np.flatnonzero(once > more)
    return _Failures(
        count={rule: int(np.count_nonzero(failing)) for rule, failing in fails.items()},
        none=everyone[np.flatnonzero(~once)],
        only={rule: everyone[one_only[failing[one_only]]] for rule, failing in fails.items()},
    )


def _sum(parts: list[_Failures]) -> _Failures:
    return _Failures(
        count={rule: sum(part.count[rule] for part in parts) for rule in RULES},
        none=np.concatenate([NOBODY, *(part.none for part in parts)]),
        only={rule: np.concatenate([NOBODY, *(part.only[rule] for part in parts)]) for rule in RULES},
    )


def relaxed(facts: AssignmentFacts) -> list[tuple[Rule, dict[str, Any]]]:
    """Return every single relaxation: the rule it eases, and the fields as they would be."""
    changes: list[tuple[Rule, dict[str, Any]]] = []
    if facts.rate_max_cents is not None:
        for more in policy.RELAXED_RATES_CENTS:
            changes.append((Rule.RATE, {"rate_max_cents": facts.rate_max_cents + more}))
    if not facts.open_to_growth:
        changes.append((Rule.LEVEL, {"open_to_growth": True}))
    if (facts.ends_on - facts.starts_on).days >= policy.RELAXED_START_DAYS:
        later = facts.starts_on + timedelta(days=policy.RELAXED_START_DAYS)
        changes.append((Rule.AVAILABILITY, {"starts_on": later}))
    changes += [(Rule.DISTANCE, {"onsite_days": days}) for days in range(facts.onsite_days - 1, -1, -1)]
    for rule, field in (
        (Rule.SPECIALISMS, "required_specialisms"),
        (Rule.CERTIFICATES, "required_certificates"),
    ):
        required = getattr(facts, field)
        for dropped in required:
            changes.append((rule, {field: [other for other in required if other != dropped]}))
    return changes


def interest_lacking(
    assignment_id: UUID, assignment_version: int, respond_by: datetime, reach: Reach, live: int, now: datetime
) -> InterestLacking:
    """Return the event that nobody has shown interest, with the relaxation that adds most, the first of
    equals. `live`: how many proposals are."""
    best = max(reach.relaxations, key=lambda relaxation: relaxation.adds, default=None)
    return InterestLacking(
        assignment_id=assignment_id,
        assignment_version=assignment_version,
        respond_by=respond_by,
        live=live,
        candidates=len(reach.candidates),
        relaxation=best if best is not None and best.adds > 0 else None,
        noticed_at=now,
    )


def _in_json(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == "starts_on" else value for name, value in change.items()}
