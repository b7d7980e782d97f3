"""`/`: what needs a recruiter now, the most urgent first."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Literal
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import Rule
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from words import nl
from words.nl import AMSTERDAM

from desk.domain.today import OLD_DRAFT, Need, Task, in_order
from desk.owners import drafts, matching
from desk.owners.api import Unreachable
from desk.pages.sent import Text
from desk.pages.shell import AskOwners, Shell
from desk.sign_in.session import Recruiter, Staff
from desk.store import today

HEADINGS = {
    Need.INTEREST: "Wacht op je besluit",
    Need.TALK: "Wil praten",
    Need.CLOSING: "Sluit binnenkort, zonder interesse",
    Need.NOBODY: "Niemand past",
    Need.NOT_TOLD: "Past, maar kreeg geen mail",
    Need.ADDRESS: "Mailadres klopt niet",
    Need.RETURNED: "Mail kwam terug",
    Need.SELECTING: "Lang in selectie",
    Need.SILENT: "Stil na een voordracht",
    Need.DRAFT: "Concept dat blijft liggen",
    Need.ENDING: "Plaatsing loopt af",
}
FEW, MANY = 25, 100  # lines of a need beside the others, and alone
MOST_COUNTED = 5  # opdrachten of which matching is asked, for each page
PATIENCE_SECONDS = 2.0
NEVER_NEAR = frozenset({Rule.ACTIVE, Rule.UNANSWERED})  # whoever misses one of these is not asked
Whose = Literal["mij", "iedereen"]

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show(
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.LIST, "people")],
    wie: Whose = "mij",
    soort: Need | None = None,
) -> HTMLResponse:
    """Show today's list, of the caller's own opdrachten or of everybody's: the first of each need, or with
    `soort` more of one."""
    now = datetime.now(UTC)
    needs, most = ([soort], MANY) if soort else (list(Need), FEW)
    async with pool.acquire() as connection:
        hidden = await today.hidden(connection, who.caller.subject, now.astimezone(AMSTERDAM).date())

    async def tasks(recruiter: str | None) -> list[Task]:
        limit, is_shown = most + len(hidden) + 1, (recruiter is None) is (wie == "iedereen")
        async with pool.acquire() as connection:
            return await today.tasks(connection, recruiter, now, needs, limit, urgent_first=is_shown)

    def waiting(recruiter: str | None, found: list[Task]) -> Waiting:
        old = [task for whose, task in concepts or [] if recruiter in {None, whose}]
        return _waiting([task for task in in_order(found + old) if task.key not in hidden], most)

    own = (who.caller.email or "").lower()
    asking = _concepts(owners, who.token, now, needs)
    concepts, of_own, of_all = await asyncio.gather(asking, tasks(own), tasks(None))
    lists: dict[Whose, Waiting] = {"mij": waiting(own, of_own), "iedereen": waiting(None, of_all)}
    chosen = lists[wie]
    shown = await _with_near_misses(owners, who.token, chosen.tasks)
    async with pool.acquire() as connection:
        await act.record(connection, people=[one.profile_id for one in shown if one.profile_id is not None])
    return shell.page(
        "today.html",
        whose=wie,
        counts={whose: str(one) for whose, one in lists.items()},
        only=soort,
        groups=[(need, list(ones)) for need, ones in groupby(shown, attrgetter("need"))],
        more=chosen.more,
        headings=HEADINGS,
        sentence=lambda task: sentence(task, now),
        place=place,
        unreachable=concepts is None,
    )


@dataclass(frozen=True)
class Waiting:
    """The first lines of each need, in order. `more`: the needs of which there are more."""

    tasks: list[Task]
    more: frozenset[Need]

    def __str__(self) -> str:
        return f"{len(self.tasks)}{'+' if self.more else ''}"


def _waiting(tasks: list[Task], most: int) -> Waiting:
    groups = [(need, list(ones)) for need, ones in groupby(tasks, attrgetter("need"))]
    more = frozenset(need for need, ones in groups if len(ones) > most)
    return Waiting([task for _, ones in groups for task in ones[:most]], more)


async def _concepts(
    owners: AskOwners, token: str, now: datetime, needs: Collection[Need]
) -> list[tuple[str | None, Task]] | None:
    """Return the old drafts, each with its recruiter's address; none where they are not needed, None where
    they cannot be reached."""
    if Need.DRAFT not in needs:
        return []
    try:
        return [
            (draft.recruiter, _of_draft(draft))
            for draft in await drafts.listed(owners, token)
            if draft.changed_at < now - OLD_DRAFT
        ]
    except Unreachable:
        return None


async def _with_near_misses(owners: AskOwners, token: str, tasks: list[Task]) -> list[Task]:
    """Say of the first opdrachten that nobody fits how many people miss one requirement alone."""
    asked = [task.assignment_id for task in tasks if task.need is Need.NOBODY and task.assignment_id]
    asked = asked[:MOST_COUNTED]

    async def count(assignment_id: UUID) -> int:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reach = await matching.reach(owners, token, assignment_id, relaxations=False)
        except (Unreachable, TimeoutError):
            return 0
        return sum(rule.only for rule in reach.rules if rule.rule not in NEVER_NEAR)

    counts = dict(zip(asked, await asyncio.gather(*map(count, asked)), strict=True))
    return [
        replace(task, count=counts.get(task.assignment_id, 0))
        if task.need is Need.NOBODY and task.assignment_id
        else task
        for task in tasks
    ]


def _of_draft(draft: drafts.Draft) -> Task:
    return Task(
        need=Need.DRAFT,
        assignment_id=draft.assignment_id,
        title=draft.title or "Zonder titel",
        organisation=draft.organisation or "nog geen opdrachtgever",
        since=draft.changed_at,
        count=draft.missing,
    )


@router.post("/later")
async def put_off(
    who: Recruiter,
    pool: Database,
    act: Annotated[Recording, audited(Action.CHANGE, "list of today")],
    line: Annotated[Text, Form(max_length=200)],
    wie: Annotated[Whose, Form()],
    soort: Annotated[Need | None, Form()] = None,
) -> RedirectResponse:
    """Hide a line until tomorrow."""
    tomorrow = datetime.now(AMSTERDAM).date() + timedelta(days=1)
    async with pool.acquire() as connection, connection.transaction():
        await today.put_off(connection, who.caller.subject, line, tomorrow)
        await act.record(connection, fields=["until"])
    return RedirectResponse(f"/?wie={wie}&soort={soort}" if soort else f"/?wie={wie}", 303)


def sentence(task: Task, now: datetime) -> str:
    """Say what a line asks for."""
    name = task.name or "Iemand"
    match task.need:
        case Need.INTEREST:
            return f"{name} heeft interesse, sinds {nl.short_moment(task.since)}"
        case Need.TALK:
            return f"{name} wil praten over het werk, sinds {nl.short_moment(task.since)}: bel even"
        case Need.CLOSING:
            fitting = f"{_people(task.count)} past" if task.count == 1 else f"{_people(task.count)} passen"
            left = nl.time_left(task.since, now)
            return f"Sluit {left} ({nl.moment(task.since)}) en niemand heeft interesse; {fitting}"
        case Need.NOBODY:
            return f"{_near_misses(task.count)}; sluit {nl.time_left(task.since, now)}"
        case Need.NOT_TOLD:
            if task.count == 1:
                return "1 persoon past en kreeg geen mail: bel liever"
            return f"{task.count} mensen passen en kregen geen mail: bel liever"
        case Need.ADDRESS:
            return f"Het mailadres van {name} klopt niet: bel even"
        case Need.RETURNED:
            return f"De mail aan {name} kwam niet aan"
        case Need.SELECTING:
            return f"In selectie sinds {nl.moment(task.since)}"
        case Need.SILENT:
            return f"{name} is voorgedragen op {nl.day_of(task.since)}; daarna werd het stil"
        case Need.DRAFT:
            left = (
                "is klaar om te publiceren"
                if not task.count
                else f"mist nog {task.count} {'veld' if task.count == 1 else 'velden'}"
            )
            return f"Concept van {nl.day_of(task.since)} {left}"
        case Need.ENDING:
            return _ending(task, now.astimezone(AMSTERDAM).date())


def _ending(task: Task, today: date) -> str:
    name, day = task.name or "Iemand", nl.day(task.ends_on) if task.ends_on else ""
    if task.ends_on is not None and task.ends_on < today:
        return f"De laatste dag van {name} was {day}: rond de plaatsing af"
    return f"{name} is {day} klaar: vraag wat daarna komt"


def _near_misses(count: int) -> str:
    if not count:
        return "Er past nu niemand"
    return f"Er past nu niemand, maar {_people(count)} {'mist' if count == 1 else 'missen'} maar één eis"


def _people(count: int) -> str:
    return f"{count} {'persoon' if count == 1 else 'mensen'}"


def place(task: Task) -> str:
    """Return where a line is solved."""
    address = f"/opdrachten/{task.assignment_id}"
    match task.need:
        case Need.INTEREST | Need.SILENT:
            return f"{address}/mensen/{task.profile_id}"
        case Need.NOBODY:
            return f"{address}?tab=bijna"
        case Need.ADDRESS | Need.RETURNED:
            return f"/mensen/{task.profile_id}"
        case Need.DRAFT:
            return f"{address}/wijzigen"
        case Need.ENDING | Need.TALK:
            return f"/plaatsingen/{task.placement_id}"
        case Need.CLOSING | Need.NOT_TOLD | Need.SELECTING:
            return address
