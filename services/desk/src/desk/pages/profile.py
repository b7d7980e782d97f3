"""`/mensen/{id}`: one person, with everything that the desk knows of them."""

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis import erasure
from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.facts import ProfileFacts
from contracts.vocabulary import NoticeKind, NoticeOutcome
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7
from words.nl import AMSTERDAM

from desk import SERVICE
from desk.domain import profile_form
from desk.owners import held, mails, own, profiles
from desk.owners.api import Unreachable
from desk.pages import career, sentences
from desk.pages.mails import SENT
from desk.pages.sent import Text
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, SignedIn, Staff
from desk.store import notes, people, placed, profile
from desk.store import person as persons
from desk.store.erasure import ERASURE
from desk.store.notes import Note
from desk.store.person import Person
from desk.store.profile import Mailed

NO_MAIL = frozenset(
    {NoticeOutcome.BOUNCED, NoticeOutcome.COMPLAINED, NoticeOutcome.REFUSED, NoticeOutcome.SUPPRESSED}
)
MESSAGES = {
    "vrij": "Dit adres krijgt weer mail.",
    "vrij-niet": "Dit adres vrijgeven lukt nu even niet. Probeer het zo nog eens.",
    "naam": "De naam klopt niet. Typ hem precies zoals hij hierboven staat. Er is niets verwijderd.",
    "verwijderen-niet": "Verwijderen lukt nu even niet. Er is niets veranderd. Probeer het zo nog eens.",
}

router = APIRouter(include_in_schema=False)


@router.get("/mensen/{profile_id}")
async def show(
    profile_id: UUID,
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
    versie: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    meld: Annotated[str, Query(max_length=30)] = "",
) -> HTMLResponse:
    """Show somebody. `versie`: what is at least shown, after a change that the topics are yet to tell."""
    async with pool.acquire() as connection:
        person = await persons.get(connection, profile_id)
        known = await profile.version(connection, profile_id)
        proposed = await profile.proposed(connection, profile_id)
        mailed = await profile.mails(connection, profile_id)
        working = await placed.of_person(connection, profile_id)
        written = await notes.about(connection, profile_id)
        gone = await people.erased(connection, [profile_id])
        titles = await profile.titles(connection, [one.assignment_id for one in written if one.assignment_id])
    if gone:
        return shell.page("profile_erased.html", status=410)
    if versie > (known or 0):
        person = await _at_its_owner(owners, who, profile_id) or person
    if person is None:
        return unknown(shell)
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    told, best = await own.parts_of_the_career(owners, who.token, profile_id)
    half_note = shell.typed(f"/mensen/{profile_id}/notities") or {}
    today = datetime.now(AMSTERDAM).date()
    return shell.page(
        "profile.html",
        person=person,
        proposed=proposed,
        mailed=mailed,
        placed=working,
        career=None if person.facts is None else career.career(told, best, person.facts),
        careers=career,
        terms=sentences.terms,
        lasting=lambda one: sentences.lasting(one, today),
        asked_at=next((one.at for one in mailed if _has_asked(one)), None),
        no_mail=bool(mailed) and mailed[0].outcome in NO_MAIL,
        notes=written,
        titles=titles,
        note_key="".join(half_note.get("sleutel", ())) or uuid7(),
        half_note="".join(half_note.get("tekst", ())),
        own=who.caller.subject,
        may_change=who.may_change,
        message=MESSAGES.get(meld),
        sent=SENT,
        chosen=profile_form.CHOSEN,
    )


def _has_asked(mail: Mailed) -> bool:
    return mail.kind is NoticeKind.CONSENT and mail.outcome is NoticeOutcome.ACCEPTED


def unknown(shell: PageShell) -> HTMLResponse:
    """Say that somebody is not known."""
    return shell.page("not_found.html", status=404, what="Deze persoon")


async def _at_its_owner(owners: AskOwners, who: SignedIn, profile_id: UUID) -> Person | None:
    try:
        answer = await profiles.read(owners, who.token, profile_id)
    except Unreachable:
        return None
    if not answer.ok:
        return None
    contact = answer.body["contact"]
    facts = ProfileFacts.model_validate_json(json.dumps(answer.body["facts"]))
    unconfirmed = contact.get("confirmed_at", "left out") is None
    return Person(
        profile_id, contact["name"], contact["email"], contact.get("phone"), facts, None, unconfirmed
    )


@router.get("/mensen/{profile_id}/export")
async def export(
    profile_id: UUID,
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.EXPORT, "person")],
) -> Response:
    """Download all that every service holds on somebody; without one of them it is not all, and not given."""
    return await download(owners, who.token, profile_id, pool, act) or unknown(shell)


async def download(
    owners: AskOwners, token: str, profile_id: UUID, pool: Database, act: Recording
) -> Response | None:
    """Return all that every service holds on somebody as a file; None where they are not known. Raises
    Unreachable where a part is missing."""
    answer = await profiles.export(owners, token, profile_id)
    if not answer.ok:
        return None
    parts = await held.held(owners, token, profile_id)
    async with pool.acquire() as connection:
        parts[SERVICE] = await erasure.held(connection, ERASURE, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    headers = {
        "Content-Disposition": f'attachment; filename="profiel-{profile_id}.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    content = json.dumps({**answer.body, "held": parts}, ensure_ascii=False, indent=2)
    return Response(content, media_type="application/json", headers=headers)


@router.post("/mensen/{profile_id}/verwijder")
async def erase(
    profile_id: UUID,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    naam: Annotated[Text, Form(max_length=200)] = "",
) -> Response:
    """Erase somebody, once their name was typed."""
    async with pool.acquire() as connection:
        person = await persons.get(connection, profile_id)
    if person is None:
        return unknown(shell)
    if person.name is None or " ".join(naam.split()) != " ".join(person.name.split()):
        return RedirectResponse(f"/mensen/{profile_id}?meld=naam#verwijderen", 303)
    answer = await profiles.erase(owners, who.token, profile_id)
    if not answer.ok and answer.status != 404:
        return RedirectResponse(f"/mensen/{profile_id}?meld=verwijderen-niet#verwijderen", 303)
    return RedirectResponse(f"/mensen/{profile_id}/verwijderd", 303)


@router.get("/mensen/{profile_id}/verwijderd")
async def erased(profile_id: UUID, _who: Staff, pool: Database, shell: Shell) -> HTMLResponse:
    """Say that somebody was erased."""
    async with pool.acquire() as connection:
        if await profile.version(connection, profile_id) is None and not await people.erased(
            connection, [profile_id]
        ):
            return unknown(shell)
    return shell.page("profile_erased.html")


@router.post("/mensen/{profile_id}/vrij")
async def release(profile_id: UUID, who: Recruiter, owners: AskOwners, _shell: Shell) -> Response:
    """Let somebody's address get mail again."""
    answer = await mails.release(owners, who.token, profile_id)
    done = "vrij" if answer.ok or answer.status == 404 else "vrij-niet"
    return RedirectResponse(f"/mensen/{profile_id}?meld={done}#mails", 303)


@router.post("/mensen/{profile_id}/notities")
async def note(
    profile_id: UUID,
    who: Recruiter,
    pool: Database,
    sleutel: Annotated[UUID, Form()],
    act: Annotated[Recording, audited(Action.CREATE, "note")],
    tekst: Annotated[Text, Form(max_length=10_000)] = "",
) -> Response:
    """Write a note that stays inside."""
    if text := tekst.strip():
        written = Note(sleutel, None, text, who.caller.name, who.caller.subject, datetime.now(UTC))
        async with pool.acquire() as connection, connection.transaction():
            if await notes.write(connection, profile_id, written):
                await act.record(connection, sleutel, people=[profile_id])
    return RedirectResponse(f"/mensen/{profile_id}#notities", 303)


@router.post("/mensen/{profile_id}/notities/{note_id}/verwijder")
async def take_back(
    profile_id: UUID,
    note_id: UUID,
    who: Recruiter,
    pool: Database,
    act: Annotated[Recording, audited(Action.DELETE, "note")],
) -> Response:
    """Delete a note of one's own."""
    async with pool.acquire() as connection, connection.transaction():
        if await notes.delete(connection, note_id, profile_id, who.caller.subject):
            await act.record(connection, note_id, people=[profile_id])
    return RedirectResponse(f"/mensen/{profile_id}#notities", 303)
