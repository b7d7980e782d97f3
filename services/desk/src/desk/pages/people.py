"""`/mensen`: everybody, searched and filtered."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlencode

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import Level, Specialism
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from words import nl

from desk.domain.finding import PAGE_SIZE, Around, Wanted
from desk.owners import assignments
from desk.owners.api import Unreachable
from desk.pages.sent import Text
from desk.pages.shell import AskOwners, Shell
from desk.sign_in.session import SignedIn, Staff
from desk.store import finding

router = APIRouter(include_in_schema=False)


@router.get("/mensen")
async def show(
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.LIST, "people")],
    q: Annotated[Text, Query(max_length=200)] = "",
    niveau: Annotated[str, Query(max_length=50)] = "",
    vak: Annotated[list[str] | None, Query(max_length=30)] = None,
    vrij: Annotated[str, Query(max_length=10)] = "",
    plaats: Annotated[Text, Query(max_length=100)] = "",
    km: Annotated[str, Query(max_length=5)] = "",
    stil: bool = False,
    oud: bool = False,
    pagina: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show a page of the people who are looked for."""
    chosen: dict[str, object] = {
        "q": q.strip(),
        "niveau": niveau if niveau in set(Level) else "",
        "vak": [one for one in vak or () if one in set(Specialism)],
        "vrij": vrij if _day(vrij) else "",
        "plaats": plaats.strip(),
        "km": km if km.isdecimal() and km.isascii() else "30",
        "stil": stil,
        "oud": oud,
    }
    around, trouble = await _around(owners, who, str(chosen["plaats"]), int(str(chosen["km"])))
    wanted = Wanted(
        words=q,
        level=str(chosen["niveau"]) or None,
        specialisms=[one for one in vak or () if one in set(Specialism)],
        free_on=_day(vrij),
        around=around,
        without_match=stil,
        old_profile=oud,
    )
    async with pool.acquire() as connection:
        lines, total = await finding.found(connection, wanted, pagina, datetime.now(UTC))
        await act.record(connection, people=[line.profile_id for line in lines])

    def address(**changed: object) -> str:
        return _address({**chosen, "pagina": pagina, **changed})

    return shell.page(
        "people.html",
        lines=lines,
        total=total,
        chosen=chosen,
        levels=list(Level),
        specialisms=list(Specialism),
        tags=_tags(chosen, address),
        trouble=trouble,
        address=address,
        page=pagina,
        pages=-(-total // PAGE_SIZE),
        may_change=who.may_change,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def _around(
    owners: AskOwners, who: SignedIn, place: str, kilometres: int
) -> tuple[Around | None, str | None]:
    """Return the circle that is looked in, or why there is none."""
    if not place:
        return None, None
    try:
        found = await assignments.place(owners, who.token, place)
    except Unreachable:
        return None, "Plaatsen zijn even niet op te zoeken. Je ziet nu mensen uit het hele land."
    if found is None:
        return None, "Deze plaats kennen we niet. Je ziet nu mensen uit het hele land."
    return Around(found["latitude"], found["longitude"], kilometres), None


def _tags(chosen: dict[str, object], address: Callable[..., str]) -> list[tuple[str, str]]:
    tags = []
    if chosen["q"]:
        tags.append((f"“{chosen['q']}”", address(q="", pagina=1)))
    if chosen["niveau"]:
        tags.append((nl.level(str(chosen["niveau"])), address(niveau="", pagina=1)))
    crafts = chosen["vak"] if isinstance(chosen["vak"], list) else []
    tags += [(nl.term(one), address(vak=[o for o in crafts if o != one], pagina=1)) for one in crafts]
    if chosen["vrij"]:
        tags.append((f"vrij op {nl.day(str(chosen['vrij']))}", address(vrij="", pagina=1)))
    if chosen["plaats"]:
        tags.append((f"{chosen['km']} km rond {chosen['plaats']}", address(plaats="", pagina=1)))
    if chosen["stil"]:
        tags.append(("geen match in 30 dagen", address(stil=False, pagina=1)))
    if chosen["oud"]:
        tags.append(("profiel ouder dan 6 maanden", address(oud=False, pagina=1)))
    return tags


def _address(chosen: dict[str, object]) -> str:
    said = {
        name: "1" if value is True else value
        for name, value in chosen.items()
        if value and (name, value) != ("pagina", 1) and (name != "km" or chosen["plaats"])
    }
    return f"/mensen?{urlencode(said, doseq=True)}" if said else "/mensen"
