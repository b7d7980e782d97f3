"""Random but valid bodies, as JSON values, from a `random.Random`: the same seed gives the same people."""

import random
from datetime import date, timedelta
from typing import Any

from contracts.vocabulary import (
    Certificate,
    ContractForm,
    Criterion,
    Dossier,
    Level,
    OrganisationType,
    Specialism,
)

START = date(2027, 3, 1)
PLACES = [
    ("Utrecht", 52.09083, 5.12222),
    ("Amsterdam", 52.37403, 4.88969),
    ("Groningen", 53.21917, 6.56667),
    ("Maastricht", 50.84833, 5.68889),
    ("Lelystad", 52.50833, 5.475),
]


def some(rng: random.Random, values: Any, most: int, least: int = 0) -> list[str]:
    """Return a few different values of a list."""
    names = [value.value for value in values]
    return rng.sample(names, rng.randint(least, min(most, len(names))))


def place(rng: random.Random) -> dict[str, Any]:
    """Return one of a few places, so that distances of zero happen."""
    name, latitude, longitude = rng.choice(PLACES)
    return {"name": name, "latitude": latitude, "longitude": longitude}


def day(rng: random.Random, least: int, most: int) -> str:
    """Return a day around START."""
    return (START + timedelta(days=rng.randint(least, most))).isoformat()


def profile_facts(rng: random.Random) -> dict[str, Any]:
    """Return a profile's matching facts. Values are few, so that boundaries and ties are common."""
    hours = sorted([rng.choice([8, 16, 24, 32, 36]), rng.choice([16, 24, 32, 40])])
    portfolio = [
        {
            "organisation_type": rng.choice(["gemeente", "provincie", "ministerie"]),
            "level": rng.choice([level.value for level in Level]),
            "started_on": rng.choice(["2020-01-01", "2021-06-01", "2022-02-02"]),
            "ended_on": rng.choice([None, "2023-01-01"]),
            **({"specialisms": some(rng, list(Specialism)[:6], 2, 1)} if rng.random() < 0.4 else {}),
        }
        for _ in range(rng.randint(0, 4))
    ]
    available_from = START + timedelta(days=rng.choice([-90, -60, -30, -1, 0, 1, 13, 14, 15, 40]))
    return {
        "status": rng.choice(["active"] * 9 + ["paused"]),
        "level": rng.choice(["medior", "medior", "senior", "senior", "junior", "strategisch"]),
        "specialisms": some(rng, list(Specialism)[:6], 6, 2),
        "dossiers": some(rng, list(Dossier)[:5], 4),
        "certificates": some(rng, list(Certificate)[:3], 3),
        "portfolio": portfolio,
        "ambition": {
            "direction": rng.choice(["depth", "breadth"]),
            "step_up": rng.random() < 0.5,
            "specialisms": some(rng, list(Specialism)[:6], 3),
        },
        "available_from": available_from.isoformat(),
        "available_until": rng.choice([None, None, None, "2027-09-01", "2028-03-01"]),
        "hours_min": hours[0],
        "hours_max": hours[1],
        "place": place(rng),
        "max_distance_km": rng.choice([0, 25, 60, 120, 250.5]),
        "rate_min_cents": rng.choice([6000, 8000, 8500, 9000, 9500, 10000]),
        "contract_forms": some(rng, ContractForm, 3, 1),
        "excluded_organisation_types": some(rng, list(OrganisationType)[:4], 1),
    }


def weights(rng: random.Random) -> dict[str, int] | None:
    """Return no weights, or a client's own that sum to 100."""
    if rng.random() < 0.6:
        return None
    chosen = some(rng, Criterion, 4, 1)
    parts = [rng.randint(0, 20) for _ in chosen[1:]]
    return {chosen[0]: 100 - sum(parts), **dict(zip(chosen[1:], parts, strict=True))}


def assignment_facts(rng: random.Random) -> dict[str, Any]:
    """Return an assignment's facts."""
    starts_on = START + timedelta(days=rng.choice([-1, 0, 1, 14]))
    hours = sorted([rng.choice([16, 24, 32]), rng.choice([24, 32, 36])])
    required = some(rng, list(Specialism)[:6], 1)
    return {
        "title": "Communicatieadviseur op proef",
        "description": "Een opdracht voor de tests.",
        "organisation": {"name": "Gemeente Voorbeeld", "type": rng.choice(["gemeente", "provincie"])},
        "level": rng.choice(["medior", "senior", "strategisch"]),
        "open_to_growth": rng.random() < 0.6,
        "required_specialisms": required,
        "desired_specialisms": some(rng, list(Specialism)[:6], 3),
        "dossiers": some(rng, list(Dossier)[:5], 3),
        "required_certificates": some(rng, list(Certificate)[:3], 1) if rng.random() < 0.3 else [],
        "starts_on": starts_on.isoformat(),
        "ends_on": (starts_on + timedelta(days=rng.choice([10, 14, 120, 180]))).isoformat(),
        "hours_min": hours[0],
        "hours_max": hours[1],
        "place": place(rng),
        "onsite_days": rng.choice([0, 1, 2, 3]),
        "rate_max_cents": rng.choice([None, 8500, 9000, 10000, 12000]),
        "contract_forms": some(rng, ContractForm, 3, 1),
        "urgency": rng.choice(["normaal", "spoed"]),
        "reason": "vervanging",
        "respond_by": "2099-12-20T23:59:00+01:00",
        "positions": 1,
        "weights": weights(rng),
        "recruiter": {"name": "Bureau Voorbeeld", "email": "recruiter@example.org"},
    }


def profile_body(rng: random.Random, name: str, **preferences: Any) -> dict[str, Any]:
    """Return a body of `POST /profiles`."""
    wishes = {"frequency": "direct", "min_score": 0, "quiet_hours": False, **preferences}
    contact = {"name": name, "email": f"{name.lower()}@example.org", "phone": None, "preferences": wishes}
    return {"contact": contact, "facts": profile_facts(rng)}
