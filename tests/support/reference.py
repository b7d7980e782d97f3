"""docs/reference/matching.md, plain and slow, on JSON values: written apart, to compare the product with."""

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

LEVELS = ["junior", "medior", "senior", "strategisch"]


@dataclass(frozen=True)
class Numbers:
    """The policy's numbers."""

    points: dict[str, int] = field(
        default_factory=lambda: {
            "specialisms": 30,
            "dossiers": 10,
            "sector": 10,
            "ambition": 20,
            "availability": 10,
            "rate": 10,
            "distance": 10,
        }
    )
    depth_entries: int = 3
    type_is_new: float = 1
    type_is_earlier: float = 0.5
    type_is_latest: float = 0
    parts: dict[str, tuple[float, float]] = field(default_factory=lambda: {"ambition": (0.5, 0.5)})
    level_of_growth: float = 1
    level_same: float = 1
    level_above: float = 0.2
    direction_without_wishes: float = 0.5
    availability_days: int = 28
    rate_share: float = 0.2
    slack_days: dict[str, int] = field(default_factory=lambda: {"spoed": 0, "normaal": 14})
    threshold: float = 50
    seats: int = 25
    growth_seats: int = 5
    revision_step: float = 0.01
    relaxed_rates_cents: tuple[int, ...] = (500, 1000)
    relaxed_start_days: int = 14
    relaxed_hours: tuple[int, ...] = (4, 8)
    best: int = 10


DEFAULT = Numbers()


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


def rules(
    p: dict[str, Any], a: dict[str, Any], ended: bool = False, numbers: Numbers = DEFAULT
) -> dict[str, bool]:
    pl, al = LEVELS.index(p["level"]), LEVELS.index(a["level"])
    slack = timedelta(days=numbers.slack_days[a["urgency"]])
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


def wanted(a: dict[str, Any]) -> set[str]:
    return set(a["required_specialisms"]) | set(a["desired_specialisms"])


def counts(entry: dict[str, Any], a: dict[str, Any]) -> bool:
    """Tell whether a portfolio entry counts for depth."""
    specialisms = entry.get("specialisms", [])
    if specialisms:
        return bool(set(specialisms) & wanted(a))
    return bool(entry["organisation_type"] == a["organisation"]["type"])


def sector(p: dict[str, Any], a: dict[str, Any], numbers: Numbers) -> float:
    kind = a["organisation"]["type"]
    kinds = [entry["organisation_type"] for entry in p["portfolio"]]
    if p["ambition"]["direction"] == "depth":
        return min(1, sum(counts(entry, a) for entry in p["portfolio"]) / numbers.depth_entries)
    if kind not in kinds:
        return numbers.type_is_new
    latest = max(enumerate(p["portfolio"]), key=lambda pair: (pair[1]["started_on"], pair[0]))[1]
    return numbers.type_is_latest if latest["organisation_type"] == kind else numbers.type_is_earlier


def level(p: dict[str, Any], a: dict[str, Any], numbers: Numbers) -> float:
    if is_growth(p, a):
        return numbers.level_of_growth
    return numbers.level_same if p["level"] == a["level"] else numbers.level_above


def direction(p: dict[str, Any], a: dict[str, Any], numbers: Numbers) -> float:
    wishes, asked = set(p["ambition"]["specialisms"]), wanted(a)
    if not wishes:
        return numbers.direction_without_wishes
    return len(wishes & asked) / min(len(wishes), len(asked)) if asked else 1


def overlap(held: list[str], asked: set[str]) -> float:
    return len(set(held) & asked) / len(asked) if asked else 1


def distance(p: dict[str, Any], a: dict[str, Any]) -> float:
    if a["onsite_days"] == 0:
        return 1
    away = km(p["place"], a["place"])
    if p["max_distance_km"] == 0:
        return 1 if away == 0 else 0
    share: float = max(0, 1 - away / p["max_distance_km"])
    return share


def ambition_points(
    p: dict[str, Any], a: dict[str, Any], most: float, numbers: Numbers = DEFAULT
) -> tuple[float, float]:
    """Return the points of the level's part and of the direction's."""
    by_level, by_direction = numbers.parts["ambition"]
    return (
        most * by_level * level(p, a, numbers),
        most * by_direction * direction(p, a, numbers),
    )


def maxima(a: dict[str, Any], numbers: Numbers = DEFAULT) -> dict[str, int]:
    weights = a["weights"]
    return numbers.points if weights is None else {name: weights.get(name, 0) for name in numbers.points}


def points(p: dict[str, Any], a: dict[str, Any], numbers: Numbers = DEFAULT) -> dict[str, float]:
    after = max(0, (days(p["available_from"]) - days(a["starts_on"])).days)
    most, top = maxima(a, numbers), a["rate_max_cents"]
    below: float = 1 if top is None else min(1, ((top - p["rate_min_cents"]) / top) / numbers.rate_share)
    return {
        "specialisms": most["specialisms"] * overlap(p["specialisms"], wanted(a)),
        "dossiers": most["dossiers"] * overlap(p["dossiers"], set(a["dossiers"])),
        "sector": most["sector"] * sector(p, a, numbers),
        "ambition": sum(ambition_points(p, a, most["ambition"], numbers)),
        "availability": most["availability"] * max(0, 1 - after / numbers.availability_days),
        "rate": most["rate"] * below,
        "distance": most["distance"] * distance(p, a),
    }


def score(p: dict[str, Any], a: dict[str, Any], numbers: Numbers = DEFAULT) -> float:
    return round(sum(points(p, a, numbers).values()), 2)


def ranked(
    people: dict[UUID, dict[str, Any]],
    a: dict[str, Any],
    ended: frozenset[UUID] = frozenset(),
    numbers: Numbers = DEFAULT,
) -> list[tuple[UUID, float, bool]]:
    """Return the candidates, best first: (profile id, score, growth)."""
    found = [
        (one, score(p, a, numbers), is_growth(p, a))
        for one, p in people.items()
        if all(rules(p, a, one in ended, numbers).values())
    ]
    return sorted(
        [item for item in found if item[1] >= numbers.threshold], key=lambda item: (-item[1], str(item[0]))
    )


def seats(candidates: list[tuple[UUID, float, bool]], numbers: Numbers = DEFAULT) -> set[UUID]:
    growing = [one for one, _, growth in candidates if growth]
    return {one for one, _, _ in candidates[: numbers.seats]} | set(growing[: numbers.growth_seats])


def relaxations(a: dict[str, Any], numbers: Numbers = DEFAULT) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    if a["rate_max_cents"] is not None:
        changes += [{"rate_max_cents": a["rate_max_cents"] + more} for more in numbers.relaxed_rates_cents]
    if not a["open_to_growth"]:
        changes.append({"open_to_growth": True})
    later = days(a["starts_on"]) + timedelta(days=numbers.relaxed_start_days)
    if later <= days(a["ends_on"]):
        changes.append({"starts_on": later.isoformat()})
    changes += [{"onsite_days": fewer} for fewer in reversed(range(a["onsite_days"]))]
    changes += [
        {"hours_min": a["hours_min"] - fewer}
        for fewer in numbers.relaxed_hours
        if a["hours_min"] - fewer >= 1
    ]
    changes += [
        {"contract_forms": [*a["contract_forms"], form]}
        for form in ("zzp", "detachering", "loondienst")
        if form not in a["contract_forms"]
    ]
    for field_name in ("required_specialisms", "required_certificates"):
        changes += [{field_name: [x for x in a[field_name] if x != dropped]} for dropped in a[field_name]]
    return changes


def eased(
    people: dict[UUID, dict[str, Any]], a: dict[str, Any], numbers: Numbers = DEFAULT
) -> list[dict[str, Any]]:
    """Return each single relaxation and how many candidates it newly brings."""
    now = {one for one, _, _ in ranked(people, a, numbers=numbers)}
    return [
        {
            "change": change,
            "adds": len({one for one, _, _ in ranked(people, {**a, **change}, numbers=numbers)} - now),
        }
        for change in relaxations(a, numbers)
    ]


def best_pair(people: dict[UUID, dict[str, Any]], a: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the best pair of two relaxations of different fields, the first of equals; none without two."""
    now = {one for one, _, _ in ranked(people, a)}
    # Two changes ease two rules: nobody who misses more comes in.
    few = {
        one: p for one, p in people.items() if one not in now and list(rules(p, a).values()).count(False) <= 2
    }
    best: list[dict[str, Any]] = []
    changes = relaxations(a)
    for place, one in enumerate(changes):
        for other in changes[place + 1 :]:
            if one.keys() != other.keys():
                adds = len(ranked(few, {**a, **one, **other}))
                if not best or adds > best[0]["adds"]:
                    best = [{"change": {**one, **other}, "adds": adds}]
    return best


def near(
    people: dict[UUID, dict[str, Any]],
    a: dict[str, Any],
    ended: frozenset[UUID] = frozenset(),
    live: frozenset[UUID] = frozenset(),
    numbers: Numbers = DEFAULT,
) -> list[tuple[UUID, list[str], float]]:
    """Return who nearly fits, best first: (profile id, rules missed, score if these were let go)."""
    found = []
    for one, p in people.items():
        missing = [name for name, holds in rules(p, a, one in ended, numbers).items() if not holds]
        most = maxima(a, numbers)
        parts = points(p, a, numbers)
        score_if = round(sum(max(0, min(most[name], part)) for name, part in parts.items()), 2)
        if one in live or len(missing) > 1 or missing in (["active"], ["unanswered"]):
            continue
        if missing or score_if < numbers.threshold:
            found.append((one, missing, score_if))
    return sorted(found, key=lambda item: (-item[2], str(item[0])))


def rule_counts(
    people: dict[UUID, dict[str, Any]], a: dict[str, Any], numbers: Numbers = DEFAULT
) -> list[dict[str, Any]]:
    outcomes = [rules(p, a, numbers=numbers) for p in people.values()]
    return [
        {
            "rule": rule,
            "rejected": sum(not o[rule] for o in outcomes),
            "only": sum(not o[rule] and sum(o.values()) == len(o) - 1 for o in outcomes),
        }
        for rule in outcomes[0]
    ]


def reach(people: dict[UUID, dict[str, Any]], a: dict[str, Any]) -> dict[str, Any]:
    return {
        "population": len(people),
        "candidates": len(ranked(people, a)),
        "rules": rule_counts(people, a),
        "relaxations": [*eased(people, a), *best_pair(people, a)],
    }
