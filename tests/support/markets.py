"""Markets of assignments as JSON values, as matching holds them.

An assignment is its facts and, beside them, `id`, `open` and `opened_on`, as in `career_reference`.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from contracts.facts import AssignmentFacts, ProfileFacts
from matching.domain.outlook.market import Market
from matching.engine.assignments import (
    Assignments,
    AssignmentStore,
    assignment_records,
    encode_assignment,
)
from matching.engine.profiles import Population, Profiles, encode_profile, profile_records

BESIDE = {"id", "open", "opened_on"}


def profile(facts: dict[str, Any]) -> ProfileFacts:
    """Read a profile's facts."""
    return ProfileFacts.model_validate_json(json.dumps(facts))


def market(assignments: Iterable[dict[str, Any]]) -> Market:
    """Put assignments on the market."""
    everything = list(assignments)
    halves = [[one for one in everything if one["open"] is wanted] for wanted in (True, False)]
    return Market.of(*map(stored, halves))


def stored(assignments: Sequence[dict[str, Any]]) -> Assignments:
    """Put assignments into columns."""
    store = AssignmentStore()
    for one in assignments:
        text = json.dumps({name: value for name, value in one.items() if name not in BESIDE})
        facts = AssignmentFacts.model_validate_json(text)
        record = assignment_records([encode_assignment(facts, one["opened_on"].toordinal())])
        store.upsert([one["id"]], np.ones(1), record)
    return store.assignments


def everybody(people: Iterable[dict[str, Any]]) -> Profiles:
    """Return a population of these."""
    filled, facts = Population(), [profile(one) for one in people]
    ids = [UUID(int=number) for number in range(len(facts))]
    filled.upsert(ids, np.ones(len(ids)), *profile_records([encode_profile(one) for one in facts]))
    return filled.profiles
