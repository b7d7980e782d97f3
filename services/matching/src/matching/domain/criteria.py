"""The criteria, one function each: columns and an assignment in, points of the policy per row out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.days import day
from matching.domain.geography import kilometres
from matching.domain.population import Array, Columns
from matching.domain.question import Question
from matching.domain.rules import growth
from matching.domain.vocabulary_bits import DOSSIERS, LEVELS, ORGANISATION_TYPES, SPECIALISMS

Outcome = Callable[[Columns, Question], Array]


def _full(c: Columns, points: float) -> Array:
    return np.full(len(c), points, np.float64)


def _share(c: Columns, held: Array, asked: int, points: int) -> Array:
    size = asked.bit_count()
    return _full(c, points) if size == 0 else points * (np.bitwise_count(held & asked) / size)


def _specialisms(c: Columns, q: Question) -> Array:
    return _share(c, c.specialisms, q.wanted, policy.POINTS[Criterion.SPECIALISMS])


def _dossiers(c: Columns, q: Question) -> Array:
    return _share(c, c.dossiers, q.dossiers, policy.POINTS[Criterion.DOSSIERS])


def _sector(c: Columns, q: Question) -> Array:
    entries = c.entries[:, q.organisation_type]
    depth = 10 * np.minimum(1, entries / policy.DEPTH_ENTRIES)
    breadth = np.where(entries == 0, 10.0, np.where(c.latest_type == q.organisation_type, 0.0, 5.0))
    return np.where(c.depth, depth, breadth)


def _ambition(c: Columns, q: Question) -> Array:
    return _level_half(c, q) + _direction_half(c, q)


def _level_half(c: Columns, q: Question) -> Array:
    same = np.where(c.step_up, 6.0, 10.0)
    return np.where(growth(c, q), 10.0, np.where(c.level == q.level, same, 2.0))


def _direction_half(c: Columns, q: Question) -> Array:
    wishes = np.bitwise_count(c.ambition)
    smaller = np.minimum(wishes, q.wanted.bit_count())
    shared = np.bitwise_count(c.ambition & q.wanted)
    share = np.where(smaller == 0, 10.0, 10 * (shared / np.maximum(smaller, 1)))
    return np.where(wishes == 0, 5.0, share)


def _availability(c: Columns, q: Question) -> Array:
    apart = np.abs(q.starts_on - c.available_from)
    return 10 * np.maximum(0, 1 - apart / policy.AVAILABILITY_DAYS)


def _rate(c: Columns, q: Question) -> Array:
    if q.rate_max is None:
        return _full(c, 10)
    return 10 * np.minimum(1, ((q.rate_max - c.rate_min) / q.rate_max) / policy.RATE_SHARE)


def _distance(c: Columns, q: Question) -> Array:
    if q.onsite_days == 0:
        return _full(c, 10)
    km = kilometres(c, q)
    ratio = np.where(c.max_km == 0, np.where(km == 0, 0.0, 1.0), km / np.where(c.max_km == 0, 1.0, c.max_km))
    return 10 * np.maximum(0, 1 - ratio)


CRITERIA: dict[Criterion, Outcome] = {
    Criterion.SPECIALISMS: _specialisms,
    Criterion.DOSSIERS: _dossiers,
    Criterion.SECTOR: _sector,
    Criterion.AMBITION: _ambition,
    Criterion.AVAILABILITY: _availability,
    Criterion.RATE: _rate,
    Criterion.DISTANCE: _distance,
}


def points(columns: Columns, question: Question) -> Array:
    """Return each criterion's points, unrounded and weighted: shape (criteria, rows), CRITERIA's order."""
    outcomes = []
    for criterion, outcome in CRITERIA.items():
        most = question.maximum(criterion)
        value = outcome(columns, question)
        if most != policy.POINTS[criterion]:
            value = value * most / policy.POINTS[criterion]
        outcomes.append(value)
    return np.stack(outcomes)


def facts(criterion: Criterion, row: Columns, question: Question) -> dict[str, Any]:
    """Return the facts behind a criterion's points, for the one row given."""
    return _FACTS[criterion](row, question)


def _specialisms_facts(c: Columns, q: Question) -> dict[str, Any]:
    held = int(c.specialisms[0])
    return {
        "matched": SPECIALISMS.names(held & q.wanted),
        "missing": SPECIALISMS.names(q.wanted & ~held),
    }


def _dossiers_facts(c: Columns, q: Question) -> dict[str, Any]:
    held = int(c.dossiers[0])
    return {"matched": DOSSIERS.names(held & q.dossiers), "missing": DOSSIERS.names(q.dossiers & ~held)}


def _sector_facts(c: Columns, q: Question) -> dict[str, Any]:
    latest = int(c.latest_type[0])
    return {
        "direction": "depth" if c.depth[0] else "breadth",
        "organisation_type": ORGANISATION_TYPES.name(q.organisation_type),
        "entries": int(c.entries[0, q.organisation_type]),
        "latest": None if latest < 0 else ORGANISATION_TYPES.name(latest),
    }


def _ambition_facts(c: Columns, q: Question) -> dict[str, Any]:
    wishes = int(c.ambition[0])
    return {
        "profile_level": LEVELS.name(int(c.level[0])),
        "assignment_level": LEVELS.name(q.level),
        "step_up": bool(c.step_up[0]),
        "growth": bool(growth(c, q)[0]),
        "wishes": SPECIALISMS.names(wishes),
        "matched": SPECIALISMS.names(wishes & q.wanted),
        "level_points": round(float(_level_half(c, q)[0]), 2),
        "direction_points": round(float(_direction_half(c, q)[0]), 2),
    }


def _availability_facts(c: Columns, q: Question) -> dict[str, Any]:
    available = int(c.available_from[0])
    return {
        "available_from": day(available),
        "starts_on": day(q.starts_on),
        "days_apart": abs(q.starts_on - available),
    }


def _rate_facts(c: Columns, q: Question) -> dict[str, Any]:
    return {"rate_min_cents": int(c.rate_min[0]), "rate_max_cents": q.rate_max}


def _distance_facts(c: Columns, q: Question) -> dict[str, Any]:
    km = round(float(kilometres(c, q)[0]), 1)
    return {"km": km, "max_km": float(c.max_km[0]), "onsite_days": q.onsite_days}


_FACTS: dict[Criterion, Callable[[Columns, Question], dict[str, Any]]] = {
    Criterion.SPECIALISMS: _specialisms_facts,
    Criterion.DOSSIERS: _dossiers_facts,
    Criterion.SECTOR: _sector_facts,
    Criterion.AMBITION: _ambition_facts,
    Criterion.AVAILABILITY: _availability_facts,
    Criterion.RATE: _rate_facts,
    Criterion.DISTANCE: _distance_facts,
}
