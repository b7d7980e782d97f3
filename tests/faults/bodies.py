"""People and opdrachten of a few tight profiles: many fit each opdracht, more than it has seats, and half a
euro an hour decides who has one. All scores lie far from the threshold; respond_by is far away, and every
mail leaves at once."""

import random
from typing import Any

KINDS = ("woordvoering", "redactie", "participatie")
TOP_RATES = (10_000, 9_600, 9_200)
RATES = range(8_000, 10_000, 50)


def person(rng: random.Random, number: int) -> dict[str, Any]:
    """Return a body of `POST /profiles`."""
    frequency = "none" if rng.random() < 0.05 else "direct"
    return {
        "contact": {
            "name": f"Faults Person{number:05d}x",
            "email": f"person{number:05d}x@faults.example.org",
            "phone": None,
            "preferences": {"frequency": frequency, "min_score": 0, "quiet_hours": False},
        },
        "facts": {
            "status": "active",
            "level": rng.choice(["strategisch", "strategisch", "senior"]),
            "specialisms": sorted(rng.sample(KINDS, 2)),
            "dossiers": [],
            "certificates": [],
            "portfolio": [],
            "ambition": {"direction": rng.choice(["depth", "breadth"]), "step_up": True, "specialisms": []},
            "available_from": "2027-01-01",
            "available_until": None,
            "hours_min": 8,
            "hours_max": 40,
            "place": {"name": "Utrecht", "latitude": 52.09083, "longitude": 5.12222},
            "max_distance_km": 50,
            "rate_min_cents": rng.choice(RATES),
            "contract_forms": ["zzp"],
            "excluded_organisation_types": [],
        },
    }


def changed_person(rng: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with a change: another rate, a pause or its end, other hours."""
    facts = dict(body["facts"])
    match rng.choice(["rate", "rate", "status", "status", "hours", "level"]):
        case "rate":
            facts["rate_min_cents"] = rng.choice(RATES)
        case "status":
            facts["status"] = "paused" if facts["status"] == "active" else "active"
        case "hours":
            facts["hours_max"] = 16 if facts["hours_max"] == 40 else 40
        case "level":
            facts["level"] = "senior" if facts["level"] == "strategisch" else "strategisch"
    return {**body, "facts": facts}


def opdracht(rng: random.Random, number: int) -> dict[str, Any]:
    """Return a body of `POST /assignments`, open from the start."""
    return {
        "title": f"Faults opdracht {number}",
        "description": "Een opdracht van de storingsproef.",
        "organisation": {"name": "Gemeente Voorbeeld", "type": "gemeente"},
        "level": "strategisch",
        "open_to_growth": rng.random() < 0.7,
        "required_specialisms": [KINDS[number % len(KINDS)]],
        "desired_specialisms": [],
        "dossiers": [],
        "required_certificates": [],
        "starts_on": "2027-03-01",
        "ends_on": "2027-09-01",
        "hours_min": 24,
        "hours_max": 32,
        "place": {"name": "Utrecht", "latitude": 52.09083, "longitude": 5.12222},
        "onsite_days": 0,
        "rate_max_cents": rng.choice(TOP_RATES),
        "contract_forms": ["zzp"],
        "urgency": "spoed",
        "reason": "vervanging",
        "respond_by": "2099-12-20T23:59:00+01:00",
        "positions": 1,
        "weights": None,
        "recruiter": {"name": "Bureau Voorbeeld", "email": f"recruiter{number % 3}@faults.example.org"},
        "open": True,
    }


def changed_opdracht(rng: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with another top rate, or another openness to growth."""
    if rng.random() < 0.7:
        return {**body, "rate_max_cents": rng.choice(TOP_RATES)}
    return {**body, "open_to_growth": not body["open_to_growth"]}
