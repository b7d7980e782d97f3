"""What is done with an opdracht as a whole, each after a page that says what it does: publish, copy, close,
and delete a draft."""

import json
from typing import Annotated
from uuid import UUID, uuid4

from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason
from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from desk.owners import assignments
from desk.owners.assignments import State, Stored
from desk.pages.facts import groups
from desk.pages.forecast import foreseen
from desk.pages.intake_change import arrived
from desk.pages.intake_sheet import At, Working, reach_part
from desk.store import intake

REASONS = {
    ClosedReason.FILLED: "Ingevuld: er is iemand gevonden",
    ClosedReason.WITHDRAWN: "Ingetrokken: de opdracht gaat niet door",
}
Key = Annotated[str, Form(min_length=1, max_length=200)]

router = APIRouter(include_in_schema=False)


async def _find(at: At, assignment_id: UUID) -> Stored | Response:
    """Return an opdracht, or the page that says that there is none."""
    stored = await at.find(assignment_id)
    return stored or at.shell.page("not_found.html", status=404, what="Deze opdracht")


@router.get("/opdrachten/{assignment_id}/publiceer")
async def check(at: Working, assignment_id: UUID) -> Response:
    """Show what will be published, and whom it reaches."""
    stored = await _find(at, assignment_id)
    if isinstance(stored, Response):
        return stored
    if stored.state is not State.DRAFT:
        return RedirectResponse(f"/opdrachten/{assignment_id}", 303)
    if stored.faults:
        return RedirectResponse(f"/opdrachten/{assignment_id}/wijzigen?controle=1", 303)
    try:
        facts = AssignmentFacts.model_validate_json(json.dumps(dict(stored.fields)))
    except ValidationError:
        return RedirectResponse(f"/opdrachten/{assignment_id}/wijzigen?controle=1", 303)
    part = await reach_part(at, stored.fields)
    return at.shell.page(
        "intake_publish.html",
        stored=stored,
        reach=part.reach,
        foreseen=part.reach and await foreseen(at.owners, at.who.token, facts, part.reach),
        facts=facts,
        fact_groups=groups(facts),
        key=str(uuid4()),
    )


@router.post("/opdrachten/{assignment_id}/publiceer")
async def publish(at: Working, assignment_id: UUID, key: Key) -> Response:
    """Publish a draft."""
    answer = await assignments.publish(at.owners, at.who.token, assignment_id, key)
    if answer.status == 422:
        return RedirectResponse(f"/opdrachten/{assignment_id}/wijzigen?controle=1", 303)
    if answer.status == 404:
        return at.shell.page("not_found.html", status=404, what="Dit concept")
    version = int(answer.body["version"]) if answer.ok else 1
    is_known = await arrived(at, assignment_id, version)
    return RedirectResponse(f"/opdrachten/{assignment_id}" if is_known else "/opdrachten", 303)


@router.get("/opdrachten/{assignment_id}/kopieer")
async def before_copy(at: Working, assignment_id: UUID) -> Response:
    """Ask whether an opdracht is to be copied."""
    stored = await _find(at, assignment_id)
    if isinstance(stored, Response):
        return stored
    return at.shell.page("intake_copy.html", stored=stored, title=_title(stored), key=str(uuid4()))


@router.post("/opdrachten/{assignment_id}/kopieer")
async def copy(at: Working, assignment_id: UUID, key: Key) -> Response:
    """Copy an opdracht as a draft without dates."""
    answer = await assignments.copy(at.owners, at.who.token, assignment_id, key)
    if not answer.ok:
        return at.shell.page("not_found.html", status=404, what="Deze opdracht")
    return RedirectResponse(f"/opdrachten/{assignments.draft(answer).assignment_id}/wijzigen", 303)


@router.get("/opdrachten/{assignment_id}/sluit")
async def before_close(at: Working, assignment_id: UUID) -> Response:
    """Ask why an opdracht is to be closed, and say what that does."""
    stored = await _find(at, assignment_id)
    if isinstance(stored, Response):
        return stored
    return await _closing(at, stored)


async def _closing(at: At, stored: Stored, *, fault: bool = False) -> Response:
    if stored.state is State.DRAFT:
        return RedirectResponse(f"/opdrachten/{stored.assignment_id}/verwijder", 303)
    if stored.state is State.CLOSED:
        return RedirectResponse(f"/opdrachten/{stored.assignment_id}", 303)
    async with at.pool.acquire() as connection:
        live = await intake.live(connection, stored.assignment_id)
    return at.shell.page(
        "intake_close.html",
        status=422 if fault else 200,
        stored=stored,
        title=_title(stored),
        live=live,
        reasons=REASONS,
        fault=fault,
    )


@router.post("/opdrachten/{assignment_id}/sluit")
async def close(
    at: Working, assignment_id: UUID, reden: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Close an opdracht. One that is closed already stays so."""
    if reden not in REASONS:
        stored = await _find(at, assignment_id)
        return stored if isinstance(stored, Response) else await _closing(at, stored, fault=True)
    answer = await assignments.close(at.owners, at.who.token, assignment_id, ClosedReason(reden))
    if answer.status == 404:
        return at.shell.page("not_found.html", status=404, what="Deze opdracht")
    if answer.ok:
        await arrived(at, assignment_id, int(answer.body["version"]))
    return RedirectResponse(f"/opdrachten/{assignment_id}", 303)


@router.get("/opdrachten/{assignment_id}/verwijder")
async def before_deletion(at: Working, assignment_id: UUID) -> Response:
    """Ask whether a draft is to be deleted."""
    stored = await _find(at, assignment_id)
    if isinstance(stored, Response):
        return stored
    if stored.state is not State.DRAFT:
        return RedirectResponse(f"/opdrachten/{assignment_id}/sluit", 303)
    return at.shell.page("intake_delete.html", stored=stored, title=_title(stored))


@router.post("/opdrachten/{assignment_id}/verwijder")
async def delete(at: Working, assignment_id: UUID) -> Response:
    """Delete a draft. One that is gone already stays so."""
    answer = await assignments.give_up(at.owners, at.who.token, assignment_id)
    published = answer.status == 409
    return RedirectResponse(f"/opdrachten/{assignment_id}" if published else "/opdrachten?tab=concept", 303)


def _title(stored: Stored) -> str:
    title = stored.fields.get("title")
    return title if isinstance(title, str) and title else "Zonder titel"
