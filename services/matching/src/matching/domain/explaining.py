"""Why a pair scores what it scores, and what each rule looked at: points and facts, in JSON's types."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson
from contracts.events import CriterionExplained
from contracts.vocabulary import Criterion, Rule
from pydantic import TypeAdapter

from matching.domain import criteria, policy, rules
from matching.engine.assignments import NO_MAXIMUM, Assignments
from matching.engine.bitsets import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)
from matching.engine.geography import kilometres
from matching.engine.profiles import FOREVER, Profiles

EXPLANATIONS = TypeAdapter(list[list[CriterionExplained]])

Facts = dict[str, Any]


def explanations(profiles: Profiles, assignment: Assignments) -> list[list[CriterionExplained]]:
    """Explain the score of each profile for one assignment: every criterion's points, maximum and facts."""
    return EXPLANATIONS.validate_python(_by_profile(profiles, assignment))


@dataclass(frozen=True)
class Explanation:
    """An explanation as its row and its event have it: JSON, which is written once for both.

    `points`: of each criterion, then the maxima; `level`: the professional's.
    """

    json: bytes
    points: list[float]
    level: str


def written(profiles: Profiles, assignment: Assignments) -> list[Explanation]:
    """Return the explanations as JSON. No model checks them: their texts are of closed lists, and whoever
    has points that are no number reaches no threshold."""
    return [
        Explanation(
            json=orjson.dumps(explained),
            points=[*(item["points"] for item in explained), *(item["max_points"] for item in explained)],
            level=explained[AMBITION]["facts"]["profile_level"],
        )
        for explained in _by_profile(profiles, assignment)
    ]


AMBITION = list(Criterion).index(Criterion.AMBITION)


def _by_profile(profiles: Profiles, assignment: Assignments) -> list[list[Facts]]:
    by_criterion = [
        _explained(criterion, profiles, assignment, float(maximum))
        for criterion, maximum in zip(Criterion, criteria.maxima(assignment), strict=True)
    ]
    return [list(row) for row in zip(*by_criterion, strict=True)]


def _explained(
    criterion: Criterion, profiles: Profiles, assignment: Assignments, maximum: float
) -> list[Facts]:
    points = np.broadcast_to(criteria.points_of(criterion, profiles, assignment), len(profiles))
    return [
        {"criterion": criterion, "points": round(value, 2) + 0.0, "max_points": maximum, "facts": facts}
        for value, facts in zip(points.tolist(), _CRITERIA[criterion](profiles, assignment), strict=True)
    ]


def rule_facts(rule: Rule, profile: Profiles, assignment: Assignments) -> Facts:
    """Return what a rule looked at, for one pair."""
    return _RULES[rule](profile, assignment)


def _specialisms(p: Profiles, a: Assignments) -> Iterator[Facts]:
    wanted = int(a.wanted[0])
    for held in p.specialisms.tolist():
        yield {"matched": SPECIALISMS.names(held & wanted), "missing": SPECIALISMS.names(wanted & ~held)}


def _dossiers(p: Profiles, a: Assignments) -> Iterator[Facts]:
    asked = int(a.dossiers[0])
    for held in p.dossiers.tolist():
        yield {"matched": DOSSIERS.names(held & asked), "missing": DOSSIERS.names(asked & ~held)}


def _sector(p: Profiles, a: Assignments) -> Iterator[Facts]:
    kind = int(a.organisation_type[0])
    entries = (p.entries(a.organisation_type), criteria.entries_that_count(p, a))
    columns = (p.depth, *entries, p.latest_type)
    for depth, of_type, counting, latest in zip(*(column.tolist() for column in columns), strict=True):
        yield {
            "direction": "depth" if depth else "breadth",
            "organisation_type": ORGANISATION_TYPES.name(kind),
            "entries": of_type,
            "entries_that_count": counting,
            "latest": None if latest < 0 else ORGANISATION_TYPES.name(latest),
        }


def _ambition(p: Profiles, a: Assignments) -> Iterator[Facts]:
    level, wanted = LEVELS.name(int(a.level[0])), int(a.wanted[0])
    parts = criteria.parts_of(Criterion.AMBITION, p, a, policy.POINTS[Criterion.AMBITION])
    columns = (p.level, rules.growth(p, a), p.ambition, *parts)
    for held, growing, wishes, level_points, direction_points in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield {
            "profile_level": LEVELS.name(held),
            "assignment_level": level,
            "growth": growing,
            "wishes": SPECIALISMS.names(wishes),
            "matched": SPECIALISMS.names(wishes & wanted),
            "level_points": round(level_points, 2),
            "direction_points": round(direction_points, 2),
        }


def _availability(p: Profiles, a: Assignments) -> Iterator[Facts]:
    starts_on = _iso(int(a.starts_on[0]))
    columns = (p.available_from, criteria.days_after(p, a))
    for available, days_after in zip(*(column.tolist() for column in columns), strict=True):
        yield {"available_from": _iso(available), "starts_on": starts_on, "days_after": days_after}


def _rate(p: Profiles, a: Assignments) -> Iterator[Facts]:
    maximum = _maximum_rate(a)
    for rate in p.rate_min.tolist():
        yield {"rate_min_cents": rate, "rate_max_cents": maximum}


def _distance(p: Profiles, a: Assignments) -> Iterator[Facts]:
    days = int(a.onsite_days[0])
    for km, maximum in zip(kilometres(p, a).tolist(), p.max_km.tolist(), strict=True):
        yield {"km": round(km, 1), "max_km": maximum, "onsite_days": days}


# The facts behind each criterion's points, profile by profile, for one assignment.
_CRITERIA: dict[Criterion, Callable[[Profiles, Assignments], Iterator[Facts]]] = {
    Criterion.SPECIALISMS: _specialisms,
    Criterion.DOSSIERS: _dossiers,
    Criterion.SECTOR: _sector,
    Criterion.AMBITION: _ambition,
    Criterion.AVAILABILITY: _availability,
    Criterion.RATE: _rate,
    Criterion.DISTANCE: _distance,
}


def _level_rule(p: Profiles, a: Assignments) -> Facts:
    return {
        "profile_level": LEVELS.name(int(p.level[0])),
        "assignment_level": LEVELS.name(int(a.level[0])),
        "open_to_growth": bool(a.open_to_growth[0]),
        "step_up": bool(p.step_up[0]),
    }


def _specialisms_rule(p: Profiles, a: Assignments) -> Facts:
    required, held = int(a.required[0]), int(p.specialisms[0])
    return {"required": SPECIALISMS.names(required), "missing": SPECIALISMS.names(required & ~held)}


def _certificates_rule(p: Profiles, a: Assignments) -> Facts:
    required, held = int(a.certificates[0]), int(p.certificates[0])
    return {"required": CERTIFICATES.names(required), "missing": CERTIFICATES.names(required & ~held)}


def _availability_rule(p: Profiles, a: Assignments) -> Facts:
    until = int(p.available_until[0])
    return {
        "available_from": _iso(int(p.available_from[0])),
        "available_until": None if until == FOREVER else _iso(until),
        "starts_on": _iso(int(a.starts_on[0])),
        "ends_on": _iso(int(a.ends_on[0])),
        "slack_days": int(rules.slack_days(a)[0]),
    }


def _hours_rule(p: Profiles, a: Assignments) -> Facts:
    return {
        "profile_hours": [int(p.hours_min[0]), int(p.hours_max[0])],
        "assignment_hours": [int(a.hours_min[0]), int(a.hours_max[0])],
    }


def _rate_rule(p: Profiles, a: Assignments) -> Facts:
    return {"rate_min_cents": int(p.rate_min[0]), "rate_max_cents": _maximum_rate(a)}


def _distance_rule(p: Profiles, a: Assignments) -> Facts:
    return {
        "onsite_days": int(a.onsite_days[0]),
        "km": round(float(kilometres(p, a)[0]), 1),
        "max_km": float(p.max_km[0]),
    }


def _contract_form_rule(p: Profiles, a: Assignments) -> Facts:
    return {
        "profile_forms": CONTRACT_FORMS.names(int(p.contract_forms[0])),
        "assignment_forms": CONTRACT_FORMS.names(int(a.contract_forms[0])),
    }


def _organisation_rule(p: Profiles, a: Assignments) -> Facts:
    return {
        "organisation_type": ORGANISATION_TYPES.name(int(a.organisation_type[0])),
        "excluded": ORGANISATION_TYPES.names(int(p.excluded[0])),
    }


_RULES: dict[Rule, Callable[[Profiles, Assignments], Facts]] = {
    Rule.ACTIVE: lambda p, _a: {"status": "active" if p.active[0] else "paused"},
    Rule.LEVEL: _level_rule,
    Rule.SPECIALISMS: _specialisms_rule,
    Rule.CERTIFICATES: _certificates_rule,
    Rule.AVAILABILITY: _availability_rule,
    Rule.HOURS: _hours_rule,
    Rule.RATE: _rate_rule,
    Rule.DISTANCE: _distance_rule,
    Rule.CONTRACT_FORM: _contract_form_rule,
    Rule.ORGANISATION: _organisation_rule,
    Rule.UNANSWERED: lambda p, a: {"ended": bool(np.isin(p.row, a.ended)[0])},
}


def _maximum_rate(a: Assignments) -> int | None:
    maximum = int(a.rate_max[0])
    return None if maximum == NO_MAXIMUM else maximum


def _iso(ordinal: int) -> str:
    """Write a proleptic ordinal as an ISO date."""
    return date.fromordinal(ordinal).isoformat()
