"""`/selectie`: who is proposed how often, by group."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

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
        values=VALUES,
        unreachable=unreachable,
        fewest=FEWEST,
        low=LOW,
    )
