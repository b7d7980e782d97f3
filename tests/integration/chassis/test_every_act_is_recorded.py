"""Every route of every service: it declares what it is for the audit, and then leaves its row when it is
called; or it is known why it needs none."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from assignments.expiry import close_expired
from chassis.database import Pool
from contracts.envelope import Event
from contracts.vocabulary import Decision, Role
from desk.app import DeskResources
from desk.live.stream import Stream
from desk.owners.api import Owner
from desk.sign_in.door import Door
from desk.sign_in.provider import Attempt, Tokens
from matching.domain.match import match_id
from notifications.answers.links import Links, Purpose
from notifications.domain.mail_id import MailIds
from notifications.domain.notice import Ending, NoticeState
from notifications.mail.smtp import Accepted, Unknown
from notifications.store import addresses, suppressions
from notifications.store.addresses import Move
from profiles.days_passing import settle
from profiles.domain.effective import day_of
from profiles.handlers import apply as hear
from stack.layout import Layout
from support.acts import Recorded, Route, last_id, recorded, routes
from support.five_services import Services, five_services
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.openapi import SETTINGS, apps
from support.placements import TERMS, erased, event, heard, known, somebody
from support.planted import World, answering, plant
from support.replicas import assignment_event, fitting, profile_event, undemanding
from support.served import Doorkeeping
from support.stacks import until
from support.whole_desk import app as desk_app
from support.whole_desk import whole_desk

from contracts import examples

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
        "assignments GET /assignments",
        "assignments GET /assignments/{assignment_id}",
        "assignments GET /drafts",
        "assignments GET /draft-count",
        "assignments GET /drafts/{draft_id}",
        "assignments GET /places",
        "desk GET /opdrachten",
        *(f"desk GET /opdrachten/{{assignment_id}}/{step}" for step in ("wijzigen", "publiceer", "kopieer")),
        *(f"desk GET /opdrachten/{{assignment_id}}/{step}" for step in ("sluit", "verwijder")),
        "desk GET /.well-known/jwks.json",
        *(f"desk GET /mijn/inloggen{page}" for page in ("", "/verstuurd", "/{token}")),
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
        "desk GET /opdrachten/plaatsen",
        "desk GET /mensen/nieuw",
        "desk GET /mensen/{profile_id}/verwijderd",
        "desk GET /sign-in",
        "desk GET /signed-out",
    ),
    OWN: (
        "notifications GET /recruiter-preferences",
        "desk GET /instellingen",
        "desk POST /instellingen/sneltoetsen",
    ),
}
EVERY = routes(apps())
TOKEN = {"Authorization": "Bearer recruiter:tester"}
ANY = {**TOKEN, "If-Match": "*"}
ELSE = {**examples.PROFILE["contact"], "email": "audit-placed@example.org"}
OPERATOR = {"Authorization": "Bearer operator:tester"}
FACTS = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
ONE_POSITION = {**FACTS, "open": True, "positions": 1}
DRAFT = {**FACTS, "title": "Een begin"}
LATE = {"respond_by": "2099-12-18T09:00:00+01:00"}
OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
TESTER = ("https://issuer.example", "tester")

Call = Callable[[], Awaitable[httpx.Response]]


def test_every_route_declares_what_it_is_for_the_audit_or_is_known_to_need_nothing() -> None:
    known = {name for names in UNRECORDED.values() for name in names}
    assert {str(route) for route in EVERY if route.declared is None} == known
    assert sum(route.declared is not None for route in EVERY) > 50


@pytest.fixture(scope="module")
async def services(postgres: Layout) -> AsyncIterator[Services]:
    async with five_services(postgres) as opened:
        yield opened


class Calls:
    """What is called, and what was written down of it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.done: dict[str, list[Recorded]] = {}

    def client(self, service: str) -> httpx.AsyncClient:
        return self.services.owners.client(Owner(service))

    async def __call__(
        self,
        route: str,
        *,
        headers: Mapping[str, str] = TOKEN,
        body: Any = None,
        content: bytes | None = None,
        query: str = "",
        http: httpx.AsyncClient | None = None,
        ids: Mapping[str, object] | None = None,
    ) -> httpx.Response:
        """Call a route, and keep what came of it."""
        service, method, path = route.split(" ")
        address = path.format(**(ids or {})) + query
        request: dict[str, Any] = {"headers": headers}
        if body is not None:
            request["json"] = body
        if content is not None:
            request["content"] = content
        client = http or self.client(service)

        async def call() -> httpx.Response:
            return await client.request(method, address, **request)

        return await self.keep(route, call)

    async def keep(self, route: str, call: Call) -> httpx.Response:
        pool = self.services.pools[route.partition(" ")[0]]
        before = await last_id(pool)
        answer = await call()
        assert answer.status_code < 400, (route, answer.status_code, answer.text[:2000])
        self.done[route] = await recorded(pool, before)
        return answer

    def check(self, service: str, actors: Mapping[str, tuple[str, str]] | None = None) -> None:
        """Hold what was written down against what the routes declare; each was called."""
        declared = {str(route): route for route in EVERY if route.service == service and route.declared}
        assert self.done.keys() == declared.keys()
        for name, route in declared.items():
            (row,) = _matching(self.done[name], route)
            assert (row.issuer, row.subject) == (actors or {}).get(name, TESTER), name


def _matching(rows: list[Recorded], route: Route) -> list[Recorded]:
    assert route.declared is not None
    wanted = (route.declared.action, route.declared.object_kind)
    found = [row for row in rows if (row.action, row.object_kind) == wanted]
    assert len(found) == 1, (str(route), wanted, rows)
    return found


async def test_every_route_of_profiles_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    made = (await call("profiles POST /profiles", body=examples.PROFILE)).json()
    person = UUID(made["profile_id"])
    about = {"profile_id": person}
    await call("profiles GET /profiles")
    for path in ("", "/export", "/held"):
        await call(f"profiles GET /profiles/{{profile_id}}{path}", ids=about)
    await call("profiles GET /profiles/{profile_id}/audit", headers=OPERATOR, ids=about)
    await call("profiles PUT /profiles/{profile_id}", headers=ANY, body=examples.PROFILE, ids=about)
    changes = {"contact": {"phone": "+31 6 00000000"}, "facts": {"hours_max": 31}}
    await call("profiles PATCH /profiles/{profile_id}", headers=ANY, body=changes, ids=about)
    await call("profiles DELETE /profiles/{profile_id}", ids=about)
    call.check("profiles")
    for rows in call.done.values():
        assert [row.people for row in rows] == [{person}]
    (changed,) = call.done["profiles PATCH /profiles/{profile_id}"]
    assert changed.fields == ("contact.phone", "facts.hours_max")
    assert changed.role == "recruiter"
    shown = await call.client("profiles").get(f"/profiles/{person}/audit", headers=OPERATOR)
    assert shown.json() == {"items": [], "next": None}  # the topic has not told it yet


async def test_every_route_of_assignments_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    made = (await call("assignments POST /assignments", body={**FACTS, "open": True})).json()
    about = {"assignment_id": made["assignment_id"]}
    path = "/assignments/{assignment_id}"
    await call(f"assignments PUT {path}", headers=ANY, body={**FACTS, "title": "Anders"}, ids=about)
    await call(f"assignments PATCH {path}", headers=ANY, body={"title": "Weer anders"}, ids=about)
    await call(f"assignments POST {path}/copy", ids=about)
    await call(f"assignments POST {path}/close", body={"reason": "withdrawn"}, ids=about)
    later = (await call.client("assignments").post("/assignments", json=FACTS, headers=TOKEN)).json()
    await call(f"assignments POST {path}/open", ids={"assignment_id": later["assignment_id"]})
    draft = (await call("assignments POST /drafts", body=DRAFT)).json()["draft_id"]
    of_draft = "/drafts/{draft_id}"
    await call(f"assignments PUT {of_draft}", headers=ANY, body=FACTS, ids={"draft_id": draft})
    await call(f"assignments POST {of_draft}/publish", ids={"draft_id": draft})
    other = (await call.client("assignments").post("/drafts", json=DRAFT, headers=TOKEN)).json()
    await call(f"assignments DELETE {of_draft}", ids={"draft_id": other["draft_id"]})
    await call("assignments GET /profiles/{profile_id}/held", ids={"profile_id": uuid4()})
    person = await somebody(services.pools["assignments"])
    opened = await call.client("assignments").post("/assignments", json=ONE_POSITION, headers=TOKEN)
    filled = UUID(opened.json()["assignment_id"])
    of_filled = {"assignment_id": filled}
    agreement = {**TERMS, "profile_id": str(person)}
    placing = f"assignments POST {path}/placements"
    placed = (await call(placing, body=agreement, ids=of_filled)).json()["placement_id"]
    await call(f"assignments GET {path}/placements", ids=of_filled)
    await call("assignments GET /placements", query=f"?profile_id={person}")
    of_placement = {"placement_id": placed}
    await call("assignments GET /placements/{placement_id}", ids=of_placement)
    terms = {**TERMS, "hours": 16}
    await call("assignments PUT /placements/{placement_id}", headers=ANY, body=terms, ids=of_placement)
    ending = {"ended_on": TERMS["starts_on"], "reason": "early"}
    await call("assignments POST /placements/{placement_id}/end", body=ending, ids=of_placement)
    call.check("assignments")
    agreed, closed = call.done[placing]
    assert (str(agreed.object_id), agreed.fields) == (placed, tuple(sorted(agreement)))
    assert (closed.issuer, closed.subject, closed.action) == ("platform", "filling", "close")
    assert closed.object_id == filled
    for name, rows in call.done.items():
        assert "placements" not in name or rows[0].people == {person}, name
    assert call.done["assignments PUT /placements/{placement_id}"][0].fields == ("hours",)
    ended = call.done["assignments POST /placements/{placement_id}/end"]
    assert ended[0].fields == ("ended_on", "ended_reason", "state")
    assert call.done[f"assignments PATCH {path}"][0].fields == ("title",)
    assert "title" in call.done[f"assignments PUT {of_draft}"][0].fields
    assert call.done[f"assignments POST {path}/close"][0].fields == ("state",)


async def test_every_route_of_matching_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    opdracht, person, facts = uuid4(), uuid4(), undemanding() | LATE
    rng = random.Random(1)
    await services.node.digest([assignment_event(opdracht, 1, facts)], rng)
    await services.node.digest([profile_event(person, 1, fitting(facts, 1))], rng)
    about = {"assignment_id": opdracht}
    for path in ("matches", "reach", "near"):
        await call(f"matching GET /assignments/{{assignment_id}}/{path}", ids=about)
    pair = {**about, "profile_id": person}
    await call("matching GET /assignments/{assignment_id}/why-not/{profile_id}", ids=pair)
    await call("matching POST /reach", body=facts, query=f"?profile_id={person}")
    await call("matching GET /profiles/{profile_id}/held", ids={"profile_id": person})
    for path in ("matches", "near", "levers", "outlook"):
        await call(f"matching GET /profiles/{{profile_id}}/{path}", ids={"profile_id": person})
    asked = {"changes": {"hours_max": 40}}
    await call("matching POST /profiles/{profile_id}/what-if", body=asked, ids={"profile_id": person})
    decision = {"decision": Decision.INVITED, "reason": "Past goed."}
    match = match_id(opdracht, person)
    await call("matching POST /matches/{match_id}/decision", body=decision, ids={"match_id": match})
    call.check("matching")
    assert person in call.done["matching GET /assignments/{assignment_id}/matches"][0].people
    (decided,) = call.done["matching POST /matches/{match_id}/decision"]
    assert (decided.object_id, set(decided.people)) == (match, {person})
    assert decided.fields == ("decision", "reason", "state")
    pool = services.pools["matching"]
    assert await pool.fetchval("SELECT decided_by_sub FROM matches WHERE match_id = $1", match) == "tester"
    event = "SELECT value FROM outbox WHERE convert_from(value, 'UTF8') LIKE '%decided_by_sub%' ORDER BY id"
    assert json.loads(await pool.fetchval(event))["decided_by_sub"] == "tester"


async def test_every_route_of_notifications_leaves_its_row(services: Services) -> None:
    call, pool, person = Calls(services), services.pools["notifications"], uuid4()
    await add_contact(pool, person, "audit-links@example.org")
    opdracht = await add_assignment(pool, random.Random(1), "spoed", **LATE)
    match = (await propose(pool, opdracht, person, datetime.now(UTC))).match_id

    async def taken(_mail: Any) -> Any:
        return Accepted("250 taken")

    async def refused(_mail: Any) -> Any:
        return Unknown("no such mailbox")

    await make_sender(pool, taken).send_due(datetime.now(UTC))
    notice = await pool.fetchval("SELECT notice_id FROM notices WHERE profile_id = $1", person)
    message = await pool.fetchval("SELECT message_id FROM notices WHERE notice_id = $1", notice)
    await call("notifications GET /deliveries", query=f"?profile_id={person}")
    await call("notifications GET /deliveries/{notice_id}/body", ids={"notice_id": notice})
    await call("notifications GET /matches/{match_id}/timeline", ids={"match_id": match})
    await call("notifications GET /profiles/{profile_id}/held", ids={"profile_id": person})
    people = [{"profile_id": str(person), "score": 70.0}]
    forecast = {"urgency": "spoed", "respond_by": LATE["respond_by"], "people": people}
    await call("notifications POST /forecast", body=forecast)
    wishes = {"summary": "daily", "interest": "daily", "quiet_hours": True}
    await call("notifications PUT /recruiter-preferences", body=wishes)
    bounce = _bounce(message)
    await call("notifications POST /reports", headers=OPERATOR, content=bounce)
    await call("notifications GET /suppressions")
    await call("notifications DELETE /suppressions/{suppression_id}", ids={"suppression_id": person})
    await pool.execute("UPDATE notices SET state = 'bounced' WHERE notice_id = $1", notice)
    await call("notifications POST /deliveries/{notice_id}/again", ids={"notice_id": notice})
    async with pool.acquire() as connection:
        ending = Ending(NoticeState.REFUSED, "no such mailbox")
        await suppressions.add(connection, "audit-links@example.org", person, ending, datetime.now(UTC))
    await call("notifications DELETE /suppressions", query="?domain=example.org")
    links = Links(SETTINGS["public_url"], SETTINGS["link_secret"])
    of_links = {
        "/m/{token}": (links.write(Purpose.MATCH, match), b"answer=interested"),
        "/preferences/{token}": (links.write(Purpose.PREFERENCES, person), b"frequency=daily&min_score=40"),
        "/unsubscribe/{token}": (links.write(Purpose.UNSUBSCRIBE, person), b"List-Unsubscribe=One-Click"),
    }
    for path, (link, form) in of_links.items():
        token = link.rpartition("/")[2]
        await call(f"notifications GET {path}", headers={}, ids={"token": token})
        await call(f"notifications POST {path}", headers=OURS, content=form, ids={"token": token})
    token = links.write(Purpose.CONFIRM, person).rpartition("/")[2]
    await call("notifications POST /confirm/{token}", headers=OURS, content=b"", ids={"token": token})
    async with pool.acquire() as connection:
        await addresses.tell(connection, [Move(person, "before@example.org", 2)], datetime.now(UTC))
    moved = await pool.fetchval("SELECT notice_id FROM notices WHERE kind = 'moved'")
    token = links.write(Purpose.NOT_ME, moved).rpartition("/")[2]
    await call("notifications POST /not-me/{token}", headers=OURS, content=b"", ids={"token": token})
    by_link = {
        f"notifications {method} {path}": ("link", str(person))
        for path in of_links
        for method in ("GET", "POST")
    }
    for path in ("/confirm/{token}", "/not-me/{token}"):
        by_link[f"notifications POST {path}"] = ("link", str(person))
    call.check("notifications", by_link)
    for rows in call.done.values():
        assert all(row.people <= {person} for row in rows)
    assert call.done["notifications GET /deliveries/{notice_id}/body"][0].people == {person}
    assert call.done["notifications DELETE /suppressions"][0].people == {person}
    assert call.done["notifications POST /unsubscribe/{token}"][0].fields == ("frequency",)


def _bounce(message: UUID) -> bytes:
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {_message_id(message)}\r\n\r\n"
        "--b--\r\n"
    ).encode()


def _message_id(message: UUID) -> str:
    return MailIds(SETTINGS["link_secret"]).message_id(message, "example.org")


class Provided:
    """A provider whom nobody has to ask."""

    async def sign_in_address(self, attempt: Attempt) -> str:
        return f"https://provider.example/?state={attempt.state}"

    async def redeem(self, _code: str, _attempt: Attempt) -> tuple[Tokens, str]:
        return Tokens(access="recruiter:tester", refresh=None, id="", seconds=3600), "tester"

    async def sign_out_address(self, _tokens: Tokens) -> str | None:
        return None


@pytest.fixture(scope="module")
async def world(services: Services) -> World:
    return await plant(services.pools["desk"])


async def test_every_route_of_the_desk_leaves_its_row(services: Services, world: World) -> None:
    call, pool = Calls(services), services.pools["desk"]
    ids = world.ids
    async with whole_desk(pool, answering(world), keeper=Doorkeeping()) as http:

        async def ask(route: str, **more: Any) -> None:
            await call(route, http=http, headers=more.pop("headers", {}), ids=ids, **more)

        async def send(route: str, form: str) -> None:
            await ask(route, headers=OURS, content=form.encode())

        of_pair = "/opdrachten/{assignment_id}/mensen/{profile_id}"
        for path in ("/", "/opdrachten/{assignment_id}", of_pair, "/mensen", "/mensen/{profile_id}"):
            await ask(f"desk GET {path}")
        for path in ("/mensen/{profile_id}/wijzigen", "/mensen/{profile_id}/export", "/mails"):
            await ask(f"desk GET {path}")
        for path in ("/mails/adressen", "/alerts/history"):
            await ask(f"desk GET {path}")
        await ask("desk GET /profiles/{profile_id}/held", headers=TOKEN)
        await ask(f"desk GET {of_pair}/besluit", query="?soort=rejected")
        await ask("desk GET /opdrachten/{assignment_id}/vergelijk", query=f"?p={world.profile_id}")
        form = f"soort=rejected&reden=past+niet&code=tarief&stap=voorbeeld&sleutel={uuid4()}"
        await send(f"desk POST {of_pair}/besluit", form)
        await send("desk POST /later", f"line=stil:{world.profile_id}&wie=mij")
        await send("desk POST /instellingen/teksten", "tarief=Dag+{naam}")
        await send(f"desk POST {of_pair}/notities", f"sleutel={uuid4()}&tekst=Belde+terug.")
        key = uuid4()
        await send("desk POST /mensen/{profile_id}/notities", f"sleutel={key}&tekst=Belde+weer.")
        delete = "desk POST /mensen/{profile_id}/notities/{note_id}/verwijder"
        await call(delete, http=http, headers=OURS, content=b"", ids={**ids, "note_id": key})
        await call("desk DELETE /sessions", http=http, headers=OPERATOR, query="?subject=niemand")
        await _listen(call, http, pool)
    await _sign_in_and_out(call, pool)
    issuer = SETTINGS["auth_issuer"]
    call.check("desk", {"desk POST /sign-out": (issuer, "tester")})
    shown = {name: rows[-1].people for name, rows in call.done.items()}
    assert shown["desk GET /mensen"] == {world.profile_id, world.left}
    assert shown["desk GET /opdrachten/{assignment_id}"] == {world.profile_id, world.left}
    assert shown[f"desk GET {of_pair}"] == {world.profile_id}
    assert shown[delete] == {world.profile_id}


async def _listen(call: Calls, http: httpx.AsyncClient, pool: Pool) -> None:
    """Open the stream, which does not end, until its row is there."""
    before = await last_id(pool)
    listening = asyncio.create_task(http.get("/alerts"))
    await until(lambda: _has_row(pool, before))
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    call.done["desk GET /alerts"] = await recorded(pool, before)


async def _has_row(pool: Pool, before: int) -> bool:
    return await last_id(pool) > before


async def _sign_in_and_out(call: Calls, pool: Pool) -> None:
    desk = desk_app()
    desk.state.authenticator = Doorkeeping()
    desk.state.resources = DeskResources(pool=pool, owners=call.services.owners, stream=Stream("", pool))
    door: Door = desk.state.door
    provider: Any = Provided()
    object.__setattr__(door, "provider", provider)
    transport = httpx.ASGITransport(desk)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as browser:
        sent = await browser.get("/sign-in")
        (state,) = parse_qs(urlsplit(sent.headers["location"]).query)["state"]
        back = f"/sign-in/callback?state={state}&code=x"
        await call.keep("desk GET /sign-in/callback", lambda: browser.get(back))
        await call.keep("desk POST /sign-out", lambda: browser.post("/sign-out", headers=OURS))


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
