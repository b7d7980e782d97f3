"""`/mijn/inloggen`: a professional asks for a link, and signs in with it.

Looking changes nothing, as mail scanners follow links: the button does. What is said is the same whoever has
the address, and of every link that works no more.
"""

from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.rates import site_of
from chassis.http.resources import Database
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from uuid_utils.compat import uuid7

from desk.domain.own_path import own_path
from desk.owners import mails
from desk.owners.api import Unreachable
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners
from desk.rendering import rendered
from desk.sign_in.door import NO_STORE, Door, door_of
from desk.sign_in.professionals import Person
from desk.sign_in.refusing import REGISTER

NO_ADDRESS = "Vul je e-mailadres in, zoals naam@example.org."
TOO_OFTEN = (
    "Vanaf deze plek is net vaak om een link gevraagd. Wacht een paar minuten en probeer het dan nog eens."
)
AWAY = "Het lukt nu even niet. Dat ligt niet aan jou. Probeer het over een minuut nog eens."

router = APIRouter(include_in_schema=False)
OurDoor = Annotated[Door, Depends(door_of)]


@router.get("/mijn/inloggen")
async def begin(next_path: Annotated[str | None, Query(alias="next")] = None) -> HTMLResponse:
    """Ask for an address."""
    return rendered("link.html", next=own_path(next_path), email="", fault=None, trouble=None)


@router.post("/mijn/inloggen")
async def ask(request: Request, sent: Sent, door: OurDoor, owners: AskOwners) -> Response:
    """Let a link be mailed to whoever's address it is; so many from one place, whatever the addresses are."""
    email, path = (next(iter(sent.get(name, ())), "").strip() for name in ("email", "next"))
    shown = {"next": own_path(path), "email": email}
    if request.client is not None and not door.links.take(site_of(request.client.host)):
        refused = rendered("link.html", 429, **shown, fault=None, trouble=TOO_OFTEN)
        refused.headers["Retry-After"] = str(door.links.seconds)
        return refused
    try:
        answer = await mails.send_link(owners, door.signer.of_desk(), email)
    except Unreachable:
        return rendered("link.html", 503, **shown, fault=None, trouble=AWAY)
    if not answer.ok:
        return rendered("link.html", 422, **shown, fault=NO_ADDRESS, trouble=None)
    response = RedirectResponse("/mijn/inloggen/verstuurd", 303, NO_STORE)
    door.remember_path(response, path)
    return response


@router.get("/mijn/inloggen/verstuurd")
async def sent_page() -> HTMLResponse:
    """Say where to look."""
    return rendered("link_sent.html")


@router.get("/mijn/inloggen/{token}")
async def open_link(token: str) -> HTMLResponse:
    """Show the button that signs in."""
    return rendered("link_open.html", token=token, case="open")


@router.post("/mijn/inloggen/{token}")
async def sign_in(
    token: str,
    request: Request,
    door: OurDoor,
    pool: Database,
    owners: AskOwners,
    act: Annotated[Recording, audited(Action.SIGN_IN, "session")],
) -> Response:
    """Begin a session for whom the link was mailed to, once."""
    try:
        answer = await mails.redeem_link(owners, door.signer.of_desk(), token)
    except Unreachable:
        return rendered("link_open.html", 503, token=token, case="away")
    if not answer.ok:
        return rendered("link_open.html", 410, token=token, case="dead")
    known = answer.body["profile_id"]
    who = Person(UUID(known) if known else uuid7(), answer.body["email"], is_new=known is None)
    if before := request.cookies.get(door.cookie):
        await door.sessions.end(pool, before)
    subject = str(who.profile_id)
    path = REGISTER if who.is_new else door.remembered_path(request)
    response = RedirectResponse(door.desk_url + path, 303, NO_STORE)
    session = await door.sessions.begin(pool, subject, who, act, door.signer.actor(who))
    door.set(response, door.cookie, session)
    door.remember(response, subject)
    return response
