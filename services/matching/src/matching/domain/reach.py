"""What an assignment, open or a draft, would bring: candidates, who fails what, what a relaxation adds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from contracts.events import InterestLacking, Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Rule

from matching.domain.candidates import Candidates, judged
from matching.domain.failures import failures
from matching.domain.relaxations import Eased, relaxations, relaxed
from matching.engine import rowsets
from matching.engine.assignments import NOBODY
from matching.engine.columnar import Array
from matching.engine.profiles import Population


@dataclass(frozen=True)
class RuleReach:
    """How many professionals fail a rule, and how many fail only it."""

    rule: Rule
    rejected: int
    only: int


@dataclass(frozen=True)
class Reach:
    """What an assignment would bring, in a population of so many. `relaxations`: empty where they were not
    asked for."""

    population: int
    candidates: Candidates
    rules: list[RuleReach]
    relaxations: list[Relaxation]


def reach(
    population: Population, facts: AssignmentFacts, ended: Array = NOBODY, *, eased: bool = True
) -> Reach:
    """Answer for the whole population. `ended`: rows of those who declined or were rejected; `eased`: whether
    relaxations are tried, which takes most of the time."""
    tried = Eased(facts, ended, relaxed(facts) if eased else [])
    assignment = tried.by(())
    failing = failures(population.profiles, assignment, tried.rules())
    passing = population.profiles.select(rowsets.rows(failing.exactly()))
    found = judged(passing, assignment)
    rules = [
        RuleReach(rule=rule, rejected=rowsets.size(those), only=rowsets.size(failing.exactly(rule)))
        for rule, those in failing.failing.items()
    ]
    eased_to = []
    if eased:
        below = passing.select(~np.isin(passing.row, found.profiles.row, assume_unique=True))
        eased_to = relaxations(tried, failing, below)
    return Reach(population=len(population), candidates=found, rules=rules, relaxations=eased_to)


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
