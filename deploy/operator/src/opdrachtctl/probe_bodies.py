"""The probe's profile and opdracht: they fit each other, and nobody else, whatever else a release knows.

A release that does not know the field `probe` reads past it. So what is asked here nobody has (every
specialism and certificate, work in the next millennium, each day of the week where no ship comes), and what
is wished nobody offers.
"""

from datetime import datetime
from typing import Any

from contracts.vocabulary import Certificate, OrganisationType, ProfileStatus, Specialism

TITLE = "Proef"
ORGANISATION = "Proef van het platform"
KIND = OrganisationType.KOEPEL
# The place in the ocean that is farthest from land.
PLACE = {"name": "Oceaan", "latitude": -48.877, "longitude": -123.393}
FIRST_DAY, LAST_DAY = "3000-01-01", "3000-12-31"
RATE_CENTS = 100_000_000  # the highest that there is
COMMON: dict[str, Any] = {
    "level": "junior",
    "dossiers": [],
    "hours_min": 1,
    "hours_max": 1,
    "place": PLACE,
    "contract_forms": ["loondienst"],
    "probe": True,
}


def profile(address: str, status: ProfileStatus) -> dict[str, Any]:
    """Return the body of the probe's profile, mailed at this address at any hour."""
    return {
        "contact": {
            "name": "Proef",
            "email": address,
            "phone": None,
            "preferences": {"frequency": "direct", "min_score": 0, "quiet_hours": False},
        },
        "facts": {
            **COMMON,
            "status": status,
            "specialisms": list(Specialism),
            "certificates": list(Certificate),
            "portfolio": [],
            "ambition": {"direction": "breadth", "step_up": False, "specialisms": []},
            "available_from": FIRST_DAY,
            "max_distance_km": 1,
            "rate_min_cents": RATE_CENTS,
            "excluded_organisation_types": [one for one in OrganisationType if one is not KIND],
        },
    }


def opdracht(address: str, token: str, respond_by: datetime) -> dict[str, Any]:
    """Return the body of an opdracht of the probe, open from the start; its title holds the token. Urgent:
    such mails are not counted towards how many somebody gets a day."""
    return {
        **COMMON,
        "title": f"{TITLE} {token}",
        "description": "Hiermee kijkt het platform of het werkt.",
        "organisation": {"name": ORGANISATION, "type": KIND},
        "open_to_growth": False,
        "required_specialisms": list(Specialism),
        "desired_specialisms": [],
        "required_certificates": list(Certificate),
        "starts_on": FIRST_DAY,
        "ends_on": LAST_DAY,
        "onsite_days": 5,
        "rate_max_cents": RATE_CENTS,
        "urgency": "spoed",
        "reason": "",
        "respond_by": respond_by.isoformat(),
        "positions": 1,
        "weights": None,
        "recruiter": {"name": "Proef", "email": address},
        "open": True,
    }
