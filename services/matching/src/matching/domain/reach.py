"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Rule

from matching.domain import policy
from matching.domain.population import Array, Columns
from matching.domain.question import ask
from matching.domain.ranking import Candidates, candidates
from matching.domain.rules import RULES


@dataclass(frozen=True)
class Reach:
    """The answer. `rules`: (rule, how many fail it, how many fail only it); `relaxations`: (change, adds)."""

    population: int
    found: Candidates
    rules: list[tuple[Rule, int, int]]
    relaxations: list[tuple[dict[str, Any], int]]


def reach(columns: Columns, facts: AssignmentFacts, ended: Array) -> Reach:
    """Answer for the whole population. `ended`: rows of those who declined or were rejected.

    A relaxation touches one rule. Whoever it newly brings fails no other rule, so each is tried on those
    few alone: the ones who fail only that rule, and the ones who fail none but score too little.
    """
    question = ask(facts, ended)
    fails = {rule: columns.used & ~holds(columns, question) for rule, holds in RULES.items()}
    failed = np.where(columns.used, np.int8(0), np.int8(len(RULES)))
    for failing in fails.values():
        failed += failing
    passing = np.flatnonzero(failed == 0)
    nearly = np.flatnonzero(failed == 1)
    found = candidates(columns.take(passing), question)
    below = np.setdiff1d(passing, found.columns.row, assume_unique=True)
    only = {rule: nearly[failing[nearly]] for rule, failing in fails.items()}
    relaxations = []
    for rule, change in relaxed(facts):
        tried = columns.take(np.concatenate([below, only[rule]]))
        # "Not after the end" and the like are settled by `relaxed`: the copy needs no validation.
        new = candidates(tried, ask(facts.model_copy(update=change), ended))
        relaxations.append((_in_json(change), len(new)))
    rejections = [(rule, int(np.count_nonzero(fails[rule])), len(only[rule])) for rule in RULES]
    return Reach(int(np.count_nonzero(columns.used)), found, rejections, relaxations)


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
