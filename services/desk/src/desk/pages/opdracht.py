"""`/opdrachten/{id}`: one opdracht, a tab for each thing that is done with it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from chassis.audit import Action
from chassis.database import Connection
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from words.nl import AMSTERDAM

from desk.domain import record
from desk.domain.course import course
from desk.domain.people import TO_WORK_ON, Candidate, Group, grouped
from desk.domain.placements import Placed
from desk.owners import matching
from desk.owners.api import Unreachable
from desk.owners.matching import NearMiss
from desk.pages import facts as fact_groups
from desk.pages import sentences
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import SignedIn, Staff
from desk.store import opdracht, placed
from desk.store import person as persons
from desk.store.opdracht import Opdracht

TABS = {
    "mensen": "Mensen",
    "bijna": "Bijna passend",
    "bereik": "Bereik",
    "gegevens": "Gegevens",
    "verloop": "Verloop",
    "verantwoording": "Verantwoording",
}
GROUPS = {
    Group.INTERESTED: "Heeft interesse",
    Group.INVITED: "Op gesprek",
    Group.NOMINATED: "Voorgedragen bij de opdrachtgever",
    Group.PLACED: "Geplaatst",
    Group.MAILED: "Past en gemaild",
    Group.NOT_MAILED: "Past, niet gemaild",
    Group.DECLINED: "Wil deze opdracht niet",
    Group.FELL_OFF: "Past niet meer",
    Group.REJECTED: "Afgewezen",
}
COMPUTED = frozenset({"bijna", "bereik", "verantwoording"})
MOST_NEAR = 60  # the best; how many there are, the reach tells
MOST_HELPS = 8

router = APIRouter(include_in_schema=False)


@router.get("/opdrachten/{assignment_id}")
async def show(
    assignment_id: UUID,
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.LIST, "people")],
    tab: Annotated[str, Query(pattern=f"^({'|'.join(TABS)})$")] = "mensen",
) -> HTMLResponse:
    """Show an opdracht, by one of its tabs."""
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        found = await opdracht.get(connection, assignment_id)
        if found is None:
            return unknown(shell)
        candidates = await opdracht.candidates(connection, assignment_id)
        part = await _TAB[tab](connection, found, candidates)
    shown = {one.profile_id for one in candidates} | set(part.pop("known", ()))
    if tab in COMPUTED:
        part |= await _computed(owners, who, pool, found, tab)
        shown |= set(part["known"])
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=shown)
    return shell.page(
        f"opdracht_{tab}.html",
        about=assignment_id,
        opdracht=found,
        facts=found.facts,
        selecting=found.selecting(now),
        tab=tab,
        tabs=TABS,
        who_may_change=who.may_change,
        candidates=candidates,
        how=sentences.how,
        said=sentences.said,
        offers=sentences.offers,
        to_work_on=sum(one.group in TO_WORK_ON for one in candidates),
        **part,
    )


def unknown(shell: PageShell) -> HTMLResponse:
    """Say that an opdracht is not known (yet)."""
    return shell.page("not_found.html", status=404, what="Deze opdracht")


async def _people(connection: Connection, found: Opdracht, candidates: Sequence[Candidate]) -> dict[str, Any]:
    working = await placed.of_assignment(connection, found.assignment_id)
    groups = {group: ones for group, ones in grouped(candidates).items() if group is not Group.PLACED}
    today = datetime.now(AMSTERDAM).date()
    return {
        "groups": groups,
        "headings": GROUPS,
        "placed": [one for one in working if one.counts],
        "placed_one": sentences.placed_one,
        "terms": sentences.terms,
        "lasting": lambda one: sentences.lasting(one, today),
        "known": _known(working),
    }


def _known(working: Sequence[Placed]) -> list[UUID]:
    return [one.profile_id for one in working if one.profile_id is not None]


async def _facts(connection: Connection, found: Opdracht, _candidates: Sequence[Candidate]) -> dict[str, Any]:
    no_interest = await opdracht.lacks_interest(connection, found.assignment_id)
    return {"no_interest": no_interest, "fact_groups": fact_groups.groups(found.facts)}


async def _course(connection: Connection, found: Opdracht, candidates: Sequence[Candidate]) -> dict[str, Any]:
    versions = [(one.at, one.facts) for one in await opdracht.versions(connection, found.assignment_id)]
    closed = None
    if found.closed_at is not None and found.closed_reason is not None:
        closed = (found.closed_at, found.closed_reason)
    mails = await opdracht.mails(connection, found.assignment_id)
    working = await placed.of_assignment(connection, found.assignment_id)
    return {"steps": course(versions, closed, candidates, mails, working), "known": _known(working)}


async def _record(connection: Connection, found: Opdracht, candidates: Sequence[Candidate]) -> dict[str, Any]:
    versions = await opdracht.versions(connection, found.assignment_id)
    working = await placed.of_assignment(connection, found.assignment_id)
    return {
        "placed": working,
        "placed_one": sentences.placed_one,
        "terms": sentences.terms,
        "ended": sentences.ended,
        "known": _known(working),
        "record": record.record(found.facts, candidates),
        "changes": [
            step for step in course([(one.at, one.facts) for one in versions], None, []) if step.change
        ],
        "told_of": sentences.changes,
        "asked": fact_groups.asked(found.facts),
        "fact_groups": fact_groups.groups(found.facts),
        "REASONS": sentences.REASONS,
        "made_at": datetime.now(UTC),
    }


async def _nothing(
    _connection: Connection, _found: Opdracht, _candidates: Sequence[Candidate]
) -> dict[str, Any]:
    return {}


_TAB = {
    "mensen": _people,
    "bijna": _nothing,
    "bereik": _nothing,
    "gegevens": _facts,
    "verloop": _course,
    "verantwoording": _record,
}


async def _computed(
    owners: AskOwners, who: SignedIn, pool: Database, found: Opdracht, tab: str
) -> dict[str, Any]:
    """Return what matching computes for a tab; `unreachable` where it does not answer."""
    empty: dict[str, Any] = {"near": [], "only": {}, "known": {}, "reach": None, "unreachable": True}
    asked = (
        matching.reach(owners, who.token, found.assignment_id, relaxations=tab == "bereik"),
        matching.near(owners, who.token, found.assignment_id, MOST_NEAR) if tab == "bijna" else _nobody(),
    )
    try:
        reach, near = await asyncio.gather(*asked)
    except Unreachable:
        return empty
    async with pool.acquire() as connection:
        known = await persons.of(connection, [one.profile_id for one in near])
    return {
        "near": by_rule(near),
        "only": {one.rule: one.only for one in reach.rules},
        "known": known,
        "reach": reach,
        "helps": sorted((one for one in reach.relaxations if one.adds), key=lambda one: -one.adds)[
            :MOST_HELPS
        ],
        "unreachable": False,
        "apply": lambda one: f"/opdrachten/{found.assignment_id}/wijzigen?{_change(one.change)}",
    }


async def _nobody() -> list[NearMiss]:
    return []


def by_rule(near: Sequence[NearMiss]) -> list[tuple[str | None, list[NearMiss]]]:
    """Return who almost fits by the rule that they miss (None: the score alone is too low), the rule that
    most miss first."""
    groups: dict[str | None, list[NearMiss]] = {}
    for one in near:
        groups.setdefault(one.missing[0].rule if one.missing else None, []).append(one)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _change(change: Mapping[str, Any]) -> str:
    return urlencode({"met": json.dumps(change, separators=(",", ":"))})
