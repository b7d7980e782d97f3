"""The criteria, one function each: profiles and assignments in, points of the policy per pair out.

Both sides are columns as the rules take them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.days import day
from matching.domain.geography import kilometres
from matching.domain.population import Profiles
from matching.domain.question import NO_MAXIMUM, Question
from matching.domain.rules import count, growth
from matching.domain.table import Array
from matching.domain.vocabulary_bits import DOSSIERS, LEVELS, ORGANISATION_TYPES, SPECIALISMS

Outcome = Callable[[Profiles, Question], Array]


def _share(held: Array, asked: Array, points: int) -> Array:
    size = np.bitwise_count(asked)
    share = points * (np.bitwise_count(held & asked) / np.maximum(size, 1))
    return share if size.all() else np.where(size == 0, float(points), share)


def _specialisms(c: Profiles, q: Question) -> Array:
    return _share(c.specialisms, q.wanted, policy.POINTS[Criterion.SPECIALISMS])


def _dossiers(c: Profiles, q: Question) -> Array:
    return _share(c.dossiers, q.dossiers, policy.POINTS[Criterion.DOSSIERS])


def _sector(c: Profiles, q: Question) -> Array:
    entries = c.entries[np.arange(len(c)), q.organisation_type]
    depth = 10 * np.minimum(1, entries / policy.DEPTH_ENTRIES)
    breadth = np.where(entries == 0, 10.0, np.where(c.latest_type == q.organisation_type, 0.0, 5.0))
    return np.where(c.depth, depth, breadth)


def _ambition(c: Profiles, q: Question) -> Array:
    return _level_half(c, q) + _direction_half(c, q)


def _level_half(c: Profiles, q: Question) -> Array:
    same = np.where(c.step_up, 6.0, 10.0)
    return np.where(growth(c, q), 10.0, np.where(c.level == q.level, same, 2.0))


def _direction_half(c: Profiles, q: Question) -> Array:
    wishes = np.bitwise_count(c.ambition)
    smaller = np.minimum(wishes, np.bitwise_count(q.wanted))
    shared = np.bitwise_count(c.ambition & q.wanted)
    share = np.where(smaller == 0, 10.0, 10 * (shared / np.maximum(smaller, 1)))
    return np.where(wishes == 0, 5.0, share)


def _availability(c: Profiles, q: Question) -> Array:
    apart = np.abs(q.starts_on - c.available_from)
    return 10 * np.maximum(0, 1 - apart / policy.AVAILABILITY_DAYS)


def _rate(c: Profiles, q: Question) -> Array:
    below = 10 * np.minimum(1, ((q.rate_max - c.rate_min) / q.rate_max) / policy.RATE_SHARE)
    unlimited = q.rate_max == NO_MAXIMUM
    return np.where(unlimited, 10.0, below) if unlimited.any() else below


def _distance(c: Profiles, q: Question) -> Array:
    at_home = q.onsite_days == 0
    if at_home.all():
        return np.full(count(c, q), 10.0)
    km = kilometres(c, q)
    ratio = np.where(c.max_km == 0, np.where(km == 0, 0.0, 1.0), km / np.where(c.max_km == 0, 1.0, c.max_km))
    return np.where(at_home, 10.0, 10 * np.maximum(0, 1 - ratio))


CRITERIA: dict[Criterion, Outcome] = {
    Criterion.SPECIALISMS: _specialisms,
    Criterion.DOSSIERS: _dossiers,
    Criterion.SECTOR: _sector,
    Criterion.AMBITION: _ambition,
    Criterion.AVAILABILITY: _availability,
    Criterion.RATE: _rate,
    Criterion.DISTANCE: _distance,
}
PLACE = {criterion: place for place, criterion in enumerate(CRITERIA)}


def points(profiles: Profiles, question: Question) -> list[Array]:
    """Return each criterion's points, unrounded and weighted, in CRITERIA's order: an array per criterion."""
    return [points_of(criterion, profiles, question) for criterion in CRITERIA]


def points_of(criterion: Criterion, profiles: Profiles, question: Question) -> Array:
    """Return one criterion's points, unrounded and weighted."""
    value = CRITERIA[criterion](profiles, question)
    if question.weighted.any():
        most = question.maxima[:, PLACE[criterion]]
        value = np.where(question.weighted, value * most / policy.POINTS[criterion], value)
    return value


def total(points: list[Array]) -> Array:
    """Return the sum of all criteria's points, always added in one order."""
    everything = points[0] + points[1]
    for part in points[2:]:
        everything += part
    return everything


def facts(criterion: Criterion, profiles: Profiles, question: Question) -> Iterator[dict[str, Any]]:
    """Iterate over the facts behind a criterion's points, profile by profile, for one assignment."""
    return _FACTS[criterion](profiles, question)


def _specialisms_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    wanted = int(q.wanted[0])
    for held in c.specialisms.tolist():
        yield {
            "matched": SPECIALISMS.names(held & wanted),
            "missing": SPECIALISMS.names(wanted & ~held),
        }


def _dossiers_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    asked = int(q.dossiers[0])
    for held in c.dossiers.tolist():
        yield {"matched": DOSSIERS.names(held & asked), "missing": DOSSIERS.names(asked & ~held)}


def _sector_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    kind = int(q.organisation_type[0])
    columns = (c.depth, c.entries[:, kind], c.latest_type)
    for depth, entries, latest in zip(*(column.tolist() for column in columns), strict=True):
        yield {
            "direction": "depth" if depth else "breadth",
            "organisation_type": ORGANISATION_TYPES.name(kind),
            "entries": entries,
            "latest": None if latest < 0 else ORGANISATION_TYPES.name(latest),
        }


def _ambition_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    level, wanted = LEVELS.name(int(q.level[0])), int(q.wanted[0])
    columns = (c.level, c.step_up, growth(c, q), c.ambition, _level_half(c, q), _direction_half(c, q))
    for held, step_up, growing, wishes, level_half, direction_half in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield {
            "profile_level": LEVELS.name(held),
            "assignment_level": level,
            "step_up": step_up,
            "growth": growing,
            "wishes": SPECIALISMS.names(wishes),
            "matched": SPECIALISMS.names(wishes & wanted),
            "level_points": round(level_half, 2),
            "direction_points": round(direction_half, 2),
        }


def _availability_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    starts_on = int(q.starts_on[0])
    for available in c.available_from.tolist():
        yield {
            "available_from": day(available),
            "starts_on": day(starts_on),
            "days_apart": abs(starts_on - available),
        }


def _rate_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    most = int(q.rate_max[0])
    for rate in c.rate_min.tolist():
        yield {"rate_min_cents": rate, "rate_max_cents": None if most == NO_MAXIMUM else most}


def _distance_facts(c: Profiles, q: Question) -> Iterator[dict[str, Any]]:
    days = int(q.onsite_days[0])
    for km, most in zip(kilometres(c, q).tolist(), c.max_km.tolist(), strict=True):
        yield {"km": round(km, 1), "max_km": most, "onsite_days": days}


_FACTS: dict[Criterion, Callable[[Profiles, Question], Iterator[dict[str, Any]]]] = {
    Criterion.SPECIALISMS: _specialisms_facts,
    Criterion.DOSSIERS: _dossiers_facts,
    Criterion.SECTOR: _sector_facts,
    Criterion.AMBITION: _ambition_facts,
    Criterion.AVAILABILITY: _availability_facts,
    Criterion.RATE: _rate_facts,
    Criterion.DISTANCE: _distance_facts,
}
