"""Every route of every service declares what it is for the audit, or it is known why it needs none; and what
the platform does by itself is written down too. What routes write: test_acts_of_*_are_recorded.py."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from assignments.expiry import close_expired
from contracts.envelope import Event
from contracts.vocabulary import Role
from desk.owners.api import Owner
from profiles.days_passing import settle
from profiles.domain.effective import day_of
from profiles.handlers import apply as hear
from support.acts import last_id, recorded, routes
from support.calls import TOKEN
from support.five_services import Services
from support.placements import TERMS, erased, event, heard, known

from contracts import examples

ELSE = {**examples.PROFILE["contact"], "email": "audit-placed@example.org"}
FACTS = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
ONE_POSITION = {**FACTS, "open": True, "positions": 1}

# What touches nothing of people, or has others write it down; and why.
ABOUT_THE_SERVICE = "tells of the service itself"
NO_PERSON = "tells of opdrachten and their clients"
COUNTS = "counts and tells of nobody"
FORWARDED = "the owner that is asked writes it down, for the same caller"
NOTHING = "shows a form, a list of words, or a file"
OWN = "of the caller alone, whose cookie or choice it is"
UNRECORDED: Mapping[str, tuple[str, ...]] = {
    ABOUT_THE_SERVICE: tuple(
        f"{service} GET {path}"
        for service in ("profiles", "assignments", "matching", "notifications", "desk")
        for path in ("/openapi.json", "/docs", "/docs/assets", "/livez", "/readyz", "/metrics")
    ),
    NO_PERSON: (
        "profiles GET /trainings",
        "profiles GET /trainings/{training_id}",
        "assignments GET /assignments",
        "assignments GET /assignments/{assignment_id}",
        "assignments GET /drafts",
        "assignments GET /draft-count",
        "assignments GET /drafts/{draft_id}",
        "assignments GET /places",
        "desk GET /opdrachten",
        "desk GET /opleidingen",
        "desk GET /opleidingen/{training_id}",
        *(f"desk GET /opdrachten/{{assignment_id}}/{step}" for step in ("wijzigen", "publiceer", "kopieer")),
        *(f"desk GET /opdrachten/{{assignment_id}}/{step}" for step in ("sluit", "verwijder")),
        "desk GET /.well-known/jwks.json",
        *(f"desk GET /mijn/inloggen{page}" for page in ("", "/verstuurd", "/{token}")),
        "desk GET /mijn/adres/{token}",
        "desk GET /mijn/registreren",
    ),
    COUNTS: (
        "matching GET /selection",
        "matching GET /selection/held-back",
        "desk GET /selectie",
        "desk GET /selectie/tegen",
    ),
    FORWARDED: (
        "desk POST /opdrachten/nieuw",
        "desk POST /opleidingen/nieuw",
        "desk POST /opleidingen/{training_id}",
        "desk GET /mijn/netwerk",
        "desk POST /mijn/netwerk",
        "desk POST /mijn/netwerk/{profile_id}/vraag",
        *(f"desk POST /opdrachten/{{assignment_id}}/{step}" for step in ("wijzigen", "publiceer", "kopieer")),
        *(f"desk POST /opdrachten/{{assignment_id}}/{step}" for step in ("sluit", "verwijder")),
        "desk POST /opdrachten/{assignment_id}/mensen/{profile_id}/ongedaan",
        "desk POST /mensen/nieuw",
        "desk POST /mensen/{profile_id}/wijzigen",
        "desk POST /mensen/{profile_id}/verwijder",
        "desk POST /mensen/{profile_id}/vrij",
        "desk GET /mails/{notice_id}",
        "desk POST /mails/{notice_id}/opnieuw",
        "desk POST /mails/adressen/vrij",
        "desk POST /instellingen/mails",
        "desk POST /mijn/inloggen",
        "desk POST /mijn/opdrachten/{assignment_id}/antwoord",
        *(f"desk GET /mijn/profiel{page}" for page in ("", "/wijzigen", "/overnemen")),
        *(f"desk POST /mijn/profiel/{act}" for act in ("vrij", "ernaast", "wijzigen", "overnemen")),
        "desk GET /mijn/gegevens",
        *(f"desk POST /mijn/gegevens/{act}" for act in ("mail", "verwijder")),
        "desk POST /mijn/adres",
        "desk POST /mijn/adres/{token}",
        "desk POST /mijn/registreren",
        "desk GET /mijn/registreren/klaar",
    ),
    NOTHING: (
        "notifications GET /",  # these three lead to the desk
        "notifications GET /alerts",
        "notifications GET /alerts/history",
        "notifications GET /static",
        "notifications GET /confirm/{token}",  # a button, and what is held about anybody
        "notifications GET /not-me/{token}",
        "notifications GET /privacy",
        "desk GET /assets/{name}",
        "desk GET /opdrachten/nieuw",
        "desk GET /opleidingen/nieuw",
        "desk GET /opdrachten/plaatsen",
        "desk GET /mensen/nieuw",
        "desk GET /mensen/{profile_id}/verwijderd",
        "desk GET /sign-in",
        "desk GET /signed-out",
        "desk GET /mijn/verwijderd",
    ),
    OWN: (
        "notifications GET /recruiter-preferences",
        "desk GET /instellingen",
        "desk POST /instellingen/sneltoetsen",
    ),
}


def test_every_route_declares_what_it_is_for_the_audit_or_is_known_to_need_nothing() -> None:
    known = {name for names in UNRECORDED.values() for name in names}
    assert {str(route) for route in routes() if route.declared is None} == known
    assert sum(route.declared is not None for route in routes()) > 50


async def test_what_the_platform_does_by_itself_is_written_down_as_its_own(services: Services) -> None:
    http, pool = services.owners.client(Owner.ASSIGNMENTS), services.pools["assignments"]
    made = await http.post("/assignments", json={**FACTS, "open": True}, headers=TOKEN)
    opdracht = UUID(made.json()["assignment_id"])
    before = await last_id(pool)
    await close_expired(pool, timedelta(0), datetime(2200, 1, 1, tzinfo=UTC))
    (row,) = [one for one in await recorded(pool, before) if one.object_id == opdracht]
    assert (row.issuer, row.subject, row.role, row.action) == ("platform", "expiry", None, "close")


async def test_what_follows_from_a_placement_and_from_an_erasure_is_written_down(services: Services) -> None:
    """Who is placed, in profiles; what a day's passing changes; and that a placement is nobody's any more."""
    made = await services.owners.client(Owner.PROFILES).post(
        "/profiles", json=examples.PROFILE | {"contact": ELSE}, headers=TOKEN
    )
    person, pool = UUID(made.json()["profile_id"]), services.pools["profiles"]
    before = await last_id(pool)
    today = day_of(datetime.now(UTC))
    agreed = _placement(person, today, today + timedelta(days=30))
    async with pool.acquire() as connection, connection.transaction():
        await hear(connection, [agreed])
    await settle(pool, datetime.now(UTC) + timedelta(days=31))
    shown = [row for row in await recorded(pool, before) if row.people == {person}]
    assert [(row.subject, row.fields) for row in shown] == [
        ("placements", ("effective_facts",)),
        ("days passing", ("effective_facts",)),
    ]
    http, pool = services.owners.client(Owner.ASSIGNMENTS), services.pools["assignments"]
    opened = await http.post("/assignments", json=ONE_POSITION, headers=TOKEN)
    await heard(pool, [known(person)])
    path = f"/assignments/{opened.json()['assignment_id']}/placements"
    placed = await http.post(path, json={**TERMS, "profile_id": str(person)}, headers=TOKEN)
    before = await last_id(pool)
    await heard(pool, [erased(person)])
    (row,) = await recorded(pool, before)
    assert (row.issuer, row.subject, row.action, row.people) == (
        "platform",
        "erasures",
        "change",
        frozenset([person]),
    )
    assert (str(row.object_id), row.fields) == (placed.json()["placement_id"], ("profile_id",))


def _placement(person: UUID, first: date, last: date) -> Event:
    about = {"placement_id": str(uuid4()), "assignment_id": str(uuid4()), "profile_id": str(person)}
    work = {"organisation_type": "provincie", "level": "senior", "state": "agreed"}
    ending = {"ended_on": None, "ended_reason": None}
    terms = {**TERMS, "hours": 8, "starts_on": str(first), "ends_on": str(last)}
    return event("PlacementAgreed.v1", {**about, **work, **ending, **terms, "version": 1})


async def test_what_is_refused_or_not_there_leaves_no_row(services: Services) -> None:
    for service, path in (("profiles", "/profiles"), ("notifications", "/deliveries")):
        pool = services.pools[service]
        before = await last_id(pool)
        http = services.owners.client(Owner(service))
        nowhere = f"{path}/{uuid4()}" + ("/body" if service == "notifications" else "")
        assert (await http.get(nowhere, headers=TOKEN)).status_code == 404
        assert (await http.get(path)).status_code == 401
        stranger = {"Authorization": f"Bearer {Role.PROFESSIONAL}:{uuid4()}"}
        assert (await http.get(path, headers=stranger)).status_code == 403
        assert await recorded(pool, before) == []
