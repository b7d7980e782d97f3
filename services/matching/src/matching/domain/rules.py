"""The hard rules, one function each: profiles and assignments in, a Boolean per pair out.

Both sides are columns of the same length, or one of them has a single row, which goes with every row of
the other.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from contracts.vocabulary import Rule

from matching.domain.days import day
from matching.domain.geography import kilometres, squared_chord
from matching.domain.population import FOREVER, Profiles
from matching.domain.question import NO_MAXIMUM, Question
from matching.domain.table import Array
from matching.domain.vocabulary_bits import (
    CERTIFICATES,
    CONTRACT_FORMS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)


def _active(c: Profiles, _q: Question) -> Array:
    return c.active


def _level(c: Profiles, q: Question) -> Array:
    return (c.level == q.level) | (c.level == q.level + 1) | growth(c, q)


def growth(c: Profiles, q: Question) -> Array:
    """Tell which pairs would be a step up: one level below, open to it on both sides."""
    return (c.level == q.level - 1) & c.step_up & q.open_to_growth


def _specialisms(c: Profiles, q: Question) -> Array:
    return (q.required & ~c.specialisms) == 0


def _certificates(c: Profiles, q: Question) -> Array:
    return (q.certificates & ~c.certificates) == 0


def _availability(c: Profiles, q: Question) -> Array:
    return (c.available_from <= q.starts_on + q.slack_days) & (c.available_until >= q.ends_on)


def _hours(c: Profiles, q: Question) -> Array:
    return (c.hours_max >= q.hours_min) & (c.hours_min <= q.hours_max)


def _rate(c: Profiles, q: Question) -> Array:
    return c.rate_min <= q.rate_max  # NO_MAXIMUM is above any rate


def _distance(c: Profiles, q: Question) -> Array:
    at_home = q.onsite_days == 0
    return at_home if at_home.all() else at_home | (squared_chord(c, q) <= c.max_chord2)


def _contract_form(c: Profiles, q: Question) -> Array:
    return (c.contract_forms & q.contract_forms) != 0


def _organisation(c: Profiles, q: Question) -> Array:
    return (c.excluded >> q.organisation_type & 1) == 0


def _unanswered(c: Profiles, q: Question) -> Array:
    return ~np.isin(c.row, q.ended) if len(q.ended) else np.full(1, True)


RULES: dict[Rule, Callable[[Profiles, Question], Array]] = {
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


def passing(profiles: Profiles, question: Question) -> tuple[Profiles, Question]:
    """Return the pairs that pass every rule, as rows side by side; a lone question stays one row."""
    for rule in IN_ORDER:
        pairs = count(profiles, question)
        if pairs == 0:
            break
        holds = RULES[rule](profiles, question)
        if not holds.all():
            chosen = np.flatnonzero(np.broadcast_to(holds, pairs))
            if len(question) > 1:
                question = question.take(chosen)
            if len(profiles) == pairs:
                profiles = profiles.take(chosen)
    return profiles, question


def count(profiles: Profiles, question: Question) -> int:
    """Return how many pairs two sides make."""
    return int(np.broadcast_shapes((len(profiles),), (len(question),))[0])


def facts(rule: Rule, row: Profiles, q: Question) -> dict[str, Any]:
    """Return what a rule looked at, for the one row given."""
    return dict(_FACTS[rule](row, q))


def _level_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_level", LEVELS.name(int(c.level[0]))
    yield "assignment_level", LEVELS.name(int(q.level[0]))
    yield "open_to_growth", bool(q.open_to_growth[0])
    yield "step_up", bool(c.step_up[0])


def _specialisms_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "required", SPECIALISMS.names(int(q.required[0]))
    yield "missing", SPECIALISMS.names(int(q.required[0]) & ~int(c.specialisms[0]))


def _certificates_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "required", CERTIFICATES.names(int(q.certificates[0]))
    yield "missing", CERTIFICATES.names(int(q.certificates[0]) & ~int(c.certificates[0]))


def _availability_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    until = int(c.available_until[0])
    yield "available_from", day(int(c.available_from[0]))
    yield "available_until", None if until == FOREVER else day(until)
    yield "starts_on", day(int(q.starts_on[0]))
    yield "ends_on", day(int(q.ends_on[0]))
    yield "slack_days", int(q.slack_days[0])


def _hours_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_hours", [int(c.hours_min[0]), int(c.hours_max[0])]
    yield "assignment_hours", [int(q.hours_min[0]), int(q.hours_max[0])]


def _rate_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "rate_min_cents", int(c.rate_min[0])
    most = int(q.rate_max[0])
    yield "rate_max_cents", None if most == NO_MAXIMUM else most


def _distance_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "onsite_days", int(q.onsite_days[0])
    yield "km", round(float(kilometres(c, q)[0]), 1)
    yield "max_km", float(c.max_km[0])


def _contract_form_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_forms", CONTRACT_FORMS.names(int(c.contract_forms[0]))
    yield "assignment_forms", CONTRACT_FORMS.names(int(q.contract_forms[0]))


def _organisation_facts(c: Profiles, q: Question) -> Iterator[tuple[str, Any]]:
    yield "organisation_type", ORGANISATION_TYPES.name(int(q.organisation_type[0]))
    yield "excluded", ORGANISATION_TYPES.names(int(c.excluded[0]))


_FACTS: dict[Rule, Callable[[Profiles, Question], Iterator[tuple[str, Any]]]] = {
    Rule.ACTIVE: lambda c, _q: iter([("status", "active" if c.active[0] else "paused")]),
    Rule.LEVEL: _level_facts,
    Rule.SPECIALISMS: _specialisms_facts,
    Rule.CERTIFICATES: _certificates_facts,
    Rule.AVAILABILITY: _availability_facts,
    Rule.HOURS: _hours_facts,
    Rule.RATE: _rate_facts,
    Rule.DISTANCE: _distance_facts,
    Rule.CONTRACT_FORM: _contract_form_facts,
    Rule.ORGANISATION: _organisation_facts,
    Rule.UNANSWERED: lambda c, q: iter([("ended", bool(np.isin(c.row, q.ended)[0]))]),
}
