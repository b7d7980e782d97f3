"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.population import Population, Profiles
from matching.domain.question import NOBODY, Question, ask
from matching.domain.ranking import Candidates, above_threshold, judged
from matching.domain.rules import RULES
from matching.domain.table import Array


@dataclass(frozen=True)
class Reach:
    """The answer. `rules`: (rule, how many fail it, how many fail only it); `relaxations`: (change, adds)."""

    population: int
    found: Candidates
    rules: list[tuple[Rule, int, int]]
    relaxations: list[tuple[dict[str, Any], int]]


STRETCH = 1 << 15  # rows at a time: what one rule leaves behind is still in the processor's cache

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
    question, profiles = ask(facts, ended), population.profiles
    parts = [profiles.part(start, start + STRETCH) for start in range(0, len(profiles), STRETCH)]
    failures = _sum([_failures(part, question) for part in parts])
    passing = profiles.take(failures.none)
    points = criteria.points(passing, question)
    found = above_threshold(passing, question, criteria.total(points))
    below = np.flatnonzero(~np.isin(failures.none, found.profiles.row, assume_unique=True))
    too_low, points_too_low = passing.take(below), [part[below] for part in points]
    relaxations = []
    for rule, change in relaxed(facts):
        # "Not after the end" and the like are settled by `relaxed`: the copy needs no validation.
        eased = ask(facts.model_copy(update=change), ended)
        let_in = profiles.take(failures.only[rule])
        let_in = let_in.take(np.broadcast_to(RULES[rule](let_in, eased), len(let_in)))
        lifted = _with(change, points_too_low, too_low, eased)
        adds = len(judged(let_in, eased)) + len(above_threshold(too_low, eased, criteria.total(lifted)))
        relaxations.append((_in_json(change), adds))
    rejections = [(rule, failures.count[rule], len(failures.only[rule])) for rule in RULES]
    return Reach(len(population), found, rejections, relaxations)


def _with(change: dict[str, Any], points: list[Array], profiles: Profiles, eased: Question) -> list[Array]:
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


def _failures(profiles: Profiles, question: Question) -> _Failures:
    used, everyone = profiles.used, profiles.row
    fails = {rule: used > holds(profiles, question) for rule, holds in RULES.items()}  # used, and not held
    once, more = ~used, ~used
    for failing in fails.values():
        more |= once & failing
        once |= failing
    one_only = np.flatnonzero(once > more)
    return _Failures(
        {rule: int(np.count_nonzero(failing)) for rule, failing in fails.items()},
        everyone[np.flatnonzero(~once)],
        {rule: everyone[one_only[failing[one_only]]] for rule, failing in fails.items()},
    )


def _sum(parts: list[_Failures]) -> _Failures:
    return _Failures(
        {rule: sum(part.count[rule] for part in parts) for rule in RULES},
        np.concatenate([NOBODY, *(part.none for part in parts)]),
        {rule: np.concatenate([NOBODY, *(part.only[rule] for part in parts)]) for rule in RULES},
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


def best_relaxation(answer: Reach) -> tuple[dict[str, Any], int] | None:
    """Return the relaxation that adds most, the first of equals; None where none adds anybody."""
    best = max(answer.relaxations, key=lambda relaxation: relaxation[1], default=None)
    return best if best is not None and best[1] > 0 else None


def _in_json(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == "starts_on" else value for name, value in change.items()}
