"""`/plaatsingen/{id}/wijzigen` and `/plaatsingen/{id}/einde`: extend a placement, agree on other hours
or another rate, or end it."""

from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.database import Pool
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.events import PlacementAgreed
from contracts.facts import PlacementTerms
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from uuid_utils.compat import uuid7

from desk.domain import placing
from desk.domain.placements import Placed
from desk.domain.profile_form import Typed, first
from desk.owners import placements
from desk.owners.api import Answer, Owner, Unreachable
from desk.pages import sentences
from desk.pages.placement_sheet import AWAY, Sheet, arrived, is_definitive
from desk.pages.placements import people, today, unknown
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter
from desk.store import placed

NOTHING = "Je hebt niets veranderd."
CHANGED = (
    "Iemand anders heeft deze plaatsing net gewijzigd. Kijk wat er anders is, en leg dan vast wat moet"
    " blijven."
)

Looked = Annotated[Recording, audited(Action.READ, "person")]

router = APIRouter(include_in_schema=False)


@router.get("/plaatsingen/{placement_id}/wijzigen")
async def edit(placement_id: UUID, _who: Recruiter, pool: Database, shell: Shell, act: Looked) -> Response:
    """Show the form with what is agreed now."""
    one = await _find(pool, placement_id, act)
    if one is None:
        return unknown(shell)
    if one.has_ended:
        return RedirectResponse(f"/plaatsingen/{placement_id}", 303)
    sheet = _changing(one)
    typed: Typed = {**placing.typed_of(one.terms), "version": [str(one.version)]}
    return sheet.show(shell, shell.typed(sheet.action) or typed)


@router.post("/plaatsingen/{placement_id}/wijzigen")
async def change(
    placement_id: UUID,
    sent: Sent,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Looked,
) -> Response:
    """Agree on other terms: the first time to look at the difference, then for good."""
    one = await _find(pool, placement_id, act)
    if one is None:
        return unknown(shell)
    sheet, wrong, before = _changing(one), placing.faults(sent), placing.typed_of(one.terms)
    if wrong:
        return sheet.show(shell, sent, status=422, wrong=wrong)
    if not is_definitive(sent):
        if "pas-aan" not in sent and not placing.differences(sent, before):
            return sheet.show(shell, sent, trouble=NOTHING)
        return sheet.show(shell, sent, checked="pas-aan" not in sent, before=before)
    try:
        answer = await placements.change(
            owners, who.token, placement_id, placing.body(sent), first(sent, "version")
        )
        if answer.status == 412:
            present = await placements.read(owners, who.token, placement_id)
            return _conflict(sheet, shell, sent, present)
    except Unreachable:
        return sheet.show(shell, sent, status=503, trouble=AWAY)
    return await _done(sheet, shell, pool, sent, answer)


def _conflict(sheet: Sheet, shell: PageShell, typed: Typed, present: Answer) -> Response:
    if not present.ok:
        return unknown(shell)
    names = PlacementTerms.model_fields
    agreed = PlacementAgreed.model_validate(dict(present.body), strict=False)
    theirs = placing.typed_of(PlacementTerms(**{name: getattr(agreed, name) for name in names}))
    differences = placing.differences(typed, theirs)
    if not differences:  # the same button was pressed twice
        return RedirectResponse(sheet.back, 303)
    typed = {**typed, "version": [present.etag or ""]}
    return sheet.show(shell, typed, status=412, trouble=CHANGED, differences=differences)


@router.get("/plaatsingen/{placement_id}/einde")
async def before_the_end(
    placement_id: UUID, _who: Recruiter, pool: Database, shell: Shell, act: Looked
) -> Response:
    """Show the form that ends a placement."""
    one = await _find(pool, placement_id, act)
    if one is None:
        return unknown(shell)
    if one.has_ended:
        return RedirectResponse(f"/plaatsingen/{placement_id}", 303)
    sheet = _ending(one)
    day = min(max(today(), one.terms.starts_on), one.terms.ends_on)
    typed: Typed = {"/ended_on": [day.isoformat()], "key": [str(uuid7())]}
    return sheet.show(shell, shell.typed(sheet.action) or typed)


@router.post("/plaatsingen/{placement_id}/einde")
async def end(
    placement_id: UUID,
    sent: Sent,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Looked,
) -> Response:
    """End a placement: the first time to look at it, then for good."""
    one = await _find(pool, placement_id, act)
    if one is None:
        return unknown(shell)
    sheet, wrong = _ending(one), placing.ending_faults(sent, one.terms)
    if wrong:
        return sheet.show(shell, sent, status=422, wrong=wrong)
    if not is_definitive(sent):
        return sheet.show(shell, sent, checked="pas-aan" not in sent)
    try:
        body = placing.body(sent, placing.ENDING)
        answer = await placements.end(owners, who.token, placement_id, body, first(sent, "key"))
    except Unreachable:
        return sheet.show(shell, sent, status=503, trouble=AWAY)
    return await _done(sheet, shell, pool, sent, answer)


async def _find(pool: Pool, placement_id: UUID, act: Recording) -> Placed | None:
    async with pool.acquire() as connection:
        one = await placed.get(connection, placement_id)
        if one is not None:
            await act.record(connection, one.profile_id, people=people(one))
    return one


async def _done(sheet: Sheet, shell: PageShell, pool: Pool, typed: Typed, answer: Answer) -> Response:
    if answer.status == 404:
        return unknown(shell)
    if not answer.ok:
        return sheet.refused(shell, typed, answer)
    if "placement_id" not in answer.body:
        raise Unreachable(Owner.ASSIGNMENTS)
    await arrived(pool, answer)
    return RedirectResponse(sheet.back, 303)


def _changing(one: Placed) -> Sheet:
    back = f"/plaatsingen/{one.placement_id}"
    return Sheet(
        action=f"{back}/wijzigen",
        back=back,
        heading="Verleng of wijzig de plaatsing",
        about=_about(one),
        names=placing.TERMS,
        kept=("version",),
        says="Leg vast",
        warning="Spreek dit eerst af met beide kanten.",
    )


def _ending(one: Placed) -> Sheet:
    back = f"/plaatsingen/{one.placement_id}"
    return Sheet(
        action=f"{back}/einde",
        back=back,
        heading="Beëindig de plaatsing",
        about=_about(one),
        names=placing.ENDING,
        kept=("key",),
        says="Beëindig de plaatsing",
        warning="Dit kun je niet ongedaan maken. Een opdracht die is ingevuld, blijft gesloten.",
    )


def _about(one: Placed) -> str:
    place = ", ".join(filter(None, (one.title, one.organisation)))
    return f"{sentences.placed_one(one)}: {place or 'opdracht'}"
