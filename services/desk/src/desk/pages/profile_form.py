"""`/mensen/nieuw` and `/mensen/{id}/wijzigen`: every field of a profile on one page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7
from words.nl import AMSTERDAM

from desk.domain import consent
from desk.domain import profile_form as form
from desk.domain.profile_form import Typed
from desk.owners import assignments, profiles
from desk.owners.api import Answer, Unreachable
from desk.pages.profile import unknown
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, SignedIn
from desk.store import profile

AWAY = "Opslaan lukt nu even niet. Wat je hebt ingevuld, staat er nog: probeer het zo nog eens."
REFUSED = "Dit wordt zo niet aangenomen. Kijk de velden na."
CAME_BEFORE = (
    "Dit profiel is al opgeslagen, zoals je het eerst verstuurde. Zoek het op bij Mensen en wijzig het daar."
)
CHANGED = (
    "Iemand anders heeft dit profiel net gewijzigd. Kijk wat er anders is, en sla dan op wat moet blijven."
)

router = APIRouter(include_in_schema=False)


@router.get("/mensen/nieuw")
async def begin(_who: Recruiter, shell: Shell) -> HTMLResponse:
    """Show an empty form."""
    before = shell.typed("/mensen/nieuw")
    return _page(shell, None, form.compact(before) if before else {**form.EMPTY, "key": [str(uuid7())]})


@router.post("/mensen/nieuw")
async def create(sent: Sent, who: Recruiter, pool: Database, owners: AskOwners, shell: Shell) -> Response:
    """Register somebody."""
    return await _save(sent, who, pool, owners, shell, None)


@router.get("/mensen/{profile_id}/wijzigen")
async def edit(
    profile_id: UUID,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> HTMLResponse:
    """Show the form of somebody as their profile is now."""
    told = None
    try:
        answer = await profiles.read(owners, who.token, profile_id)
    except Unreachable:
        async with pool.acquire() as connection:
            told = await profile.told(connection, profile_id)
        if told is None:
            raise
        answer = Answer(200, told, str(told["version"]))
    if not answer.ok:
        return unknown(shell)
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    typed: Typed = {**_typed_of(answer.body), "version": [answer.etag or ""]}
    before = shell.typed(f"/mensen/{profile_id}/wijzigen")
    return _page(shell, profile_id, form.compact(before) if before else typed, is_told=told is not None)


@router.post("/mensen/{profile_id}/wijzigen")
async def change(
    profile_id: UUID, sent: Sent, who: Recruiter, pool: Database, owners: AskOwners, shell: Shell
) -> Response:
    """Change somebody's profile."""
    return await _save(sent, who, pool, owners, shell, profile_id)


async def _save(
    sent: Typed,
    who: SignedIn,
    pool: Database,
    owners: AskOwners,
    shell: PageShell,
    profile_id: UUID | None,
) -> Response:
    typed = form.compact(sent)
    if "more" in sent:
        return _page(shell, profile_id, typed, more=True)
    try:
        if name := form.place_to_find(typed):
            found = await assignments.place(owners, who.token, name)
            typed = typed if found is None else form.with_place(typed, found)
        answer = await _send(owners, who, profile_id, typed)
        if answer.ok:
            body = answer.body
            return RedirectResponse(f"/mensen/{body['profile_id']}?versie={body['version']}", 303)
        if answer.status == 404:
            return unknown(shell)
        if answer.status == 412 and profile_id is not None:
            present = await profiles.read(owners, who.token, profile_id)
            return _conflict(shell, profile_id, typed, present)
    except Unreachable:
        return _page(shell, profile_id, typed, status=503, trouble=AWAY)
    if profile_id is None and answer.came_before:
        return _page(shell, None, {**typed, "key": [str(uuid7())]}, status=409, trouble=CAME_BEFORE)
    async with pool.acquire() as connection:
        taken = None
        if answer.status == 409:
            taken = await profile.with_address(connection, form.first(typed, "/contact/email"))
    return _page(shell, profile_id, typed, status=answer.status, errors=_errors(answer), taken=taken)


async def _send(owners: AskOwners, who: SignedIn, profile_id: UUID | None, typed: Typed) -> Answer:
    body = form.body(typed)
    today = datetime.now(AMSTERDAM).date()
    body["contact"] |= consent.named(typed, today, is_new=profile_id is None)
    if profile_id is None:
        return await profiles.create(owners, who.token, body, form.first(typed, "key"))
    return await profiles.change(owners, who.token, profile_id, body, form.first(typed, "version"))


def _typed_of(profile: Mapping[str, Any]) -> Typed:
    return {**form.typed_of(profile), **consent.typed_of(profile)}


def _errors(answer: Answer) -> dict[str, str]:
    """Return what is wrong, by field; with none at a field it is of the whole."""
    if answer.status == 409:
        return {"/contact/email": form.TAKEN}
    return {form.field_of(one.pointer): form.remedy(one.pointer, one.detail) for one in answer.faults}


def _conflict(shell: PageShell, profile_id: UUID, typed: Typed, present: Answer) -> Response:
    if not present.ok:
        return unknown(shell)
    theirs = _typed_of(present.body)
    said_alike = form.first(typed, consent.FIELD) == form.first(theirs, consent.FIELD)
    if said_alike and form.body(typed) == form.body(theirs):  # the same button was pressed twice
        return RedirectResponse(f"/mensen/{profile_id}?versie={present.etag}", 303)
    differences = form.differences(typed, theirs)
    typed = {**typed, "version": [present.etag or ""], consent.WAS: theirs[consent.WAS]}
    return _page(shell, profile_id, typed, status=412, trouble=CHANGED, differences=differences)


def _page(
    shell: PageShell,
    profile_id: UUID | None,
    typed: Typed,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    trouble: str | None = None,
    taken: UUID | None = None,
    differences: Sequence[tuple[str, str, str]] = (),
    more: bool = False,
    is_told: bool = False,
) -> HTMLResponse:
    rows = form.rows(typed)
    if status >= 400 and not errors and trouble is None:
        trouble = REFUSED
    context: dict[str, Any] = {
        "typed": typed,
        "rows": len(rows) + (1 if more or not rows else 0),
        "wrong": errors or {},
        "trouble": trouble,
        "taken": taken,
        "differences": differences,
        "is_told": is_told,
    }
    return shell.page("profile_form.html", status=status, profile_id=profile_id, form=form, **context)
