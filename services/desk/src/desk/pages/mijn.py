"""`/mijn`: what fits a professional, how their answers stand, and what nearly fits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.database import Connection
from chassis.http.audited import Recording, audited
from chassis.http.problems import not_found
from chassis.http.resources import Database
from contracts.events import RuleBroken
from contracts.facts import ProfileFacts
from contracts.vocabulary import Rule
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from words import nl, rules

from desk.domain.own import Choice, Until, choices, waits
from desk.domain.people import TO_WORK_ON, Candidate
from desk.owners import own
from desk.owners.api import Owners, Unreachable
from desk.pages import levers
from desk.pages.own_sentences import DECLINE_REASONS, stands
from desk.pages.sent import Text
from desk.pages.shell import AskOwners, OwnShell, PageShell
from desk.sign_in.session import Professional, SignedIn
from desk.store import opdracht, person, placed
from desk.store.opdracht import Opdracht

MOST = 100
SAID = {
    "interested": "Bedankt, je antwoord is binnen. De recruiter ziet dat je interesse hebt.",
    "declined": "Bedankt, je antwoord is binnen. Je krijgt over deze opdracht geen mail meer.",
    "later": "Goed, je krijgt deze opdracht nog een keer in een mail.",
}
CHOOSE = "Kies een antwoord."
TOO_LATE = "Zo reageren kan niet meer. Hieronder zie je hoe het nu staat."
AWAY = "Je antwoord is nog niet binnen. Wat je invulde, staat er nog: probeer het zo nog eens."

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Pair:
    """An opdracht, and how its professional stands for it."""

    found: Opdracht
    one: Candidate
    says: str
    choices: frozenset[Choice]


def own_id(who: SignedIn) -> UUID:
    """Return the id of the profile of who is signed in; raises Problem 404 where their token names none."""
    try:
        return UUID(who.caller.subject)
    except ValueError:
        raise not_found("profile") from None


@router.get("/mijn")
async def show(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.READ, "matches")],
) -> HTMLResponse:
    """Show what fits, what was answered, the work that runs, and what nearly fits."""
    profile_id, now = own_id(who), datetime.now(UTC)
    today = now.astimezone(nl.AMSTERDAM).date()
    async with pool.acquire() as connection:
        me = await person.get(connection, profile_id)
        pairs = await _pairs(connection, profile_id, now)
        placements = await placed.of_person(connection, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    working = {one.assignment_id for one in placements if one.lasts(today)}
    running, works = await _running(owners, who, profile_id, pool, today)
    at_work = {one["assignment_id"] for one in running or ()}
    waiting = [one for one in pairs if waits(one.one, _until(one.found), now)]
    shown = [one for one in pairs if one.one.placed and one.found.assignment_id in at_work]
    others = [one for one in pairs if one not in waiting and one not in shown]
    under_way = [one for one in others if _goes_on(one, working)]
    missed, near = await _near(owners, who, profile_id, pool)
    facts = me.facts if me is not None and near is not None else None
    best = await best_levers(owners, who, facts) if facts is not None and not waiting else None
    return shell.page(
        "own_home.html",
        me=me,
        waiting=waiting,
        under_way=under_way,
        over=[one for one in others if one not in under_way],
        near=near,
        missed=missed,
        levers=best,
        running=running,
        works=works,
        proposed={one.found.assignment_id for one in pairs},
    )


def _goes_on(pair: Pair, working: Collection[UUID]) -> bool:
    """Tell whether there is more to come of an opdracht. `working`: what they are placed for."""
    is_open = pair.found.open and pair.one.group in TO_WORK_ON
    return is_open or pair.found.assignment_id in working


def _until(found: Opdracht) -> Until:
    return Until(found.open, found.facts.respond_by)


async def _pairs(connection: Connection, profile_id: UUID, now: datetime) -> list[Pair]:
    standing = await opdracht.candidacies(connection, profile_id, MOST)
    known = await opdracht.several(connection, standing)
    return [
        _pair(known[assignment_id], one, now)
        for assignment_id, one in standing.items()
        if assignment_id in known
    ]


def _pair(found: Opdracht, one: Candidate, now: datetime) -> Pair:
    return Pair(found, one, stands(found, one, now), choices(one, _until(found), now))


Near = Sequence[tuple[Opdracht, Sequence[str]]]


async def _near(owners: Owners, who: SignedIn, profile_id: UUID, pool: Database) -> tuple[bool, Near | None]:
    """Return what nearly fits, with what it misses; None where that cannot be told now."""
    try:
        told = await own.near(owners, who.token, profile_id)
    except Unreachable:
        return True, None
    async with pool.acquire() as connection:
        known = await opdracht.several(connection, [UUID(one["assignment_id"]) for one in told])
    return False, [
        (known[UUID(one["assignment_id"])], _misses(one))
        for one in told
        if UUID(one["assignment_id"]) in known
    ]


def _misses(one: Mapping[str, Any]) -> list[str]:
    broken = [RuleBroken(rule=Rule(each["rule"]), facts=each["facts"]) for each in one["missing"]]
    return rules.broken(broken, one["score_if"], to_you=True)


async def best_levers(owners: Owners, who: SignedIn, facts: ProfileFacts) -> Sequence[levers.Lever] | None:
    """Return what changes of one's own facts would bring most; None where that cannot be told now."""
    try:
        return levers.best(await own.levers(owners, who.token, own_id(who)), facts)
    except Unreachable:
        return None


async def _running(
    owners: Owners, who: SignedIn, profile_id: UUID, pool: Database, today: date
) -> tuple[Sequence[Mapping[str, Any]] | None, Mapping[UUID, Opdracht]]:
    try:
        told = await own.running(owners, who.token, profile_id, today.isoformat())
    except Unreachable:
        return None, {}
    async with pool.acquire() as connection:
        known = await opdracht.several(connection, [UUID(one["assignment_id"]) for one in told])
    shown = [{**one, "assignment_id": UUID(one["assignment_id"])} for one in told]
    return shown, known


@router.get("/mijn/opdrachten/{assignment_id}")
async def look(
    assignment_id: UUID,
    who: Professional,
    pool: Database,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.READ, "match")],
    meld: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Show an opdracht that a professional was proposed for: why it fits, how it stands, and the buttons."""
    profile_id = own_id(who)
    found = await _of(pool, assignment_id, profile_id)
    if found is None:
        return unknown(shell)
    async with pool.acquire() as connection:
        await act.record(connection, found.one.match_id, people=[profile_id])
    typed = shell.typed(f"/mijn/opdrachten/{assignment_id}/antwoord") or {}
    return _page(shell, found, message=SAID.get(meld), reason="".join(typed.get("toelichting", ())))


def unknown(shell: PageShell) -> HTMLResponse:
    """Say that an opdracht is not one that they were proposed for."""
    return shell.page("not_found.html", status=404, what="Deze opdracht")


async def _of(pool: Database, assignment_id: UUID, profile_id: UUID) -> Pair | None:
    async with pool.acquire() as connection:
        found = await opdracht.get(connection, assignment_id)
        candidates = await opdracht.candidates(connection, assignment_id, [profile_id])
    if found is None or not candidates:
        return None
    return _pair(found, candidates[0], datetime.now(UTC))


@router.post("/mijn/opdrachten/{assignment_id}/antwoord")
async def answer(
    assignment_id: UUID,
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    antwoord: Annotated[Text, Form(max_length=20)] = "",
    waarom: Annotated[Text, Form(max_length=100)] = "",
    toelichting: Annotated[Text, Form(max_length=2000)] = "",
) -> Response:
    """Answer an opdracht, by the rules of the page in the mail."""
    found = await _of(pool, assignment_id, own_id(who))
    if found is None:
        return unknown(shell)
    if antwoord not in set(Choice):
        return _page(shell, found, trouble=CHOOSE, reason=toelichting, status=422)
    said = " ".join(part.strip() for part in (waarom, toelichting)).strip()
    reason = said if antwoord == Choice.DECLINED and said else None
    try:
        given = await own.answer(owners, who.token, found.one.match_id, antwoord, reason)
    except Unreachable:
        return _page(shell, found, trouble=AWAY, reason=toelichting, status=503)
    if not given.ok:
        return _page(shell, found, trouble=TOO_LATE, reason=toelichting, status=409)
    return RedirectResponse(f"/mijn/opdrachten/{assignment_id}?meld={antwoord}", 303)


def _page(
    shell: PageShell,
    found: Pair,
    *,
    message: str | None = None,
    trouble: str | None = None,
    reason: str = "",
    status: int = 200,
) -> HTMLResponse:
    return shell.page(
        "own_opdracht.html",
        status=status,
        pair=found,
        facts=found.found.facts,
        message=message,
        trouble=trouble,
        reason=reason,
        reasons=DECLINE_REASONS,
        Choice=Choice,
    )
