"""The criteria, one function each: profiles and assignments in, points of the policy per pair out.

Both sides are columns as the rules take them.
"""

from collections.abc import Callable

import numpy as np
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.rules import growth, pair_count
from matching.engine.assignments import NO_MAXIMUM, Assignments
from matching.engine.columnar import Array
from matching.engine.geography import kilometres
from matching.engine.profiles import Profiles

Outcome = Callable[[Profiles, Assignments], Array]


def _share(held: Array, asked: Array, points: int) -> Array:
    size = np.bitwise_count(asked)
    share = points * (np.bitwise_count(held & asked) / np.maximum(size, 1))
    return share if size.all() else np.where(size == 0, float(points), share)


def _specialisms(p: Profiles, a: Assignments) -> Array:
    return _share(p.specialisms, a.wanted, policy.POINTS[Criterion.SPECIALISMS])


def _dossiers(p: Profiles, a: Assignments) -> Array:
    return _share(p.dossiers, a.dossiers, policy.POINTS[Criterion.DOSSIERS])


def _sector(p: Profiles, a: Assignments) -> Array:
    entries = p.entries[np.arange(len(p)), a.organisation_type]
    depth = 10 * np.minimum(1, entries / policy.DEPTH_ENTRIES)
    breadth = np.where(entries == 0, 10.0, np.where(p.latest_type == a.organisation_type, 0.0, 5.0))
    return np.where(p.depth, depth, breadth)


def _ambition(p: Profiles, a: Assignments) -> Array:
    return level_half(p, a) + direction_half(p, a)


def level_half(p: Profiles, a: Assignments) -> Array:
    """Return the points of ambition that the level gives."""
    same = np.where(p.step_up, 6.0, 10.0)
    return np.where(growth(p, a), 10.0, np.where(p.level == a.level, same, 2.0))


def direction_half(p: Profiles, a: Assignments) -> Array:
    """Return the points of ambition that the wished-for specialisms give."""
    wishes = np.bitwise_count(p.ambition)
    smaller = np.minimum(wishes, np.bitwise_count(a.wanted))
    shared = np.bitwise_count(p.ambition & a.wanted)
    share = np.where(smaller == 0, 10.0, 10 * (shared / np.maximum(smaller, 1)))
    return np.where(wishes == 0, 5.0, share)


def _availability(p: Profiles, a: Assignments) -> Array:
    apart = np.abs(a.starts_on - p.available_from)
    return 10 * np.maximum(0, 1 - apart / policy.AVAILABILITY_DAYS)


def _rate(p: Profiles, a: Assignments) -> Array:
    below = 10 * np.minimum(1, ((a.rate_max - p.rate_min) / a.rate_max) / policy.RATE_SHARE)
    unlimited = a.rate_max == NO_MAXIMUM
    return np.where(unlimited, 10.0, below) if unlimited.any() else below


def _distance(p: Profiles, a: Assignments) -> Array:
    at_home = a.onsite_days == 0
    if at_home.all():
        return np.full(pair_count(p, a), 10.0)
    km = kilometres(p, a)
    ratio = np.where(p.max_km == 0, np.where(km == 0, 0.0, 1.0), km / np.where(p.max_km == 0, 1.0, p.max_km))
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


def points(profiles: Profiles, assignments: Assignments) -> list[Array]:
    """Return each criterion's points, unrounded and weighted, in CRITERIA's order: an array per criterion."""
    return [points_of(criterion, profiles, assignments) for criterion in CRITERIA]


def points_of(criterion: Criterion, profiles: Profiles, assignments: Assignments) -> Array:
    """Return one criterion's points, unrounded and weighted."""
    value = CRITERIA[criterion](profiles, assignments)
    if assignments.weighted.any():
        weighted = value * assignments.weights[:, PLACE[criterion]] / policy.POINTS[criterion]
        value = np.where(assignments.weighted, weighted, value)
    return value


def maxima(assignment: Assignments) -> list[int]:
    """Return each criterion's points at most, for one assignment, in CRITERIA's order."""
    if assignment.weighted[0]:
        return [int(weight) for weight in assignment.weights[0]]
    return [policy.POINTS[criterion] for criterion in CRITERIA]


def total(points: list[Array]) -> Array:
    """Return the sum of all criteria's points, always added in one order."""
    everything = points[0] + points[1]
    for part in points[2:]:
        everything += part
    return everything
