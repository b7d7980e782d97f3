"""`/mijn/profiel`: a professional's own facts, their work beside, and what was before; each to be changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from chassis.http.resources import Database
from contracts.facts import OwnFacts
from contracts.vocabulary import CommitmentKind
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from words import nl

from desk.domain import profile_form as form
from desk.domain.portfolio import with_placements
from desk.domain.profile_form import Typed
from desk.owners import assignments, profiles
from desk.owners.api import Answer, Owner, Unreachable
from desk.pages import levers
from desk.pages.mijn import own_id
from desk.pages.profile_form import AWAY, CHANGED, REFUSED
from desk.pages.sent import Sent, Text
from desk.pages.shell import AskOwners, OwnShell, PageShell
from desk.sign_in.session import Professional, SignedIn
from desk.store import placed

KINDS = {CommitmentKind.VAST: "vaste baan", CommitmentKind.EIGEN: "eigen werk"}
SAID = {
    "opgeslagen": "Opgeslagen. We kijken meteen welke opdrachten nu bij je passen.",
    "vrij": "Dank je, we weten nu vanaf wanneer je vrij bent.",
    "ernaast": "Opgeslagen. We houden rekening met je werk ernaast.",
}
WRONG_DAY = "Vul een datum in, zoals 31-01-2027, die niet na je laatste dag ligt."
WRONG_WORK = "Vul hele uren in van 1 tot en met 40, en een laatste dag die niet voor de eerste ligt."

router = APIRouter(include_in_schema=False)


@router.get("/mijn/profiel")
async def show(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    meld: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Show one's own profile."""
    return await _shown(who, pool, owners, shell, message=SAID.get(meld))


async def _shown(
    who: SignedIn,
    pool: Database,
    owners: AskOwners,
    shell: PageShell,
    *,
    message: str | None = None,
    day_wrong: str | None = None,
    work_wrong: str | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    present = await _present(owners, who)
    whole = await _with_placements(pool, who, present)
    facts = OwnFacts.model_validate_json(json.dumps(whole["facts"]))
    return shell.page(
        "own_profile.html",
        status=status,
        contact=present.body["contact"],
        facts=facts,
        effective=present.body["effective_facts"],
        version=present.etag,
        message=message,
        day_wrong=day_wrong,
        work_wrong=work_wrong,
        typed=typed or {},
        today=_today(),
        kinds=KINDS,
        chosen=form.CHOSEN,
    )


async def _present(owners: AskOwners, who: SignedIn) -> Answer:
    """Return one's own profile; raises Unreachable."""
    answer = await profiles.read(owners, who.token, own_id(who))
    if not answer.ok:
        raise Unreachable(Owner.PROFILES)
    return answer


async def _with_placements(pool: Database, who: SignedIn, present: Answer) -> dict[str, Any]:
    async with pool.acquire() as connection:
        placements = await placed.of_person(connection, own_id(who))
    return with_placements(present.body, placements)


def _today() -> date:
    return datetime.now(UTC).astimezone(nl.AMSTERDAM).date()


async def _change(owners: AskOwners, who: SignedIn, part: Mapping[str, Any], version: str) -> Answer:
    return await profiles.change(owners, who.token, own_id(who), {"facts": part}, version)


@router.post("/mijn/profiel/vrij")
async def free(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    dag: Annotated[Text, Form(max_length=10)] = "",
    versie: Annotated[Text, Form(max_length=20)] = "",
) -> Response:
    """Say from when one is free."""
    answer = await _change(owners, who, {"available_from": dag}, versie)
    if answer.ok:
        return RedirectResponse("/mijn/profiel?meld=vrij", 303)
    wrong = CHANGED if answer.status == 412 else WRONG_DAY
    return await _shown(who, pool, owners, shell, day_wrong=wrong, typed={"dag": dag}, status=answer.status)


@router.post("/mijn/profiel/ernaast")
async def beside(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    uren: Annotated[Text, Form(max_length=10)] = "",
    soort: Annotated[Text, Form(max_length=10)] = "",
    van: Annotated[Text, Form(max_length=10)] = "",
    tot: Annotated[Text, Form(max_length=10)] = "",
    weg: Annotated[int | None, Form(ge=0, le=100)] = None,
    versie: Annotated[Text, Form(max_length=20)] = "",
) -> Response:
    """Add work beside opdrachten, or take one away by its number."""
    present = await _present(owners, who)
    now: Sequence[Mapping[str, Any]] = present.body["facts"].get("commitments", ())
    if weg is None:
        added = {"hours": form.number(uren), "from": van, "until": tot or None, "kind": soort}
        wanted = [*now, added]
    else:
        wanted = [one for number, one in enumerate(now) if number != weg]
    answer = await _change(owners, who, {"commitments": wanted}, versie)
    if answer.ok:
        return RedirectResponse("/mijn/profiel?meld=ernaast#ernaast", 303)
    wrong = CHANGED if answer.status == 412 else WRONG_WORK
    typed = {"uren": uren, "soort": soort, "van": van, "tot": tot}
    return await _shown(who, pool, owners, shell, work_wrong=wrong, typed=typed, status=answer.status)


@router.get("/mijn/profiel/overnemen")
async def ask(
    who: Professional,
    owners: AskOwners,
    shell: OwnShell,
    wijziging: Annotated[Text, Query(max_length=4000)],
) -> HTMLResponse:
    """Show what a change would change, before it does."""
    return await _asked(who, owners, shell, wijziging)


async def _asked(
    who: SignedIn,
    owners: AskOwners,
    shell: PageShell,
    change: str,
    trouble: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    try:
        wanted = levers.read(change)
    except ValueError:
        return shell.page("not_found.html", status=404, what="Deze wijziging")
    present = await _present(owners, who)
    try:
        then = OwnFacts.model_validate_json(json.dumps(levers.merged(present.body["facts"], wanted)))
    except ValueError:
        return shell.page("not_found.html", status=404, what="Deze wijziging")
    changed = {**present.body, "facts": then.model_dump(mode="json")}
    differences = form.differences(form.typed_of(present.body), form.typed_of(changed))
    return shell.page(
        "own_take_over.html",
        status=status,
        differences=differences,
        form=form,
        change=change,
        version=present.etag,
        trouble=trouble,
    )


@router.post("/mijn/profiel/overnemen")
async def take_over(
    who: Professional,
    owners: AskOwners,
    shell: OwnShell,
    wijziging: Annotated[Text, Form(max_length=4000)] = "",
    versie: Annotated[Text, Form(max_length=20)] = "",
) -> Response:
    """Change one's own profile so."""
    try:
        wanted = levers.read(wijziging)
    except ValueError:
        return shell.page("not_found.html", status=404, what="Deze wijziging")
    answer = await _change(owners, who, wanted, versie)
    if answer.ok:
        return RedirectResponse("/mijn/profiel?meld=opgeslagen", 303)
    trouble = CHANGED if answer.status == 412 else REFUSED
    return await _asked(who, owners, shell, wijziging, trouble, answer.status)


@router.get("/mijn/profiel/wijzigen")
async def edit(who: Professional, pool: Database, owners: AskOwners, shell: OwnShell) -> HTMLResponse:
    """Show the form of one's own profile."""
    present = await _present(owners, who)
    whole = await _with_placements(pool, who, present)
    typed: Typed = {**form.typed_of(whole), "version": [present.etag or ""]}
    before = shell.typed("/mijn/profiel/wijzigen")
    return _form(shell, form.compact(before) if before else typed)


@router.post("/mijn/profiel/wijzigen")
async def change(
    sent: Sent, who: Professional, pool: Database, owners: AskOwners, shell: OwnShell
) -> Response:
    """Change one's own profile; the address that one signs in with is not in it."""
    typed = {name: values for name, values in form.compact(sent).items() if name != "/contact/email"}
    if "more" in sent:
        return _form(shell, typed, more=True)
    try:
        if name := form.place_to_find(typed):
            found = await assignments.place(owners, who.token, name)
            typed = dict(typed if found is None else form.with_place(typed, found))
        body = form.body(typed)
        del body["contact"]["preferences"]  # chosen on a page of their own
        version = form.first(typed, "version")
        answer = await profiles.change(owners, who.token, own_id(who), body, version)
        if answer.ok:
            return RedirectResponse("/mijn/profiel?meld=opgeslagen", 303)
        if answer.status == 412:
            return await _conflict(who, pool, owners, shell, typed)
    except Unreachable:
        return _form(shell, typed, status=503, trouble=AWAY)
    wrong = {form.field_of(one.pointer): form.remedy(one.pointer, one.detail) for one in answer.faults}
    return _form(shell, typed, status=answer.status, wrong=wrong, trouble=None if wrong else REFUSED)


async def _conflict(
    who: SignedIn, pool: Database, owners: AskOwners, shell: PageShell, typed: Typed
) -> Response:
    present = await _present(owners, who)
    theirs = form.typed_of(await _with_placements(pool, who, present))
    named = [one for one in form.differences(typed, theirs) if one[0] in typed]
    if not named:  # the same button was pressed twice
        return RedirectResponse("/mijn/profiel?meld=opgeslagen", 303)
    again = {**typed, "version": [present.etag or ""]}
    return _form(shell, again, status=412, trouble=CHANGED, differences=named)


def _form(
    shell: PageShell,
    typed: Typed,
    *,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    trouble: str | None = None,
    differences: Sequence[tuple[str, str, str]] = (),
    more: bool = False,
) -> HTMLResponse:
    rows = form.rows(typed)
    return shell.page(
        "own_profile_form.html",
        status=status,
        form=form,
        typed=typed,
        rows=len(rows) + (1 if more or not rows else 0),
        wrong=wrong or {},
        trouble=trouble,
        taken=None,
        differences=differences,
    )
