"""The criteria, one function each: profiles and assignments in, a share from 0 to 1 per pair out.

A criterion's points are its share of its maximum: the policy's points, or the client's weight. Both sides
are columns as the rules take them.
"""

from collections.abc import Callable, Sequence

import numpy as np
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.rules import growth, pair_count
from matching.engine.assignments import NO_MAXIMUM, Assignments
from matching.engine.columnar import Array
from matching.engine.geography import kilometres
from matching.engine.profiles import Profiles

Share = Callable[[Profiles, Assignments], Array]


def _overlap(held: Array, asked: Array) -> Array:
    size = np.bitwise_count(asked)
    share = np.bitwise_count(held & asked) / np.maximum(size, 1)
    return share if size.all() else np.where(size == 0, 1.0, share)


def _of_case(values: Sequence[float], case: Array) -> Array:
    """Return what each case gives, by its number: to choose per element would take several times as long."""
    return np.array(values).take(case)


def _specialisms(p: Profiles, a: Assignments) -> Array:
    return _overlap(p.specialisms, a.wanted)


def _dossiers(p: Profiles, a: Assignments) -> Array:
    return _overlap(p.dossiers, a.dossiers)


def entries_that_count(p: Profiles, a: Assignments) -> Array:
    """Return how many portfolio entries of each pair count for depth.

    An entry that carries specialisms counts where it shares one with those wanted, whatever its type; one
    that carries none where it is of the assignment's organisation type.
    """
    return p.entries(a.organisation_type) + _beyond_type(p, a)


def _beyond_type(p: Profiles, a: Assignments, whose: Array | bool = True) -> Array | int:
    """Return how many entries more count for depth than are of the assignment's organisation type.

    `whose`: of which profiles that is asked; the others get any number.
    """
    count = pair_count(p, a)
    pairs, crafts = p.crafts(count, whose)
    if len(pairs) == 0:
        return 0
    one = len(a) == 1
    shares = (crafts["specialisms"] & (a.wanted if one else a.wanted[pairs])) != 0
    of_type = crafts["organisation_type"] == (a.organisation_type if one else a.organisation_type[pairs])
    return np.bincount(pairs, shares.astype(np.int8) - of_type, count).astype(np.int64)


def _sector(p: Profiles, a: Assignments) -> Array:
    entries = p.entries(a.organisation_type)
    known = (entries != 0).view(np.int8)  # 0: the type is new, 1: it is known, 2: it is the latest as well
    breadth = known + (known & (p.latest_type == a.organisation_type))
    counting = entries + _beyond_type(p, a, p.depth)
    depth = np.minimum(counting, policy.DEPTH_ENTRIES).astype(np.int8)
    of_breadth = [policy.TYPE_IS_NEW, policy.TYPE_IS_EARLIER, policy.TYPE_IS_LATEST]
    of_depth = np.minimum(1, np.arange(policy.DEPTH_ENTRIES + 1) / policy.DEPTH_ENTRIES)
    case = breadth * ~p.depth + (depth + np.int8(len(of_breadth))) * p.depth
    return _of_case([*of_breadth, *of_depth], case)


def _level(p: Profiles, a: Assignments) -> Array:
    same = (p.level == a.level).view(np.int8)
    case = same + 2 * growth(p, a).view(np.int8)
    return _of_case([policy.LEVEL_ABOVE, policy.LEVEL_SAME, policy.LEVEL_OF_GROWTH], case)


def _direction(p: Profiles, a: Assignments) -> Array:
    wishes = np.bitwise_count(p.ambition)
    smaller = np.minimum(wishes, np.bitwise_count(a.wanted))
    shared = np.bitwise_count(p.ambition & a.wanted)
    share = shared / np.maximum(smaller, 1)  # nothing where one of the two is empty
    case = (smaller == 0).view(np.int8) + (wishes == 0)
    share += _of_case([0.0, 1.0, policy.DIRECTION_WITHOUT_WISHES], case)
    return share


def _availability(p: Profiles, a: Assignments) -> Array:
    return np.maximum(0, 1 - days_after(p, a) / policy.AVAILABILITY_DAYS)


def days_after(p: Profiles, a: Assignments) -> Array:
    """Return how many days after the start the professional is free; 0 where that is earlier."""
    return np.maximum(0, p.available_from - a.starts_on)


def _rate(p: Profiles, a: Assignments) -> Array:
    below = np.minimum(1, ((a.rate_max - p.rate_min) / a.rate_max) / policy.RATE_SHARE)
    unlimited = a.rate_max == NO_MAXIMUM
    return np.where(unlimited, 1.0, below) if unlimited.any() else below


def _distance(p: Profiles, a: Assignments) -> Array:
    at_home = a.onsite_days == 0
    if at_home.all():
        return np.full(pair_count(p, a), 1.0)
    km, most = kilometres(p, a), p.max_km
    ratio = km / most if most.all() else np.where(most == 0, km != 0, km / np.where(most == 0, 1.0, most))
    share = np.maximum(0, 1 - ratio)
    return np.where(at_home, 1.0, share) if at_home.any() else share


# Each criterion's parts; one that has a single part is that.
CRITERIA: dict[Criterion, tuple[Share, ...]] = {
    Criterion.SPECIALISMS: (_specialisms,),
    Criterion.DOSSIERS: (_dossiers,),
    Criterion.SECTOR: (_sector,),
    Criterion.AMBITION: (_level, _direction),
    Criterion.AVAILABILITY: (_availability,),
    Criterion.RATE: (_rate,),
    Criterion.DISTANCE: (_distance,),
}
PLACE = {criterion: place for place, criterion in enumerate(CRITERIA)}
WHOLE = (1.0,)


def points(profiles: Profiles, assignments: Assignments) -> list[Array]:
    """Return each criterion's points, unrounded, in CRITERIA's order: an array per criterion."""
    return [points_of(criterion, profiles, assignments) for criterion in CRITERIA]


def points_of(criterion: Criterion, profiles: Profiles, assignments: Assignments) -> Array:
    """Return one criterion's points, unrounded."""
    return total(parts_of(criterion, profiles, assignments, maximum(criterion, assignments)))


def parts_of(
    criterion: Criterion, profiles: Profiles, assignments: Assignments, most: Array | int
) -> list[Array]:
    """Return the points of each part of a criterion that gives `most` points at most."""
    parts = zip(policy.PARTS.get(criterion, WHOLE), CRITERIA[criterion], strict=True)
    return [most * part * share(profiles, assignments) for part, share in parts]


def maximum(criterion: Criterion, assignments: Assignments) -> Array | int:
    """Return one criterion's points at most: the client's weight where there is one, else the policy's."""
    if not assignments.weighted.any():
        return policy.POINTS[criterion]
    weights = assignments.weights[:, PLACE[criterion]]
    return np.where(assignments.weighted, weights, policy.POINTS[criterion])


def maxima(assignment: Assignments) -> list[int]:
    """Return each criterion's points at most, for one assignment, in CRITERIA's order."""
    weights: list[int] = assignment.weights[0].tolist()
    return weights if assignment.weighted[0] else [policy.POINTS[criterion] for criterion in CRITERIA]


def total(points: list[Array]) -> Array:
    """Return the sum of points, always added in one order."""
    everything = points[0]
    for part in points[1:]:
        everything = everything + part
    return everything
