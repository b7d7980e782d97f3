"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Rule

from matching.domain import policy
from matching.domain.population import Population, Profiles
from matching.domain.question import NOBODY, Question, ask
from matching.domain.ranking import Candidates, candidates
from matching.domain.rules import RULES
from matching.domain.table import Array


@dataclass(frozen=True)
class Reach:
    """The answer. `rules`: (rule, how many fail it, how many fail only it); `relaxations`: (change, adds)."""

    population: int
    found: Candidates
    rules: list[tuple[Rule, int, int]]
    relaxations: list[tuple[dict[str, Any], int]]


STRETCH = 1 << 14  # rows at a time: what one rule leaves behind is still in the processor's cache


def reach(population: Population, facts: AssignmentFacts, ended: Array = NOBODY) -> Reach:
    """Answer for the whole population. `ended`: rows of those who declined or were rejected.

    A relaxation touches one rule. Whoever it newly brings fails no other rule, so each is tried on those
    few alone: the ones who fail only that rule, and the ones who fail none but score too little.
    """
    question, profiles = ask(facts, ended), population.profiles
    parts = [profiles.part(start, start + STRETCH) for start in range(0, len(profiles), STRETCH)]
    failures = _sum([_failures(part, question) for part in parts])
    found = candidates(profiles.take(failures.none), question)
    below = np.setdiff1d(failures.none, found.profiles.row, assume_unique=True)
    relaxations = []
    for rule, change in relaxed(facts):
        tried = profiles.take(np.concatenate([below, failures.only[rule]]))
        # "Not after the end" and the like are settled by `relaxed`: the copy needs no validation.
        new = candidates(tried, ask(facts.model_copy(update=change), ended))
        relaxations.append((_in_json(change), len(new)))
    rejections = [(rule, failures.count[rule], len(failures.only[rule])) for rule in RULES]
    return Reach(len(population), found, rejections, relaxations)


@dataclass(frozen=True)
class _Failures:
    """Who fails what. `none`: the rows that fail no rule; `only`: those that fail one rule only, by rule."""

    count: dict[Rule, int]
    none: Array
    only: dict[Rule, Array]


def _failures(profiles: Profiles, question: Question) -> _Failures:
    used = profiles.used
    fails = {rule: used & ~holds(profiles, question) for rule, holds in RULES.items()}
    once, more = ~used, ~used
    for failing in fails.values():
        more = more | (once & failing)
        once = once | failing
    alone = once & ~more
    return _Failures(
        {rule: int(np.count_nonzero(failing)) for rule, failing in fails.items()},
        profiles.row[np.flatnonzero(~once)],
        {rule: profiles.row[np.flatnonzero(failing & alone)] for rule, failing in fails.items()},
    )


def _sum(parts: list[_Failures]) -> _Failures:
    return _Failures(
        {rule: sum(part.count[rule] for part in parts) for rule in RULES},
        np.concatenate([NOBODY, *(part.none for part in parts)]),
        {rule: np.concatenate([NOBODY, *(part.only[rule] for part in parts)]) for rule in RULES},
    )


def relaxed(facts: AssignmentFacts) -> list[tuple[Rule, dict[str, Any]]]:
    """Return every single relaxation of MATCHING.md: the rule it eases, and the fields as they would be."""
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


def _in_json(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == "starts_on" else value for name, value in change.items()}
