"""The hard rules, one function each: columns and an assignment in, a Boolean per row out."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from contracts.vocabulary import Rule

from matching.domain.days import day
from matching.domain.geography import kilometres
from matching.domain.population import FOREVER, Array, Columns
from matching.domain.question import Question
from matching.domain.vocabulary_bits import (
    CERTIFICATES,
    CONTRACT_FORMS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)


def _active(c: Columns, _q: Question) -> Array:
    return c.active


def _level(c: Columns, q: Question) -> Array:
    fits = (c.level == q.level) | (c.level == q.level + 1)
    return fits | growth(c, q) if q.open_to_growth else fits


def growth(c: Columns, q: Question) -> Array:
    """Tell which rows would be a step up: one level below, open to it on both sides."""
    return (c.level == q.level - 1) & c.step_up & q.open_to_growth


def _specialisms(c: Columns, q: Question) -> Array:
    return (c.specialisms & q.required) == q.required


def _certificates(c: Columns, q: Question) -> Array:
    return (c.certificates & q.certificates) == q.certificates


def _availability(c: Columns, q: Question) -> Array:
    return (c.available_from <= q.starts_on + q.slack_days) & (c.available_until >= q.ends_on)


def _hours(c: Columns, q: Question) -> Array:
    return (c.hours_max >= q.hours_min) & (c.hours_min <= q.hours_max)


def _rate(c: Columns, q: Question) -> Array:
    return np.ones(len(c), np.bool_) if q.rate_max is None else c.rate_min <= q.rate_max


def _distance(c: Columns, q: Question) -> Array:
    return np.ones(len(c), np.bool_) if q.onsite_days == 0 else kilometres(c, q) <= c.max_km + ROUNDING_KM


def _contract_form(c: Columns, q: Question) -> Array:
    return (c.contract_forms & q.contract_forms) != 0


def _organisation(c: Columns, q: Question) -> Array:
    return (c.excluded >> q.organisation_type & 1) == 0


def _unanswered(c: Columns, q: Question) -> Array:
    return ~np.isin(c.row, q.ended) if len(q.ended) else np.ones(len(c), np.bool_)


RULES: dict[Rule, Callable[[Columns, Question], Array]] = {
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

# What whole populations are sieved by. The wide rules read narrow columns from end to end; the others
# gather what is left row by row, so what rejects most for least comes first.
WIDE = (Rule.LEVEL, Rule.ACTIVE, Rule.CONTRACT_FORM, Rule.SPECIALISMS)
NARROW = (
    Rule.RATE,
    Rule.HOURS,
    Rule.AVAILABILITY,
    Rule.CERTIFICATES,
    Rule.ORGANISATION,
    Rule.UNANSWERED,
    Rule.DISTANCE,
)
ROUNDING_KM = 1e-9  # whoever allows exactly the distance passes, by whatever formula it was computed

STRETCH = 1 << 15  # rows at a time: what a rule leaves behind stays in the processor's cache


def passing(columns: Columns, question: Question) -> Columns:
    """Return the used rows that pass every rule."""
    places = [
        _wide(columns.part(start, min(start + STRETCH, len(columns))), question) + start
        for start in range(0, len(columns), STRETCH)
    ]
    left = columns.take(np.concatenate(places) if places else np.array([], np.int64))
    for rule in NARROW:
        if len(left) == 0:
            break
        holds = RULES[rule](left, question)
        if not holds.all():
            left = left.take(holds)
    return left


def _wide(columns: Columns, question: Question) -> Array:
    holds = columns.used
    for rule in WIDE:
        holds = holds & RULES[rule](columns, question)
    return np.flatnonzero(holds)


def facts(rule: Rule, row: Columns, q: Question) -> dict[str, Any]:
    """Return what a rule looked at, for the one row given."""
    return dict(_FACTS[rule](row, q))


def _level_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_level", LEVELS.name(int(c.level[0]))
    yield "assignment_level", LEVELS.name(q.level)
    yield "open_to_growth", q.open_to_growth
    yield "step_up", bool(c.step_up[0])


def _specialisms_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "required", SPECIALISMS.names(q.required)
    yield "missing", SPECIALISMS.names(q.required & ~int(c.specialisms[0]))


def _certificates_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "required", CERTIFICATES.names(q.certificates)
    yield "missing", CERTIFICATES.names(q.certificates & ~int(c.certificates[0]))


def _availability_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    until = int(c.available_until[0])
    yield "available_from", day(int(c.available_from[0]))
    yield "available_until", None if until == FOREVER else day(until)
    yield "starts_on", day(q.starts_on)
    yield "ends_on", day(q.ends_on)
    yield "slack_days", q.slack_days


def _hours_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_hours", [int(c.hours_min[0]), int(c.hours_max[0])]
    yield "assignment_hours", [q.hours_min, q.hours_max]


def _rate_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "rate_min_cents", int(c.rate_min[0])
    yield "rate_max_cents", q.rate_max


def _distance_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "onsite_days", q.onsite_days
    yield "km", round(float(kilometres(c, q)[0]), 1)
    yield "max_km", float(c.max_km[0])


def _contract_form_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "profile_forms", CONTRACT_FORMS.names(int(c.contract_forms[0]))
    yield "assignment_forms", CONTRACT_FORMS.names(q.contract_forms)


def _organisation_facts(c: Columns, q: Question) -> Iterator[tuple[str, Any]]:
    yield "organisation_type", ORGANISATION_TYPES.name(q.organisation_type)
    yield "excluded", ORGANISATION_TYPES.names(int(c.excluded[0]))


_FACTS: dict[Rule, Callable[[Columns, Question], Iterator[tuple[str, Any]]]] = {
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
