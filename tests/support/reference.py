"""docs/reference/matching.md, plain and slow, on JSON values: written apart, to compare the product with."""

import math
from datetime import date, timedelta
from typing import Any
from uuid import UUID

LEVELS = ["junior", "medior", "senior", "strategisch"]
POINTS = {
    "specialisms": 30,
    "dossiers": 10,
    "sector": 10,
    "ambition": 20,
    "availability": 10,
    "rate": 10,
    "distance": 10,
}


SEATS = 25
GROWTH_SEATS = 5


def days(text: str) -> date:
    return date.fromisoformat(text)


def km(one: dict[str, Any], other: dict[str, Any]) -> float:
    a, b = math.radians(one["latitude"]), math.radians(other["latitude"])
    dlat, dlon = b - a, math.radians(other["longitude"]) - math.radians(one["longitude"])
    h = math.sin(dlat / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, h)))


def is_growth(p: dict[str, Any], a: dict[str, Any]) -> bool:
    step = LEVELS.index(p["level"]) == LEVELS.index(a["level"]) - 1
    return step and a["open_to_growth"] and p["ambition"]["step_up"]


def rules(p: dict[str, Any], a: dict[str, Any], ended: bool = False) -> dict[str, bool]:
    pl, al = LEVELS.index(p["level"]), LEVELS.index(a["level"])
    slack = timedelta(days=0 if a["urgency"] == "spoed" else 14)
    until = p["available_until"]
    return {
        "active": p["status"] == "active",
        "level": pl in (al, al + 1) or is_growth(p, a),
        "specialisms": set(a["required_specialisms"]) <= set(p["specialisms"]),
        "certificates": set(a["required_certificates"]) <= set(p["certificates"]),
        "availability": days(p["available_from"]) <= days(a["starts_on"]) + slack
        and (until is None or days(until) >= days(a["ends_on"])),
        "hours": p["hours_max"] >= a["hours_min"] and p["hours_min"] <= a["hours_max"],
        "rate": a["rate_max_cents"] is None or p["rate_min_cents"] <= a["rate_max_cents"],
        "distance": a["onsite_days"] == 0 or km(p["place"], a["place"]) <= p["max_distance_km"],
        "contract_form": bool(set(p["contract_forms"]) & set(a["contract_forms"])),
        "organisation": a["organisation"]["type"] not in p["excluded_organisation_types"],
        "unanswered": not ended,
    }


def sector(p: dict[str, Any], a: dict[str, Any]) -> float:
    kind = a["organisation"]["type"]
    kinds = [entry["organisation_type"] for entry in p["portfolio"]]
    if p["ambition"]["direction"] == "depth":
        return 10 * min(1, kinds.count(kind) / 3)
    if kind not in kinds:
        return 10
    latest = max(enumerate(p["portfolio"]), key=lambda pair: (pair[1]["started_on"], pair[0]))[1]
    return 0 if latest["organisation_type"] == kind else 5


def ambition(p: dict[str, Any], a: dict[str, Any], wanted: set[str]) -> float:
    if is_growth(p, a):
        level = 10
    elif p["level"] == a["level"]:
        level = 6 if p["ambition"]["step_up"] else 10
    else:
        level = 2
    wishes = set(p["ambition"]["specialisms"])
    if not wishes:
        return level + 5
    smaller = min(len(wishes), len(wanted))
    return level + (10 if smaller == 0 else 10 * len(wishes & wanted) / smaller)


def share(points: int, held: list[str], asked: set[str]) -> float:
    return points if not asked else points * len(set(held) & asked) / len(asked)


def points(p: dict[str, Any], a: dict[str, Any]) -> dict[str, float]:
    wanted = set(a["required_specialisms"]) | set(a["desired_specialisms"])
    apart = abs((days(a["starts_on"]) - days(p["available_from"])).days)
    most = a["rate_max_cents"]
    if a["onsite_days"] == 0:
        distance = 10.0
    elif p["max_distance_km"] == 0:
        distance = 10.0 if km(p["place"], a["place"]) == 0 else 0.0
    else:
        distance = 10 * max(0, 1 - km(p["place"], a["place"]) / p["max_distance_km"])
    plain = {
        "specialisms": share(30, p["specialisms"], wanted),
        "dossiers": share(10, p["dossiers"], set(a["dossiers"])),
        "sector": sector(p, a),
        "ambition": ambition(p, a, wanted),
        "availability": 10 * max(0, 1 - apart / 60),
        "rate": 10 if most is None else 10 * min(1, ((most - p["rate_min_cents"]) / most) / 0.20),
        "distance": distance,
    }
    if a["weights"] is None:
        return plain
    return {name: value * a["weights"].get(name, 0) / POINTS[name] for name, value in plain.items()}


def score(p: dict[str, Any], a: dict[str, Any]) -> float:
    return round(sum(points(p, a).values()), 2)


def ranked(
    people: dict[UUID, dict[str, Any]], a: dict[str, Any], ended: frozenset[UUID] = frozenset()
) -> list[tuple[UUID, float, bool]]:
    """Return the candidates, best first: (profile id, score, growth)."""
    found = [
        (one, score(p, a), is_growth(p, a))
        for one, p in people.items()
        if all(rules(p, a, one in ended).values())
    ]
    return sorted([item for item in found if item[1] >= 50], key=lambda item: (-item[1], str(item[0])))


def seats(candidates: list[tuple[UUID, float, bool]]) -> set[UUID]:
    growing = [one for one, _, growth in candidates if growth]
    return {one for one, _, _ in candidates[:SEATS]} | set(growing[:GROWTH_SEATS])


def relaxations(a: dict[str, Any]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    if a["rate_max_cents"] is not None:
        changes += [{"rate_max_cents": a["rate_max_cents"] + more} for more in (500, 1000)]
    if not a["open_to_growth"]:
        changes.append({"open_to_growth": True})
    later = days(a["starts_on"]) + timedelta(days=14)
    if later <= days(a["ends_on"]):
        changes.append({"starts_on": later.isoformat()})
    changes += [{"onsite_days": fewer} for fewer in reversed(range(a["onsite_days"]))]
    for field in ("required_specialisms", "required_certificates"):
        changes += [{field: [x for x in a[field] if x != dropped]} for dropped in a[field]]
    return changes


def reach(people: dict[UUID, dict[str, Any]], a: dict[str, Any]) -> dict[str, Any]:
    now = {one for one, _, _ in ranked(people, a)}
    outcomes = [rules(p, a) for p in people.values()]
    return {
        "population": len(people),
        "candidates": len(now),
        "rules": [
            {
                "rule": rule,
                "rejected": sum(not o[rule] for o in outcomes),
                "only": sum(not o[rule] and sum(o.values()) == len(o) - 1 for o in outcomes),
            }
            for rule in rules({**next(iter(people.values()))}, a)
        ],
        "relaxations": [
            {"change": change, "adds": len({one for one, _, _ in ranked(people, {**a, **change})} - now)}
            for change in relaxations(a)
        ],
    }
