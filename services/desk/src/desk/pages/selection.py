"""`/selectie`: who is proposed how often, by group."""

from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from words import nl

from desk.owners import matching
from desk.owners.api import Unreachable
from desk.pages.shell import AskOwners, Shell
from desk.sign_in.session import Staff

FEWEST = 5  # a group of fewer people would tell of persons
LOW = 0.8  # of the highest rate: the rule of four fifths
GROUPS = {
    "level": "Niveau",
    "growth": "Wil een stap omhoog",
    "contract_form": "Contractvorm",
    "province": "Provincie",
}
VALUES = {"wants a step up": "wil een stap omhoog (voorgesteld voor een hoger niveau)"}

router = APIRouter(include_in_schema=False)


@router.get("/selectie")
async def show(who: Staff, owners: AskOwners, shell: Shell) -> HTMLResponse:
    """Show the rates, as tables."""
    rates: list[dict[str, Any]] = []
    unreachable = False
    try:
        rates = await matching.selection(owners, who.token)
    except Unreachable:
        unreachable = True
    return shell.page(
        "selection.html",
        groups=[(kind, list(ones)) for kind, ones in groupby(rates, lambda one: one["group"])],
        names=GROUPS,
        called=called,
        place=place,
        unreachable=unreachable,
        fewest=FEWEST,
        low=LOW,
    )


def called(kind: str, value: str) -> str:
    """Name a group."""
    if kind == "level":
        return nl.level(value)
    return VALUES.get(value) or (value if kind == "province" else nl.term(value))


def place(kind: str, value: str) -> str:
    """Return where one reads what holds a group back."""
    return f"/selectie/tegen?{urlencode({'soort': kind, 'groep': value})}"


@router.get("/selectie/tegen")
async def held_back(
    who: Staff,
    owners: AskOwners,
    shell: Shell,
    soort: Annotated[str, Query(max_length=50)] = "",
    groep: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Show what holds a group back."""
    found = await matching.held_back(owners, who.token, soort, groep)
    if found is None:
        return shell.page("not_found.html", status=404, what="Deze groep")
    return shell.page(
        "held_back.html",
        found=found,
        fewest=FEWEST,
        kind=GROUPS.get(soort, soort),
        name=called(soort, groep),
        people=f"/mensen?{urlencode({'niveau': groep, 'stil': 1})}" if soort == "level" else None,
    )
