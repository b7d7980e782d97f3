"""Every route of the desk that declares an act leaves its row when it is called."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.app import DeskResources
from desk.live.stream import Stream
from desk.sign_in.door import Door
from desk.sign_in.provider import Attempt, Tokens
from support.acts import last_id, recorded
from support.calls import OPERATOR, OURS, TOKEN, Calls
from support.five_services import Services
from support.openapi import SETTINGS
from support.planted import World, answering, plant
from support.served import Doorkeeping
from support.stacks import until
from support.whole_desk import app as desk_app
from support.whole_desk import whole_desk

LOOKED_AT = {
    **{"/starts_on": "2026-11-01", "/ends_on": "2027-04-30", "/hours": "20", "/rate_cents": "95"},
    **{"/contract_form": "zzp", "/ended_on": "2026-11-02", "/reason": "cancelled"},
}
OF_A_PLACEMENT = tuple(f"/plaatsingen/{{placement_id}}/{step}" for step in ("wijzigen", "einde"))


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
        for path in ("/plaatsingen", "/plaatsingen/{placement_id}", f"{of_pair}/plaats", *OF_A_PLACEMENT):
            await ask(f"desk GET {path}")
        for path in (f"{of_pair}/plaats", *OF_A_PLACEMENT):
            await send(f"desk POST {path}", urlencode(LOOKED_AT))
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
    await _sign_in_by_link(call, pool, world)
    ours = (SETTINGS["professionals_issuer"], str(world.profile_id))
    actors = {"desk POST /sign-out": (issuer, "tester"), "desk POST /mijn/inloggen/{token}": ours}
    actors |= dict.fromkeys(await _look_at_ones_own(call, pool, world), ours)
    call.check("desk", actors)
    shown = {name: rows[-1].people for name, rows in call.done.items()}
    assert shown["desk GET /mensen"] == {world.profile_id, world.left}
    assert shown["desk GET /opdrachten/{assignment_id}"] == {world.profile_id, world.left}
    assert shown[f"desk GET {of_pair}"] == {world.profile_id}
    assert shown[delete] == {world.profile_id}


async def _sign_in_by_link(call: Calls, pool: Pool, world: World) -> None:
    owners = answering(world)
    proven = {"email": "anna@example.org", "profile_id": str(world.profile_id)}
    owners.tell("POST", "/sign-in-links/redeem", proven)
    async with whole_desk(pool, owners) as http:
        await call("desk POST /mijn/inloggen/{token}", http=http, headers=OURS, content=b"", ids=world.ids)


async def _look_at_ones_own(call: Calls, pool: Pool, world: World) -> list[str]:
    """Look at each of a professional's pages; return their routes."""
    subject = str(world.profile_id)
    of_career = ("/loopbaan", "/loopbaan/wat-als", "/opleidingen")
    pages = ("", "/opdrachten/{assignment_id}", *of_career, "/gegevens/download")
    routes = [f"desk GET /mijn{page}" for page in pages]
    async with whole_desk(pool, answering(world), Role.PROFESSIONAL, subject=subject) as http:
        for route in routes:
            query = "?km=50" if route.endswith("wat-als") else ""
            await call(route, http=http, headers={}, ids=world.ids, query=query)
    return routes


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
