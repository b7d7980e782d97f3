"""`/opdrachten`: every opdracht, a tab for each stand, searched, filtered and sorted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlencode

from chassis.http.resources import Database
from contracts.vocabulary import Level, Urgency
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from words import nl

from desk.domain.overview import PAGE_SIZE, Filter, Order, Standing, Tab
from desk.owners import drafts
from desk.owners.api import Unreachable
from desk.pages.sent import Text
from desk.pages.sentences import BESIDE
from desk.pages.shell import AskOwners, Shell
from desk.sign_in.session import Staff
from desk.store import overview

TABS = {
    Tab.CONCEPT: "Concept",
    Tab.OPEN: "Open",
    Tab.SELECTING: "In selectie",
    Tab.CLOSED: "Gesloten",
}
ORDERS = {
    Order.CLOSES: "Wat het eerst sluit",
    Order.OPENED: "Nieuwste eerst",
    Order.TITLE: "Titel",
    Order.INTEREST: "Meeste interesse",
}
PATIENCE_SECONDS = 2.0
NOTHING = {
    Tab.CONCEPT: "Er zijn geen concepten. Een kopie van een opdracht begint ook als concept.",
    Tab.OPEN: "Er is geen open opdracht die hierbij past.",
    Tab.SELECTING: "Er is geen opdracht in selectie die hierbij past.",
    Tab.CLOSED: "Er is geen gesloten opdracht die hierbij past.",
}

T = TypeVar("T")

router = APIRouter(include_in_schema=False)


@router.get("/opdrachten")
async def show(
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    tab: Tab = Tab.OPEN,
    q: Annotated[Text, Query(max_length=200)] = "",
    level: Level | Literal[""] = "",  # as the form sends "every level"
    sort: Order = Order.CLOSES,
    mijn: bool = False,
    spoed: bool = False,
    pagina: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show a page of the list."""
    now = datetime.now(UTC)
    mine = (who.caller.email or "").lower() if mijn else None
    found = Filter(words=q.strip(), recruiter=mine, level=level or None, urgent=spoed)
    async with pool.acquire() as connection:
        counts: dict[Tab, int | None] = dict(await overview.counts(connection, found, now))
        is_concept = tab is Tab.CONCEPT
        lines = [] if is_concept else await overview.lines(connection, tab, found, sort, pagina, now)
    concepts: list[drafts.Draft] | None = []
    if is_concept or found != Filter():
        listed = await _in_time(drafts.listed(owners, who.token))
        concepts = None if listed is None else [draft for draft in listed if _is_found(draft, found)]
    if concepts is None or found != Filter():  # the service does not know what is looked for
        counts[Tab.CONCEPT] = None if concepts is None else len(concepts)
    else:
        counts[Tab.CONCEPT] = await _in_time(drafts.count(owners, who.token))
    chosen = {"tab": tab, "q": found.words, "level": level, "sort": sort, "mijn": mijn, "spoed": spoed}

    def address(**changed: object) -> str:
        return _address({**chosen, "pagina": pagina, **changed})

    return shell.page(
        "overview.html",
        tab=tab,
        tabs=TABS,
        counts=counts,
        lines=lines,
        drafts=concepts if is_concept else [],
        unreachable=is_concept and concepts is None,
        may_change=who.may_change,
        now=now,
        found=found,
        levels=list(Level),
        order=sort,
        orders=ORDERS,
        tags=_tags(found, address),
        address=address,
        standing=standing,
        nothing=NOTHING[tab],
        page=pagina,
        pages=0 if is_concept else -(-(counts[tab] or 0) // PAGE_SIZE),  # concepts are on one page
    )


async def _in_time(asking: Awaitable[T]) -> T | None:
    """Return what is told of concepts, None where it cannot be had in time: the list does not wait for it."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asking
    except (Unreachable, TimeoutError):
        return None


def _is_found(draft: drafts.Draft, found: Filter) -> bool:
    """Tell whether a concept is looked for, as the list tells of the others."""
    text = f"{draft.title or ''} {draft.organisation or ''}".lower()
    return (
        all(word in text for word in found.words.lower().split())
        and found.recruiter in (None, draft.recruiter)
        and found.level in (None, draft.fields.get("level"))
        and (not found.urgent or draft.fields.get("urgency") == Urgency.SPOED)
    )


def _tags(found: Filter, address: Callable[..., str]) -> list[tuple[str, str]]:
    tags = []
    if found.words:
        tags.append((f"“{found.words}”", address(q="", pagina=1)))
    if found.level:
        tags.append((nl.level(found.level), address(level=None, pagina=1)))
    if found.recruiter is not None:
        tags.append(("van mij", address(mijn=False, pagina=1)))
    if found.urgent:
        tags.append(("spoed", address(spoed=False, pagina=1)))
    return tags


def _address(chosen: dict[str, object]) -> str:
    defaults = {"tab": Tab.OPEN, "sort": Order.CLOSES, "pagina": 1}
    said = {
        name: "1" if value is True else str(value)
        for name, value in chosen.items()
        if value and value != defaults.get(name)
    }
    return f"/opdrachten?{urlencode(said)}" if said else "/opdrachten"


def standing(one: Standing) -> str:
    """Say how an opdracht stands: "12 passen · 6 gemaild · 2 interesse · 1 voorgedragen"."""
    parts = [f"{one.fitting} {'past' if one.fitting == 1 else 'passen'}"]
    if one.fitting:
        parts.append(f"{one.mailed} gemaild")
    if one.interested:
        parts.append(f"{one.interested} interesse")
    if one.chosen:
        parts.append(f"{one.chosen} voorgedragen")
    if one.placed:
        parts.append(f"{one.placed} geplaatst")
    return BESIDE.join(parts)
