"""`/mijn/registreren`: who proved an address that nobody has, fills in a short profile, and sees at once how
many opdrachten fit."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from chassis.http.resources import Database
from contracts.facts import OwnFacts
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7

from desk.domain import profile_form as form
from desk.domain.profile_form import Typed
from desk.owners import assignments, matching, profiles
from desk.owners.api import Owners, Unreachable
from desk.pages.levers import Lever
from desk.pages.mijn import best_levers, own_id
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, OwnShell
from desk.rendering import rendered
from desk.sign_in.door import MINE, NO_STORE, Door, door_of
from desk.sign_in.professionals import Person
from desk.sign_in.refusing import REGISTER
from desk.sign_in.session import LinkHolder, Professional, SignedIn

DONE = f"{REGISTER}/klaar"
AWAY = "Inschrijven lukt nu even niet. Wat je hebt ingevuld, staat er nog: probeer het zo nog eens."
REFUSED = "Dit wordt zo niet aangenomen. Kijk de velden na."
COUNTED_SECONDS = 3.0  # that matching may take to hear of somebody new
ASK_EVERY_SECONDS = 0.3

router = APIRouter(include_in_schema=False)
OurDoor = Annotated[Door, Depends(door_of)]


@router.get("/mijn/registreren")
async def begin(who: LinkHolder) -> Response:
    """Show the form to who is not registered yet."""
    if not who.is_new:
        return RedirectResponse(MINE, 303, NO_STORE)
    return _page(who, {**form.EMPTY, "key": [str(uuid7())]})


@router.post("/mijn/registreren")
async def register(sent: Sent, who: LinkHolder, door: OurDoor, pool: Database, owners: AskOwners) -> Response:
    """Register somebody under the address that they proved."""
    if not who.is_new or who.session is None or who.caller.email is None:
        return RedirectResponse(MINE, 303, NO_STORE)
    typed = form.short(sent, who.caller.email)
    try:
        if name := form.place_to_find(typed):
            found = await assignments.place(owners, who.token, name)
            typed = typed if found is None else form.with_place(typed, found)
        answer = await profiles.create(owners, who.token, form.body(typed), form.first(typed, "key"))
    except Unreachable:
        return _page(who, typed, status=503, trouble=AWAY)
    if answer.ok:
        registered = Person(UUID(who.caller.subject), who.caller.email)
        await door.sessions.register(pool, who.session, registered)
        return RedirectResponse(DONE, 303, NO_STORE)
    if answer.status == 409 or answer.came_before:
        return rendered("registration_taken.html", 409, who=who)
    wrong = {form.field_of(one.pointer): form.remedy(one.pointer, one.detail) for one in answer.faults}
    return _page(who, typed, status=answer.status, wrong=wrong)


@router.get("/mijn/registreren/klaar")
async def done(who: Professional, owners: AskOwners, shell: OwnShell) -> HTMLResponse:
    """Say how many opdrachten fit now, and where none does, what would help."""
    count = await _count(owners, who)
    best = await _levers(owners, who) if count == 0 else None
    return shell.page("registration_done.html", count=count, levers=best)


async def _count(owners: Owners, who: SignedIn) -> int | None:
    """Return how many open opdrachten fit; None where that cannot be told in a few seconds."""
    with suppress(Unreachable, TimeoutError):
        async with asyncio.timeout(COUNTED_SECONDS):
            while (count := await matching.fitting(owners, who.token, who.caller.subject)) is None:
                await asyncio.sleep(ASK_EVERY_SECONDS)
            return count
    return None


async def _levers(owners: Owners, who: SignedIn) -> Sequence[Lever] | None:
    """Return what would bring opdrachten; None where that cannot be told now. The profile is read where it
    was just written: the desk may not have heard of it."""
    try:
        profile = await profiles.read(owners, who.token, own_id(who))
    except Unreachable:
        return None
    if not profile.ok:
        return None
    facts = OwnFacts.model_validate_json(json.dumps(profile.body["facts"]))
    return await best_levers(owners, who, facts)


def _page(
    who: SignedIn,
    typed: Typed,
    *,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    trouble: str | None = None,
) -> HTMLResponse:
    if status >= 400 and not wrong and trouble is None:
        trouble = REFUSED
    context: dict[str, Any] = {"typed": typed, "wrong": wrong or {}, "trouble": trouble}
    return rendered("registration.html", status, who=who, form=form, **context)
