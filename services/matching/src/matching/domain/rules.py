"""The hard rules, one function each: profiles and assignments in, a Boolean per pair out.

Both sides are columns of the same length, or one of them has a single row, which goes with every row of
the other.

The rule before all others, `probe`, is not here: the probe's profile and opdrachten lie apart from everybody
else's (`replica`), so that no pair of one and another is ever looked at, or counted.
"""

from collections.abc import Callable

import numpy as np
from contracts.vocabulary import Rule, Urgency

from matching.domain import policy
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.geography import squared_chord
from matching.engine.profiles import Profiles

NO_LEVEL = np.int8(-2)  # two below the lowest


def _active(p: Profiles, _a: Assignments) -> Array:
    return p.active


def _level(p: Profiles, a: Assignments) -> Array:
    return (p.level == a.level) | (p.level == a.level + 1) | growth(p, a)


def growth(p: Profiles, a: Assignments) -> Array:
    """Tell which pairs would be a step up: one level below, open to it on both sides."""
    below = np.where(a.open_to_growth, a.level - np.int8(1), NO_LEVEL)
    return (p.level == below) & p.step_up


def _specialisms(p: Profiles, a: Assignments) -> Array:
    return _has_all(p.specialisms, a.required)


def _certificates(p: Profiles, a: Assignments) -> Array:
    return _has_all(p.certificates, a.certificates)


def _has_all(held: Array, asked: Array) -> Array:
    return (held & asked) == asked if asked.any() else np.full(1, True)


def _availability(p: Profiles, a: Assignments) -> Array:
    return (p.available_from <= a.starts_on + slack_days(a)) & (p.available_until >= a.ends_on)


def slack_days(a: Assignments) -> Array:
    """Return how many days after the start a professional may become available."""
    urgent, normal = policy.SLACK_DAYS[Urgency.SPOED], policy.SLACK_DAYS[Urgency.NORMAAL]
    return np.where(a.urgent, np.int32(urgent), np.int32(normal))


def _hours(p: Profiles, a: Assignments) -> Array:
    return (p.hours_max >= a.hours_min) & (p.hours_min <= a.hours_max)


def _rate(p: Profiles, a: Assignments) -> Array:
    return p.rate_min <= a.rate_max  # NO_MAXIMUM is above any rate


def _distance(p: Profiles, a: Assignments) -> Array:
    at_home = a.onsite_days == 0
    return at_home if at_home.all() else at_home | (squared_chord(p, a) <= p.max_chord2)


def _contract_form(p: Profiles, a: Assignments) -> Array:
    return (p.contract_forms & a.contract_forms) != 0


def _organisation(p: Profiles, a: Assignments) -> Array:
    bit = np.left_shift(1, a.organisation_type).astype(p.excluded.dtype)
    return (p.excluded & bit) == 0


def _unanswered(p: Profiles, a: Assignments) -> Array:
    return ~np.isin(p.row, a.ended) if len(a.ended) else np.full(1, True)


RULES: dict[Rule, Callable[[Profiles, Assignments], Array]] = {
    Rule.ACTIVE: _active,
    Rule.LEVEL: _level,
    Rule.SPECIALISMS: _specialisms,
    Rule.CERTIFICATES: _certificates,
    Rule.AVAILABILITY: _availability,
    Rule.HOURS: _hours,
    Rule.RATE: _rate,
    Rule.DISTANCE: _distance,
    Rule.CONTRACT_FORM: _contract_form,
    Rule.ORGANISATION: _organisation,
    Rule.UNANSWERED: _unanswered,
}

# What rejects most for least comes first; distance reads most and comes last.
IN_ORDER = (
    Rule.LEVEL,
    Rule.SPECIALISMS,
    Rule.CONTRACT_FORM,
    Rule.ACTIVE,
    Rule.CERTIFICATES,
    Rule.ORGANISATION,
    Rule.RATE,
    Rule.HOURS,
    Rule.AVAILABILITY,
    Rule.UNANSWERED,
    Rule.DISTANCE,
)


def passing(profiles: Profiles, assignments: Assignments) -> tuple[Profiles, Assignments]:
    """Return the pairs that pass every rule, as rows side by side; a single assignment stays one row."""
    for rule in IN_ORDER:
        pairs = pair_count(profiles, assignments)
        if pairs == 0:
            break
        holds = RULES[rule](profiles, assignments)
        if not holds.all():
            chosen = np.flatnonzero(np.broadcast_to(holds, pairs))
            if len(assignments) > 1:
                assignments = assignments.select(chosen)
            if len(profiles) == pairs:
                profiles = profiles.select(chosen)
    return profiles, assignments


def pair_count(profiles: Profiles, assignments: Assignments) -> int:
    """Return how many pairs two sides make: they are of one length, or one of them has a single row."""
    return len(profiles) if len(assignments) == 1 else len(assignments)
