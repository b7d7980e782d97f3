"""A professional's own pages on the real owners: what profiles and matching answer is what the pages read,
and what one changes is changed."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contracts.vocabulary import Role
from desk import rendering
from desk.owners.api import Owner
from desk.pages import mijn, mijn_career, mijn_data, mijn_profile
from stack.layout import Layout
from support.desks import tell
from support.five_services import Services, five_services
from support.owned import desk_of
from support.replicas import assignment_event, fitting, profile_event, undemanding

from contracts import examples

ROOMS = [room.router for room in (rendering, mijn, mijn_career, mijn_profile, mijn_data)]
OPEN: dict[str, Any] = undemanding() | {
    "respond_by": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
    "rate_max_cents": 20000,
}
TOO_MANY_HOURS = "Te veel uren"
TOKEN = {"Authorization": "Bearer recruiter:tester"}


@pytest.fixture
async def services(postgres: Layout) -> AsyncIterator[Services]:
    async with five_services(postgres) as opened:
        yield opened


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody for whom six opdrachten fit, and one but for its hours."""
    facts = fitting(OPEN, 1) | {"hours_min": 16, "hours_max": 24}
    contact = examples.PROFILE["contact"] | {"email": f"{uuid4().hex}@example.org"}
    profiles = services.owners.client(Owner.PROFILES)
    body = {"contact": contact, "facts": facts}
    made = await profiles.post("/profiles", json=body, headers=TOKEN)
    assert made.status_code == 201, made.text
    somebody = UUID(made.json()["profile_id"])
    fits, not_yet = {"hours_min": 16, "hours_max": 24}, {"hours_min": 26, "hours_max": 28}
    told = [
        profile_event(somebody, 1, facts),
        *(assignment_event(uuid4(), 1, OPEN | fits) for _ in range(6)),
        assignment_event(uuid4(), 1, OPEN | not_yet | {"title": TOO_MANY_HOURS}),
    ]
    await services.node.digest(told, random.Random(1))
    await tell(services.pools["desk"], told)
    desk = desk_of(
        services.pools["desk"], services.owners, *ROOMS, role=Role.PROFESSIONAL, subject=str(somebody)
    )
    async with desk as opened:
        yield opened


async def test_the_pages_read_what_the_owners_answer(http: httpx.AsyncClient) -> None:
    home = (await http.get("/mijn")).text
    assert TOO_MANY_HOURS in home
    assert "jij wilt 16 tot 24 uur per week" in home
    career = (await http.get("/mijn/loopbaan")).text
    assert "Bij welk tarief past het?" in career
    assert "van de 7</td>" in career
    assert "Tot 28 uur in plaats van 24" in career
    answer = await http.get("/mijn/loopbaan/wat-als?uren_tot=28")
    assert "had je voor <strong>1 opdracht meer</strong>" in answer.text
    assert TOO_MANY_HOURS in answer.text
    assert (await http.get("/mijn/loopbaan/wat-als?uren_tot=99")).status_code == 422


async def test_what_one_changes_is_changed(http: httpx.AsyncClient, services: Services) -> None:
    change = '{"hours_max":28}'
    page = await http.get("/mijn/profiel/overnemen", params={"wijziging": change})
    assert "Meeste uren per week" in page.text
    for path, form in (
        ("/mijn/profiel/overnemen", {"wijziging": change, "versie": "1"}),
        ("/mijn/profiel/vrij", {"dag": "2099-01-31", "versie": "2"}),
        (
            "/mijn/profiel/ernaast",
            {"uren": "8", "soort": "vast", "van": "2026-01-01", "tot": "", "versie": "3"},
        ),
        ("/mijn/gegevens/mail", {"/contact/preferences/frequency": "weekly", "version": "4"}),
    ):
        answer = await http.post(path, data=form)
        assert answer.status_code == 303, (path, answer.text[-2000:])
    found = (await http.get("/mijn/profiel")).text
    assert "Vaste baan, 8 uur per week" in found
    assert "31 januari 2099" in found
    assert "16 tot 28 uur per week" in found
    late = await http.post("/mijn/profiel/vrij", data={"dag": "2099-01-31", "versie": "1"})
    assert late.status_code == 412
    assert "net gewijzigd" in late.text
    wrong = await http.post("/mijn/profiel/vrij", data={"dag": "morgen", "versie": "5"})
    assert wrong.status_code == 422
    assert (await http.get("/mijn/profiel/wijzigen")).status_code == 200
    gone = await http.post("/mijn/gegevens/verwijder", data={"naam": examples.PROFILE["contact"]["name"]})
    assert gone.headers["location"] == "/mijn/verwijderd"
    assert await services.count("profiles", "SELECT count(*) FROM profiles WHERE contact IS NOT NULL") == 0
