"""An opdracht and somebody who fits it, made over the public APIs."""

import random
import re
from typing import Any
from uuid import UUID

import httpx

from support import people as random_facts
from support.stacks import ANSWER_SECONDS, Stack, until


async def a_match(stack: Stack, name: str, **preferences: Any) -> tuple[str, str, str]:
    """Make an assignment that one new professional fits; return assignment, profile and address."""
    rng = random.Random(name)
    body = somebody(rng, name, **preferences)
    profile = await stack.post("profiles", "/profiles", body)
    # Whatever else is open, this one is told at once.
    assignment = {
        **demanding(rng),
        "title": f"Opdracht voor {name}",
        "dossiers": ["wonen"],
        "urgency": "spoed",
    }
    opened = await stack.post("assignments", "/assignments", assignment)
    ids = opened.json()["assignment_id"], profile.json()["profile_id"]

    async def matched() -> bool:
        return UUID(ids[1]) in await stack.matches(ids[0])

    await until(matched)
    return *ids, body["contact"]["email"]


def somebody(rng: random.Random, name: str, **preferences: Any) -> dict[str, Any]:
    """Return somebody, as a body of `POST /profiles`, who fits what `demanding` asks."""
    body = random_facts.profile_body(rng, name, **preferences)
    body["facts"] |= {
        "status": "active",
        "level": "strategisch",
        "specialisms": ["media-analyse", "evenementen"],
        "hours_min": 8,
        "hours_max": 40,
        "available_from": "2027-03-01",
        "available_until": None,
        "rate_min_cents": 9000,
        "contract_forms": ["zzp"],
        "certificates": [],
        "dossiers": [],
        "excluded_organisation_types": [],
    }
    return body


def demanding(rng: random.Random) -> dict[str, Any]:
    """Return an assignment, to be opened at once, that whoever `a_match` adds fits, and few others do."""
    return {
        **random_facts.assignment_facts(rng),
        "level": "strategisch",
        "required_specialisms": ["media-analyse", "evenementen"],
        "desired_specialisms": [],
        "required_certificates": [],
        "starts_on": "2027-03-01",
        "ends_on": "2027-09-01",
        "onsite_days": 0,
        "hours_min": 24,
        "hours_max": 32,
        "rate_max_cents": None,
        "contract_forms": ["zzp"],
        "weights": None,
        "open": True,
    }


async def a_placement(stack: Stack, assignment_id: str, profile_id: str, **terms: Any) -> str:
    """Place whoever `a_match` made, for as long as the opdracht asks; return the placement's id."""
    body = {
        "profile_id": profile_id,
        "starts_on": "2027-03-01",
        "ends_on": "2027-09-01",
        "hours": 24,
        "rate_cents": 9500,
        "contract_form": "zzp",
        **terms,
    }
    agreed = await stack.post("assignments", f"/assignments/{assignment_id}/placements", body)
    return str(agreed.json()["placement_id"])


async def mails_to(stack: Stack, address: str, about: str = "") -> list[dict[str, Any]]:
    return [
        mail
        for mail in await stack.mails()
        if mail["recipients_envelope"] == [address] and about in mail["subject"]
    ]


async def says_yes(stack: Stack, address: str, about: str) -> None:
    """Answer the mail about an opdracht as its reader does who is interested."""
    mail = (await until(lambda: mails_to(stack, address, about)))[0]
    link = re.search(r"(http://\S+/m/[^\s?]+)\?\S*answer=interested", await stack.mail_text(mail["id"]))
    assert link is not None
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
        (await http.post(link[1], data={"answer": "interested"})).raise_for_status()
