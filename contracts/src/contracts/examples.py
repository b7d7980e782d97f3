"""A profile and an assignment as clients send them: what the APIs' documents show, ready to be tried."""

from typing import Any

PROFILE: dict[str, Any] = {
    "contact": {
        "name": "Anna Voorbeeld",
        "email": "anna@example.org",
        "phone": "+31 6 12345678",
        "preferences": {"frequency": "direct", "min_score": 60, "quiet_hours": True},
    },
    "facts": {
        "status": "active",
        "level": "medior",
        "specialisms": ["verkiezingscommunicatie", "campagnes"],
        "dossiers": ["verkiezingen"],
        "certificates": [],
        "portfolio": [
            {
                "organisation_type": "gemeente",
                "level": "medior",
                "started_on": "2023-03-01",
                "ended_on": "2024-02-29",
            }
        ],
        "ambition": {"direction": "depth", "step_up": False, "specialisms": ["projectleiding"]},
        "available_from": "2027-01-04",
        "available_until": None,
        "hours_min": 16,
        "hours_max": 32,
        "place": {"name": "Purmerend", "latitude": 52.505, "longitude": 4.95972},
        "max_distance_km": 40,
        "rate_min_cents": 9500,
        "contract_forms": ["zzp"],
        "excluded_organisation_types": [],
    },
}

ASSIGNMENT: dict[str, Any] = {
    "title": "Communicatieadviseur griffie, gemeenteraadsverkiezingen",
    "description": "Zet een programma op dat de opkomst bevordert en kiezers informeert.",
    "organisation": {"name": "Gemeente Voorbeeld", "type": "gemeente"},
    "level": "medior",
    "open_to_growth": False,
    "required_specialisms": ["verkiezingscommunicatie"],
    "desired_specialisms": ["campagnes", "projectleiding"],
    "dossiers": ["verkiezingen"],
    "required_certificates": [],
    "starts_on": "2027-01-04",
    "ends_on": "2027-04-30",
    "hours_min": 24,
    "hours_max": 24,
    "place": {"name": "Purmerend", "latitude": 52.505, "longitude": 4.95972},
    "onsite_days": 2,
    "rate_max_cents": 11000,
    "contract_forms": ["zzp"],
    "urgency": "normaal",
    "reason": "verkiezingen",
    "respond_by": "2099-12-18T09:00:00+01:00",
    "positions": 1,
    "weights": None,
    "recruiter": {"name": "Bureau Voorbeeld", "email": "recruiter@example.org"},
    "open": False,
}
