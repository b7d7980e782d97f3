"""`/plaatsingen`: who is at work where, until when, and how that goes."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from words.nl import AMSTERDAM

from desk.domain.placements import PAGE_SIZE, Placed, Sought, Tab
from desk.pages import sentences
from desk.pages.sent import Text
from desk.pages.shell import PageShell, Shell
from desk.sign_in.session import Staff
from desk.store import checkins, notes, placed

TABS = {
    Tab.RUNNING: "Lopend en afgesproken",
    Tab.ENDING: "Loopt binnen 8 weken af",
    Tab.ENDED: "Afgelopen",
}
NOTHING = {
    Tab.RUNNING: "Er is nog niemand geplaatst. Dat doe je bij een opdracht, vanaf iemand die past.",
    Tab.ENDING: "Er is geen plaatsing die binnen 8 weken afloopt.",
    Tab.ENDED: "Er is nog geen plaatsing afgelopen.",
}

router = APIRouter(include_in_schema=False)


def today() -> date:
    """Return the day in the Netherlands."""
    return datetime.now(UTC).astimezone(AMSTERDAM).date()


@router.get("/plaatsingen")
async def listed(
    who: Staff,
    pool: Database,
    shell: Shell,
    act: Annotated[Recording, audited(Action.LIST, "people")],
    tab: Tab = Tab.RUNNING,
    q: Annotated[Text, Query(max_length=200)] = "",
    mijn: bool = False,
    praten: bool = False,
    pagina: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show a page of the list."""
    recruiter = (who.caller.email or "").lower() if mijn else None
    sought = Sought(words=q.strip(), recruiter=recruiter, wants_to_talk=praten)
    async with pool.acquire() as connection:
        counts = await placed.counts(connection, sought, today())
        lines = await placed.page(connection, tab, sought, pagina, today())
        await act.record(connection, people=[one.profile_id for one in lines if one.profile_id is not None])
    chosen: dict[str, object] = {"tab": tab, "q": sought.words, "mijn": mijn, "praten": praten}

    def address(**changed: object) -> str:
        return _address({**chosen, "pagina": pagina, **changed})

    return shell.page(
        "placements.html",
        tab=tab,
        tabs=TABS,
        counts=counts,
        lines=lines,
        sought=sought,
        tags=_tags(sought, address),
        address=address,
        nothing=NOTHING[tab],
        page=pagina,
        pages=-(-counts[tab] // PAGE_SIZE),
        lasting=lambda one: sentences.lasting(one, today()),
        called=sentences.placed_one,
        SAID=sentences.CHECKED_IN,
    )


def _tags(sought: Sought, address: Callable[..., str]) -> list[tuple[str, str]]:
    tags = []
    if sought.words:
        tags.append((f"“{sought.words}”", address(q="", pagina=1)))
    if sought.recruiter is not None:
        tags.append(("van mij", address(mijn=False, pagina=1)))
    if sought.wants_to_talk:
        tags.append(("wil praten", address(praten=False, pagina=1)))
    return tags


def _address(chosen: dict[str, object]) -> str:
    defaults = {"tab": Tab.RUNNING, "pagina": 1}
    said = {
        name: "1" if value is True else str(value)
        for name, value in chosen.items()
        if value and value != defaults.get(name)
    }
    return f"/plaatsingen?{urlencode(said)}" if said else "/plaatsingen"


@router.get("/plaatsingen/{placement_id}")
async def show(
    placement_id: UUID,
    who: Staff,
    pool: Database,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> HTMLResponse:
    """Show a placement: what was agreed, who to call, and how it goes."""
    async with pool.acquire() as connection:
        one = await placed.get(connection, placement_id)
        if one is None:
            return unknown(shell)
        said = await checkins.of_placement(connection, placement_id)
        written = (
            [] if one.profile_id is None else await notes.about(connection, one.profile_id, one.assignment_id)
        )
        await act.record(connection, one.profile_id, people=people(one))
    return shell.page(
        "placement.html",
        about=one.assignment_id,
        one=one,
        called=sentences.placed_one(one),
        lasting=sentences.lasting(one, today()),
        ends_soon=one.ends_soon(today()),
        may_change=who.may_change,
        said=said,
        SAID=sentences.CHECKED_IN,
        notes=written,
    )


def people(one: Placed) -> list[UUID]:
    """Return whose placement it is, of who is not erased."""
    return [] if one.profile_id is None else [one.profile_id]


def unknown(shell: PageShell) -> HTMLResponse:
    """Say that a placement is not known (yet)."""
    return shell.page("not_found.html", status=404, what="Deze plaatsing")
