"""`/mijn/adres`: a professional asks for a link to another address, and takes the address with it.

Looking changes nothing, as mail scanners follow links: the button does. What is said is the same whoever has
the address. Who takes another address is signed out, as every session ends with its address.
"""

from typing import Annotated

from chassis.http.resources import Database
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.domain.profile_form import first
from desk.owners import mails, profiles
from desk.owners.api import Unreachable
from desk.pages.mijn import own_id
from desk.pages.mijn_data import data_page, own_profile
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, OwnShell
from desk.rendering import rendered
from desk.sign_in.door import Door, door_of
from desk.sign_in.professionals import Person
from desk.sign_in.session import Professional

NO_ADDRESS = "Vul een e-mailadres in, zoals naam@example.org."
AWAY = "Het lukt nu even niet. Er is niets veranderd. Probeer het zo nog eens."

router = APIRouter(include_in_schema=False)
OurDoor = Annotated[Door, Depends(door_of)]


@router.post("/mijn/adres")
async def ask(sent: Sent, who: Professional, door: OurDoor, owners: AskOwners, shell: OwnShell) -> Response:
    """Let a link be mailed to another address."""
    email = first(sent, "adres")
    try:
        answer = await mails.send_address_link(owners, door.signer.of_desk(), own_id(who), email)
    except Unreachable:
        return await data_page(who, owners, shell, status=503, address=email, address_wrong=AWAY)
    if not answer.ok:
        return await data_page(who, owners, shell, status=422, address=email, address_wrong=NO_ADDRESS)
    return RedirectResponse("/mijn/gegevens?meld=adres", 303)


@router.get("/mijn/adres/{token}")
async def open_link(token: str, _who: Professional) -> HTMLResponse:
    """Show the button that takes the address."""
    return rendered("own_address.html", token=token, case="open")


@router.post("/mijn/adres/{token}")
async def take(
    token: str, request: Request, who: Professional, door: OurDoor, pool: Database, owners: AskOwners
) -> Response:
    """Take the address that the link was mailed to."""
    profile_id = own_id(who)
    try:
        present = await own_profile(owners, who)
        shown = await mails.redeem_address_link(owners, door.signer.of_desk(), profile_id, token)
        if not shown.ok:
            return rendered("own_address.html", 410, token=token, case="dead")
        email = shown.body["email"]
        _, proven = door.signer.of_professional(Person(profile_id, email))
        changed = await profiles.change(
            owners, proven, profile_id, {"contact": {"email": email}}, present.etag or ""
        )
    except Unreachable:
        return rendered("own_address.html", 503, token=token, case="away")
    if not changed.ok:
        case = "taken" if changed.status == 409 else "dead"
        return rendered("own_address.html", changed.status, token=token, case=case)
    response = rendered("own_address.html", token=token, case="done", email=email)
    if cookie := request.cookies.get(door.cookie):
        await door.sessions.end(pool, cookie)
        door.unset(response, door.cookie)
    return response
