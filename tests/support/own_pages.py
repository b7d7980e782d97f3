"""A professional at the desk on a PostgreSQL alone: what topics told of them, and what owners answer."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.events import AssignmentOpened, Data
from contracts.vocabulary import Answer, Decision
from uuid_utils.compat import uuid7

from contracts import examples
from support.desks import Pair, an_event, somebody, tell
from support.owned import Answering

NOW = datetime.now(UTC)
TITLE = "Communicatieadviseur participatie"
NEAR = "Adviseur gebiedsontwikkeling"
COMMITMENT = {"hours": 8, "from": "2026-01-01", "until": None, "kind": "vast"}
LEVERS = {
    "career": "2026.1",
    "items": [
        {"change": {"max_distance_km": 110}, "adds": 1, "loses": 0, "adds_year": 4},
        {"change": {"ambition": {"step_up": True}}, "adds": 1, "loses": 1, "adds_year": 0},
    ],
    "pair": {"change": {"max_distance_km": 110, "hours_min": 16}, "adds": 3, "loses": 0, "adds_year": 9},
}
OUTLOOK: dict[str, Any] = {
    "career": "2026.1",
    "today": NOW.date().isoformat(),
    "variation": {
        "months": {"gemeente": 25.0, "provincie": 12.0},
        "index": 0.44,
        "word": "gemengd",
        "last_three": ["gemeente", "provincie", "gemeente"],
        "kinds_last_year": 2,
        "remark": None,
        "specialisms": {"months": {"participatie": 20.0}, "index": 0.0, "word": "vooral diepgang"},
        "dossiers": None,
    },
    "ladder": {"level": "medior", "months": 37.2, "rule_of_thumb": [24, 36]},
    "next_step": {
        "level": "senior",
        "n": 12,
        "q": 4,
        "unlocks": [{"kind": "specialism", "value": "strategische-communicatie", "n": 3}],
        "growth_open": 1,
        "growth_candidates": 1,
    },
    "rate": {
        "n": 8,
        "p25": 9000,
        "p50": 9200,
        "p75": 9800,
        "widened": False,
        "pays": {"-500": 1.0, "0": 0.75, "500": 0.5, "1000": 0.25},
        "agreed": {"n": 5, "p25": 8800, "p50": 9000, "p75": 9100},
        "ask_more": False,
    },
    "demand": [
        {
            "kind": "specialism",
            "value": "participatie",
            "own": 6,
            "next": 3,
            "held": True,
            "supply": 4,
            "scarcity": 1.5,
        }
    ],
    "gaps": {
        "months_without_24": 3.4,
        "placement_ends": (NOW + timedelta(days=20)).date().isoformat(),
        "first_start": (NOW + timedelta(days=62)).date().isoformat(),
        "lead_days": 31.0,
        "respond_from": NOW.date().isoformat(),
    },
    "words": {"rate": ["het hoogste dat opdrachtgevers noemen, niet wat betaald is"]},
}


NETWORK = {"visible": True, "offers": ["participatie"], "line": "Ik denk graag mee."}
TRAININGS = [
    {
        "training_id": str(uuid7()),
        "version": 1,
        "title": title,
        "provider": "Leerhuis De Lange Lijn",
        "url": "https://opleidingen.example.org/",
        "days": days,
        "price_cents": price,
        "gives": {"specialisms": specialisms, "certificates": certificates},
    }
    for title, days, price, specialisms, certificates in (
        ("Projecten in stappen", 3, 149500, [], ["prince2"]),
        ("Strategie voor adviseurs", 4, 189500, ["strategische-communicatie"], []),
        ("Campagnes opnieuw", 1, None, ["campagnes"], []),
    )
]
COLLEAGUE = {
    "profile_id": str(uuid7()),
    "called": "Vera",
    "level": "senior",
    "offers": ["woordvoering", "asiel"],
    "line": "Vraag maar raak.",
    "organisation_types": ["gemeente"],
}


@dataclass(frozen=True)
class Own:
    """A professional, and the opdrachten that wait for an answer, are answered, nearly fit."""

    profile_id: UUID
    waiting: UUID
    answered: UUID
    near: UUID
    match_id: UUID

    @property
    def profile(self) -> str:
        """Where profiles keeps theirs."""
        return f"/profiles/{self.profile_id}"

    def pages(self) -> list[str]:
        """Return the address of every page of theirs."""
        change = "%7B%22max_distance_km%22%3A110%7D"
        return [
            "/mijn",
            f"/mijn/opdrachten/{self.waiting}",
            f"/mijn/opdrachten/{self.answered}",
            "/mijn/loopbaan",
            f"/mijn/loopbaan/wat-als?wijziging={change}",
            "/mijn/opleidingen",
            "/mijn/netwerk",
            "/mijn/profiel",
            "/mijn/profiel/wijzigen",
            f"/mijn/profiel/overnemen?wijziging={change}",
            "/mijn/gegevens",
            "/mijn/adres/een-link",
            "/mijn/verwijderd",
        ]


async def a_professional(pool: Pool, owners: Answering, name: str = "Fenna de Boer") -> Own:
    """Let the desk and the owners know a professional."""
    profile_id = await somebody(pool, name, at=NOW)
    waiting, answered, near = [await _opened(pool, title) for title in (TITLE, "Woordvoerder", NEAR)]
    fits, chosen = Pair(waiting, profile_id), Pair(answered, profile_id)
    said: list[Data] = [
        fits.proposed(NOW),
        chosen.proposed(NOW),
        chosen.answered(NOW + timedelta(seconds=1), Answer.INTERESTED),
        chosen.decided(NOW + timedelta(seconds=2), Decision.NOMINATED),
    ]
    await tell(pool, [an_event(one, NOW) for one in said])
    own = Own(profile_id, waiting, answered, near, fits.match_id)
    _answers(owners, own, name)
    return own


async def _opened(pool: Pool, title: str) -> UUID:
    assignment_id = uuid7()
    facts = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
    facts |= {"title": title, "respond_by": (NOW + timedelta(days=9)).isoformat()}
    body = facts | {"assignment_id": str(assignment_id), "version": 1}
    await tell(pool, [an_event(AssignmentOpened.model_validate_json(json.dumps(body)), NOW)])
    return assignment_id


def _answers(owners: Answering, own: Own, name: str) -> None:
    """Let the owners answer what they know of somebody."""
    facts = examples.PROFILE["facts"]
    profile = {
        "profile_id": str(own.profile_id),
        "version": 3,
        "contact": examples.PROFILE["contact"] | {"name": name},
        "facts": facts | {"commitments": [COMMITMENT], "network": NETWORK},
        "effective_facts": facts | {"hours_max": facts["hours_max"] - COMMITMENT["hours"]},
    }
    owners.tell("GET", own.profile, profile, headers={"ETag": '"3"'})
    owners.tell("PATCH", own.profile, {"profile_id": str(own.profile_id), "version": 4})
    owners.tell("GET", f"{own.profile}/outlook", OUTLOOK)
    owners.tell("GET", f"{own.profile}/levers", LEVERS)
    missing = [{"rule": "hours", "facts": {"assignment_hours": [16, 20], "profile_hours": [24, 36]}}]
    near = {"assignment_id": str(own.near), "missing": missing, "score_if": 58.0}
    owners.tell("GET", f"{own.profile}/near", {"items": [near], "next": None})
    gained = {"assignment_id": str(own.near), "score": 61.0, "growth": False, "explanation": []}
    what_if = {"career": "2026.1", "now": 1, "then": 2, "gained": [gained], "lost": []}
    owners.tell("POST", f"{own.profile}/what-if", what_if)
    placement = {"assignment_id": str(own.answered), "hours": 24, "ends_on": "2027-03-31"}
    owners.tell("GET", "/placements", {"items": [placement], "next": None})
    owners.tell("GET", "/trainings", {"items": TRAININGS, "next": None})
    owners.tell("GET", "/colleagues", {"items": [COLLEAGUE], "next": "verder"})
    act = {
        "service": "desk",
        "number": 1,
        "at": NOW.isoformat(),
        "issuer": "https://issuer.example",
        "subject": "tester",
        "role": "recruiter",
        "action": "read",
        "object_kind": "person",
        "object_id": None,
        "fields": [],
        "trace_id": None,
    }
    owners.tell("GET", f"{own.profile}/audit", {"items": [act], "next": "verder"})
