"""`/opdrachten/{id}/mensen/{profile_id}/plaats`: place somebody, after a look at what is agreed."""

from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from uuid_utils.compat import uuid7
from words import nl

from desk.domain import placing
from desk.domain.profile_form import Typed, first
from desk.owners import placements
from desk.owners.api import Unreachable
from desk.pages.placement_sheet import AWAY, Sheet, arrived, is_definitive
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter
from desk.store import opdracht
from desk.store import person as persons
from desk.store.opdracht import Opdracht
from desk.store.person import Person

PLACE = "/opdrachten/{assignment_id}/mensen/{profile_id}/plaats"
WARNING = (
    "Dit kun je niet ongedaan maken. Gaat het toch niet door? Dan beëindig je de plaatsing bij Plaatsingen."
    " Met de laatste plek sluit de opdracht als ingevuld."
)

router = APIRouter(include_in_schema=False)


@router.get(PLACE)
async def ask(
    assignment_id: UUID,
    profile_id: UUID,
    _who: Recruiter,
    pool: Database,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> Response:
    """Show the form, filled with what the opdracht and the person have in common."""
    found, person = await _pair(pool, assignment_id, profile_id)
    if found is None or person is None:
        return _unknown(shell)
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    sheet = _sheet(found, person)
    typed: Typed = {**placing.proposed(found.facts, person.facts), "key": [str(uuid7())]}
    return sheet.show(shell, shell.typed(sheet.action) or typed)


@router.post(PLACE)
async def place(
    assignment_id: UUID,
    profile_id: UUID,
    sent: Sent,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> Response:
    """Place somebody: the first time to look at it, then for good."""
    found, person = await _pair(pool, assignment_id, profile_id)
    if found is None or person is None:
        return _unknown(shell)
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    sheet, wrong = _sheet(found, person), placing.faults(sent)
    if wrong:
        return sheet.show(shell, sent, status=422, wrong=wrong)
    if not is_definitive(sent):
        return sheet.show(shell, sent, checked="pas-aan" not in sent)
    body = {"profile_id": str(profile_id), **placing.body(sent)}
    try:
        answer = await placements.agree(owners, who.token, assignment_id, body, first(sent, "key"))
    except Unreachable:
        return sheet.show(shell, sent, status=503, trouble=AWAY)
    if answer.status == 404:
        return _unknown(shell)
    if not answer.ok:
        return sheet.refused(shell, sent, answer)
    await arrived(pool, answer)
    return RedirectResponse(sheet.back, 303)


async def _pair(
    pool: Database, assignment_id: UUID, profile_id: UUID
) -> tuple[Opdracht | None, Person | None]:
    async with pool.acquire() as connection:
        return await opdracht.get(connection, assignment_id), await persons.get(connection, profile_id)


def _unknown(shell: PageShell) -> Response:
    return shell.page("not_found.html", status=404, what="Deze persoon of deze opdracht")


def _sheet(found: Opdracht, person: Person) -> Sheet:
    facts, name = found.facts, person.name or "Naam volgt"
    hints = {
        "/hours": f"de opdracht: {nl.hours(facts.hours_min, facts.hours_max)}",
        "/rate_cents": f"in euro's, zonder btw; de opdracht: {nl.rate(facts.rate_max_cents)}",
        "/contract_form": f"de opdracht: {nl.choices(facts.contract_forms)}",
    }
    if person.facts is not None:
        theirs = person.facts
        hints["/starts_on"] = f"{name} is vrij vanaf {nl.day(theirs.available_from)}"
        hints["/hours"] += f"; {name}: {nl.hours(theirs.hours_min, theirs.hours_max)}"
        hints["/rate_cents"] += f"; {name} vraagt minimaal {nl.euros(theirs.rate_min_cents)}"
        hints["/contract_form"] += f"; {name}: {nl.choices(theirs.contract_forms)}"
    back = f"/opdrachten/{found.assignment_id}/mensen/{person.profile_id}"
    return Sheet(
        action=f"{back}/plaats",
        back=back,
        heading=f"Plaats {name}",
        about=f"{facts.title}, {facts.organisation.name}",
        names=placing.TERMS,
        kept=("key",),
        says="Plaats",
        warning=WARNING,
        hints=hints,
    )
