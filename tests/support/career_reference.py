"""docs/reference/career.md, plain and slow, on JSON values: written apart, to compare the product with.

An assignment of the market is its facts and, beside them, `id`, `open` and `opened_on`.
"""

import math
import statistics
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.vocabulary import Certificate, ContractForm, Dossier, Specialism

from support import reference
from support.reference import LEVELS

Facts = dict[str, Any]
TOO_FEW = "te weinig opdrachten om iets te zeggen"
MONTH = 30.4375


@dataclass(frozen=True)
class Placement:
    own: bool
    level: str
    starts_on: date
    ends_on: date
    rate_cents: int
    ended: bool
    cancelled: bool


def fits(p: Facts, a: Facts) -> bool:
    return all(reference.rules(p, a).values()) and reference.score(p, a) >= 50


def fits_over_a_year(p: Facts, a: Facts) -> bool:
    """Tell whether it would have fitted, whenever it was and whatever was answered."""
    holds = reference.rules(p, a)
    points = reference.points(p, a) | {"availability": reference.maxima(a)["availability"]}
    held = holds | {"active": True, "availability": True, "unanswered": True}
    return all(held.values()) and round(sum(points.values()), 2) >= 50


def patched(p: Any, patch: Any) -> Any:
    """Apply a merge patch that takes nothing away."""
    if not isinstance(patch, dict):
        return patch
    return {**p, **{name: patched(p.get(name), value) for name, value in patch.items()}}


def open_ones(market: list[Facts], ended: Collection[UUID] = ()) -> list[Facts]:
    return [a for a in market if a["open"] and a["id"] not in ended]


def of_year(market: list[Facts], today: date) -> list[Facts]:
    return [a for a in market if a["opened_on"] >= today - timedelta(days=365)]


def what_if(p: Facts, changes: Facts, market: list[Facts], ended: Collection[UUID] = ()) -> dict[str, Any]:
    then = patched(p, changes)
    before = {a["id"] for a in open_ones(market, ended) if fits(p, a)}
    after = {a["id"]: a for a in open_ones(market, ended) if fits(then, a)}
    gained = [
        (one, reference.score(then, a), reference.is_growth(then, a))
        for one, a in after.items()
        if one not in before
    ]
    return {
        "now": len(before),
        "then": len(after),
        "gained": sorted(gained, key=lambda item: (-item[1], str(item[0]))),
        "lost": sorted(before - after.keys()),
    }


def near(p: Facts, market: list[Facts], ended: Collection[UUID], live: Collection[UUID]) -> list[Any]:
    found = []
    for a in open_ones(market):
        for one, missing, score_if in reference.near({a["id"]: p}, a, frozenset(ended), frozenset(live)):
            found.append((one, missing, score_if))
    return sorted(found, key=lambda item: (-item[2], str(item[0])))


def single_changes(p: Facts) -> Iterator[Facts]:
    for fewer in (4, 8):
        if p["hours_min"] - fewer >= 1:
            yield {"hours_min": p["hours_min"] - fewer}
    for more in (4, 8):
        if p["hours_max"] + more <= 40:
            yield {"hours_max": p["hours_max"] + more}
    for more in (10, 25, 50):
        yield {"max_distance_km": p["max_distance_km"] + more}
    yield {"available_from": (reference.days(p["available_from"]) - timedelta(days=14)).isoformat()}
    for form in ContractForm:
        if form not in p["contract_forms"]:
            yield {"contract_forms": [*p["contract_forms"], form]}
    if not p["ambition"]["step_up"]:
        yield {"ambition": {"step_up": True}}
    for kind in p["excluded_organisation_types"]:
        others = [other for other in p["excluded_organisation_types"] if other != kind]
        yield {"excluded_organisation_types": others}
    for specialism in Specialism:
        if specialism not in p["specialisms"]:
            yield {"specialisms": [*p["specialisms"], specialism]}
    for certificate in Certificate:
        if certificate not in p["certificates"]:
            yield {"certificates": [*p["certificates"], certificate]}
    if p["rate_min_cents"] >= 500:
        yield {"rate_min_cents": p["rate_min_cents"] - 500}


def lever(p: Facts, change: Facts, market: list[Facts], today: date, ended: Collection[UUID]) -> Facts:
    then = patched(p, change)
    brought = what_if(p, change, market, ended)
    year = of_year(market, today)
    adds_year = sum(fits_over_a_year(then, a) and not fits_over_a_year(p, a) for a in year)
    adds, loses = len(brought["gained"]), len(brought["lost"])
    return {"change": change, "adds": adds, "loses": loses, "adds_year": adds_year}


def levers(p: Facts, market: list[Facts], today: date, ended: Collection[UUID] = ()) -> Facts:
    tried = list(single_changes(p))
    alone = [lever(p, change, market, today, ended) for change in tried]
    if any(one["adds"] for one in alone if "rate_min_cents" not in one["change"]):
        tried = [change for change in tried if "rate_min_cents" not in change]
        alone = [one for one in alone if "rate_min_cents" not in one["change"]]
    best: Facts | None = None
    for place, one in enumerate(tried):
        for other in tried[place + 1 :]:
            if one.keys() == other.keys():
                continue
            adds = len(what_if(p, {**one, **other}, market, ended)["gained"])
            if adds > (best["adds"] if best else 0):
                best = lever(p, {**one, **other}, market, today, ended)
    items = sorted((one for one in alone if one["adds"]), key=lambda one: -one["adds"])
    return {"items": items, "pair": best}


def ran(entries: list[Facts], today: date, since: date = date.min) -> set[date]:
    """Return the days on which at least one of the entries ran; the last of each is not one."""
    found: set[date] = set()
    for entry in entries:
        end = min(today, reference.days(entry["ended_on"])) if entry["ended_on"] else today
        one = max(since, reference.days(entry["started_on"]))
        while one < end:
            found.add(one)
            one += timedelta(days=1)
    return found


def mix(entries: list[Facts], kinds: Any, today: date) -> Facts:
    names = {kind for entry in entries for kind in kinds(entry)}
    months = {
        kind: len(ran([entry for entry in entries if kind in kinds(entry)], today)) / MONTH for kind in names
    }
    total = sum(months.values())
    if not total:
        return {"months": months, "index": None, "word": TOO_FEW}
    index = 1 - sum((some / total) ** 2 for some in months.values())
    word = "vooral diepgang" if index < 0.30 else "gemengd" if index <= 0.60 else "veel variatie"
    return {"months": months, "index": index, "word": word}


def variation(p: Facts, today: date) -> Facts:
    begun = [entry for entry in p["portfolio"] if reference.days(entry["started_on"]) <= today]
    in_time = [begun[n] for n in sorted(range(len(begun)), key=lambda n: (begun[n]["started_on"], n))]
    kinds = [entry["organisation_type"] for entry in in_time]
    year_ago = today - timedelta(days=365)
    recent = {
        entry["organisation_type"]
        for entry in begun
        if entry["ended_on"] is None or reference.days(entry["ended_on"]) > year_ago
    }
    twice = p["ambition"]["direction"] == "breadth" and len(kinds) > 1 and kinds[-1] == kinds[-2]
    parts = {
        name: mix(begun, lambda entry, name=name: entry.get(name, []), today)
        if any(entry.get(name) for entry in begun)
        else None
        for name in ("specialisms", "dossiers")
    }
    return {
        **mix(begun, lambda entry: [entry["organisation_type"]], today),
        **parts,
        "last_three": kinds[-3:],
        "kinds_last_year": len(recent),
        "remark": twice,
    }


def next_step(p: Facts, market: list[Facts], today: date, ended: Collection[UUID]) -> Facts | None:
    if p["level"] == LEVELS[-1]:
        return None
    level = LEVELS[LEVELS.index(p["level"]) + 1]
    year = [a for a in of_year(market, today) if a["level"] == level]
    nothing_missing, unlocks = 0, Counter[tuple[str, str]]()
    for a in year:
        missing = [("specialism", one) for one in a["required_specialisms"] if one not in p["specialisms"]]
        missing += [
            ("certificate", one) for one in a["required_certificates"] if one not in p["certificates"]
        ]
        nothing_missing += not missing
        if len(missing) == 1:
            unlocks[missing[0]] += 1
    listed = [("specialism", str(one)) for one in Specialism] + [
        ("certificate", str(one)) for one in Certificate
    ]
    best = sorted(unlocks.items(), key=lambda item: (-item[1], listed.index(item[0])))[:3]
    growth = [a for a in market if a["open"] and a["level"] == level and a["open_to_growth"]]
    upward = patched(p, {"ambition": {"step_up": True}})
    enough = len(year) >= 5
    return {
        "level": level,
        "n": len(year),
        "q": nothing_missing if enough else None,
        "unlocks": [{"kind": k, "value": v, "n": n} for (k, v), n in best] if enough else [],
        "growth_open": len(growth),
        "growth_candidates": sum(fits(upward, a) for a in growth if a["id"] not in ended),
    }


def quartiles(values: list[int]) -> Facts:
    ordered = sorted(values)
    ranks = {f"p{q}": ordered[math.ceil(q / 100 * len(ordered)) - 1] for q in (25, 50, 75)}
    return {"n": len(ordered), **ranks}


def comparable(p: Facts, market: list[Facts], today: date) -> tuple[list[Facts], bool] | None:
    named = [
        a for a in of_year(market, today) if a["level"] == p["level"] and a["rate_max_cents"] is not None
    ]
    alike = [a for a in named if reference.wanted(a) & set(p["specialisms"])]
    if len(alike) >= 5:
        return alike, False
    return (named, True) if len(named) >= 5 else None


def rate(p: Facts, market: list[Facts], today: date, placements: Collection[Placement]) -> Facts | None:
    found = comparable(p, market, today)
    if found is None:
        return None
    maxima = [a["rate_max_cents"] for a in found[0]]
    agreed = [one.rate_cents for one in placements if one.level == p["level"] and not one.cancelled]
    three = quartiles(maxima)
    return {
        **three,
        "widened": found[1],
        "pays": {
            str(more): sum(top >= p["rate_min_cents"] + more for top in maxima) / len(maxima)
            for more in (-500, 0, 500, 1000)
        },
        "agreed": quartiles(agreed) if len(agreed) >= 5 else None,
        "ask_more": p["rate_min_cents"] < 0.85 * three["p25"],
    }


def demand(p: Facts, people: Collection[Facts], market: list[Facts], today: date) -> list[Facts]:
    place = LEVELS.index(p["level"])
    levels = [p["level"], LEVELS[place + 1] if place + 1 < len(LEVELS) else None]
    own, above = ([a for a in of_year(market, today) if a["level"] == one] for one in levels)
    found = []
    for kind, values, held, asks in (
        ("specialism", Specialism, "specialisms", reference.wanted),
        ("dossier", Dossier, "dossiers", lambda a: set(a["dossiers"])),
    ):
        for value in values:
            counts = [sum(value in asks(a) for a in some) for some in (own, above)]
            if sum(counts):
                supply = sum(one["status"] == "active" and value in one[held] for one in people)
                found.append(
                    {
                        "kind": kind,
                        "value": str(value),
                        "own": counts[0],
                        "next": counts[1],
                        "held": value in p[held],
                        "supply": supply,
                        "scarcity": None,
                    }
                )
    found.sort(key=lambda one: -(one["own"] + one["next"]))
    often = [one for one in found if one["own"] + one["next"] >= 3]
    scarcity = {id(one): (one["own"] + one["next"]) / max(1, one["supply"]) for one in often}
    for one in sorted(often, key=lambda one: -scarcity[id(one)])[:5]:
        one["scarcity"] = scarcity[id(one)]
    return found


def gaps(
    p: Facts, market: list[Facts], today: date, ended: Collection[UUID], placements: Collection[Placement]
) -> Facts:
    since = today - timedelta(days=730)
    running = [
        one.ends_on
        for one in placements
        if one.own and not one.ended and one.starts_on <= today <= one.ends_on
    ]
    ends = max(running) if running else None
    starts = [reference.days(a["starts_on"]) for a in open_ones(market, ended) if fits(p, a)]
    found = comparable(p, market, today)
    lead = found and statistics.median(
        [(reference.days(a["starts_on"]) - a["opened_on"]).days for a in found[0]]
    )
    free = ends + timedelta(days=1) if ends else reference.days(p["available_from"])
    return {
        "months_without_24": (730 - len(ran(p["portfolio"], today, since))) / MONTH,
        "placement_ends": ends,
        "first_start": min(
            (one for one in starts if one >= reference.days(p["available_from"])), default=None
        ),
        "lead_days": lead,
        "respond_from": None if lead is None else free - timedelta(days=math.ceil(lead)),
    }


def outlook(
    p: Facts,
    people: Collection[Facts],
    market: list[Facts],
    today: date,
    ended: Collection[UUID] = (),
    placements: Collection[Placement] = (),
) -> Facts:
    at_level = [entry for entry in p["portfolio"] if entry["level"] == p["level"]]
    return {
        "today": today,
        "variation": variation(p, today),
        "ladder": {
            "level": p["level"],
            "months": len(ran(at_level, today)) / MONTH,
            "rule_of_thumb": [24, 36],
        },
        "next_step": next_step(p, market, today, ended),
        "rate": rate(p, market, today, placements),
        "demand": demand(p, people, market, today),
        "gaps": gaps(p, market, today, ended, placements),
    }


def close(shown: Any, expected: Any) -> bool:
    """Compare in full, numbers but for their last bits; raises AssertionError where they differ."""
    if isinstance(expected, dict):
        assert shown.keys() == expected.keys()
        return all(close(shown[name], value) for name, value in expected.items())
    if isinstance(expected, float) and isinstance(shown, float):
        assert shown == pytest.approx(expected, abs=1e-9)
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        assert len(shown) == len(expected)
        return all(close(*pair) for pair in zip(shown, expected, strict=True))
    else:
        assert shown == expected
    return True
