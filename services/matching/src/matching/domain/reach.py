"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Rule

from matching.domain import policy
from matching.domain.population import Array, Columns
from matching.domain.question import Question, ask
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
    """Answer for the whole population. `ended`: rows of those who declined or were rejected."""
    everyone = columns.take(columns.used)
    question = ask(facts, ended)
    found = candidates(everyone, question)
    relaxations = []
    for change in relaxed(facts):
        # "Not after the end" and the like are settled by `relaxed`: the copy needs no validation.
        easier = candidates(everyone, ask(facts.model_copy(update=change), ended))
        new = np.setdiff1d(easier.columns.row, found.columns.row, assume_unique=True)
        relaxations.append((_in_json(change), len(new)))
    return Reach(len(everyone), found, _rejections(everyone, question), relaxations)


def _rejections(columns: Columns, question: Question) -> list[tuple[Rule, int, int]]:
    fails = {rule: ~holds(columns, question) for rule, holds in RULES.items()}
    count = np.sum(list(fails.values()), axis=0)
    return [
        (rule, int(failing.sum()), int((failing & (count == 1)).sum())) for rule, failing in fails.items()
    ]


def relaxed(facts: AssignmentFacts) -> list[dict[str, Any]]:
    """Return every single relaxation of MATCHING.md, each as the fields as they would be."""
    changes: list[dict[str, Any]] = []
    if facts.rate_max_cents is not None:
        changes += [{"rate_max_cents": facts.rate_max_cents + more} for more in policy.RELAXED_RATES_CENTS]
    if not facts.open_to_growth:
        changes.append({"open_to_growth": True})
    if (facts.ends_on - facts.starts_on).days >= policy.RELAXED_START_DAYS:
        changes.append({"starts_on": facts.starts_on + timedelta(days=policy.RELAXED_START_DAYS)})
    changes += [{"onsite_days": days} for days in range(facts.onsite_days - 1, -1, -1)]
    for field in ("required_specialisms", "required_certificates"):
        required = getattr(facts, field)
        changes += [{field: [other for other in required if other != dropped]} for dropped in required]
    return changes


def _in_json(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == "starts_on" else value for name, value in change.items()}
