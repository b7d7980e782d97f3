"""`/opdrachten/{id}/mensen/{profile_id}`: one person for one opdracht, and what is decided about them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import ClosedReason, Decision, ReasonCode
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7
from words.nl import AMSTERDAM

from desk.domain import deciding, profile_form
from desk.domain.course import course
from desk.domain.messages import Code
from desk.domain.people import Candidate
from desk.owners import matching
from desk.owners.api import Answer, Unreachable
from desk.pages import opdracht as opdracht_page
from desk.pages import sentences
from desk.pages.sent import Sent, Text
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, Staff
from desk.store import notes, opdracht, placed, templates
from desk.store import person as persons
from desk.store.notes import Note
from desk.store.opdracht import Opdracht

PERSON = "/opdrachten/{assignment_id}/mensen/{profile_id}"
Kind = Annotated[Decision, Query()]

router = APIRouter(include_in_schema=False)


@router.get(PERSON)
async def show(
    assignment_id: UUID,
    profile_id: UUID,
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
    besloten: Annotated[bool, Query()] = False,
    niet: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    """Show somebody for an opdracht: why they fit or do not, and everything that happened."""
    async with pool.acquire() as connection:
        found = await opdracht.get(connection, assignment_id)
        person = await persons.get(connection, profile_id)
        if found is None or person is None:
            return shell.page("not_found.html", status=404, what="Deze persoon of deze opdracht")
        candidates = await opdracht.candidates(connection, assignment_id, [profile_id])
        elsewhere = await persons.live_elsewhere(connection, profile_id, assignment_id)
        written = await notes.about(connection, profile_id, assignment_id)
        mails = await opdracht.mails(connection, assignment_id, profile_id)
        working = await placed.of_assignment(connection, assignment_id, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    one = candidates[0] if candidates else None
    half_note = shell.typed(f"/opdrachten/{assignment_id}/mensen/{profile_id}/notities") or {}
    pair, unreachable = None, False
    try:
        pair = await matching.why_not(owners, who.token, assignment_id, profile_id)
    except Unreachable:
        unreachable = True
    return shell.page(
        "person.html",
        about=assignment_id,
        opdracht=found,
        facts=found.facts,
        person=person,
        one=one,
        pair=pair,
        unreachable=unreachable,
        elsewhere=elsewhere,
        notes=written,
        note_key="".join(half_note.get("sleutel", ())) or uuid7(),
        half_note="".join(half_note.get("tekst", ())),
        steps=course([], None, candidates, mails, working),
        placed=[placement for placement in working if placement.counts],
        terms=sentences.terms,
        may_place=who.may_change and found.closed_reason is not ClosedReason.WITHDRAWN,
        said=sentences.said,
        how=sentences.how,
        decisions=deciding.possible(one, is_open=found.open) if one and who.may_change else (),
        names=sentences.DECISIONS,
        may_change=who.may_change,
        chosen=profile_form.CHOSEN,
        is_told=one is not None and deciding.was_told(one),
        seconds=deciding.UNDO_SECONDS,
        too_late=niet,
        can_undo=besloten and one is not None and one.decision is not None and found.open,
        undo_key=uuid7(),
    )


@router.get(f"{PERSON}/besluit")
async def ask(
    assignment_id: UUID,
    profile_id: UUID,
    _who: Recruiter,
    pool: Database,
    shell: Shell,
    soort: Kind,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> HTMLResponse:
    """Show the form of a decision."""
    async with pool.acquire() as connection:
        found, one = await _pair(connection, assignment_id, profile_id)
        texts = await templates.texts(connection)
    if found is None or one is None or soort is Decision.REOPENED:
        return shell.page("not_found.html", status=404, what="Deze persoon of deze opdracht")
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    message = deciding.filled(texts[soort], name=one.name or "", assignment=found.facts.title)
    typed = {
        "soort": soort,
        "reden": "",
        "code": "",
        "bericht": message,
        "stuur": deciding.is_told(one),
        "wanneer": "",
        "waar": "",
        "sleutel": str(uuid7()),
    }
    if before := shell.typed(PERSON.format(assignment_id=assignment_id, profile_id=profile_id) + "/besluit"):
        typed |= {name: "".join(before.get(name, ())) for name in FIELDS} | {"stuur": "stuur" in before}
    return _form(shell, found, one, typed, [])


@router.post(f"{PERSON}/besluit")
async def decide(
    assignment_id: UUID,
    profile_id: UUID,
    request: Request,
    sent: Sent,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.READ, "person")],
) -> Response:
    """Take a decision: the first time with a preview of what is mailed, then for good."""
    typed: dict[str, Any] = {name: "".join(sent.get(name, ())).strip() for name in FIELDS}
    typed["stuur"] = "stuur" in sent
    if typed["code"] not in set(ReasonCode):
        typed["code"] = ""
    async with pool.acquire() as connection:
        found, one = await _pair(connection, assignment_id, profile_id)
        texts = await templates.texts(connection)
    if found is None or one is None:
        return shell.page("not_found.html", status=404, what="Deze persoon of deze opdracht")
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    typed["bericht"] = _said(typed, found, one, texts)
    body, errors = _read(typed)
    if errors or "pas-aan" in sent or sent.get("stap") != ["definitief"]:
        return _form(shell, found, one, typed, errors, preview=not errors and "pas-aan" not in sent)
    try:
        answer = await matching.decide(owners, who.token, one.match_id, body, typed["sleutel"])
    except Unreachable:
        return _form(shell, found, one, typed, [("", AWAY)], status=503)
    if not answer.ok:
        return _form(shell, found, one, typed, [("", _refusal(answer))], status=answer.status)
    return RedirectResponse(f"{PERSON.format(**request.path_params)}?besloten=1", 303)


def _said(typed: dict[str, Any], found: Opdracht, one: Candidate, texts: dict[Code, str]) -> str:
    """Return the message. Where none is typed, or what is proposed for every rejection still stands there, it
    is the text of the chosen reason, or of the decision."""
    message: str = typed["bericht"].replace("\r\n", "\n")
    proposed = {
        code: deciding.filled(text, name=one.name or "", assignment=found.facts.title)
        for code, text in texts.items()
    }
    if message and not (typed["code"] and message == proposed[Decision.REJECTED]):
        return message
    return proposed.get(typed["code"]) or proposed.get(typed["soort"], "")


FIELDS = ("soort", "reden", "code", "bericht", "wanneer", "waar", "sleutel")
AWAY = "We kunnen dit nu niet vastleggen. Wat je hebt ingevuld, staat er nog: probeer het zo nog eens."


def _refusal(answer: Answer) -> str:
    if answer.came_before:
        return "Je besluit is al vastgelegd, zoals je het eerst verstuurde. Bekijk eerst hoe het nu staat."
    if answer.status == 409:
        return (
            "Dit kan niet meer: er is intussen iets veranderd, zoals een ander besluit of een nee van de"
            " professional. Bekijk eerst hoe het nu staat."
        )
    return "Dit besluit wordt niet aangenomen. Kijk de velden na."


def _read(typed: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body of a decision, and what is wrong with which field."""
    errors = []
    decision = Decision(typed["soort"]) if typed["soort"] in set(Decision) else None
    if decision is None:
        errors.append(("soort", "Kies wat je besluit."))
    if not typed["reden"]:
        errors.append(
            ("reden", "Schrijf kort waarom, voor jezelf en je collega's. De professional ziet dit niet.")
        )
    if decision is Decision.REJECTED and not typed["code"]:
        errors.append(("code", "Kies de reden die er het best bij past."))
    body: dict[str, Any] = {
        "decision": typed["soort"],
        "reason": typed["reden"],
        "message": typed["bericht"] if typed["stuur"] else None,
        "tell": typed["stuur"],
        "reason_code": typed["code"] or None,
    }
    if decision is Decision.INVITED and (typed["wanneer"] or typed["waar"]):
        at = _moment(typed["wanneer"])
        if at is None:
            errors.append(("wanneer", "Vul de dag en het tijdstip van het gesprek in."))
        if not typed["waar"]:
            errors.append(("waar", "Vul in waar het gesprek is, bijvoorbeeld een adres of een videogesprek."))
        body["appointment"] = {"at": at and at.isoformat(), "where": typed["waar"]}
    return body, errors


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)
    except ValueError:
        return None


def _form(
    shell: PageShell,
    found: Opdracht,
    one: Candidate,
    typed: dict[str, Any],
    errors: list[tuple[str, str]],
    *,
    preview: bool = False,
    status: int | None = None,
) -> HTMLResponse:
    return shell.page(
        "deciding.html",
        status=status or (422 if errors else 200),
        about=found.assignment_id,
        opdracht=found,
        facts=found.facts,
        one=one,
        typed=typed,
        errors=errors,
        wrong=dict(errors),
        preview=preview,
        meets_at=_moment(typed["wanneer"]),
        name=sentences.DECISIONS.get(typed["soort"], "Besluit"),
        reasons=sentences.REASONS,
        answered=deciding.is_told(one),
        seconds=deciding.UNDO_SECONDS,
    )


@router.post(f"{PERSON}/ongedaan")
async def undo(
    assignment_id: UUID,
    profile_id: UUID,
    request: Request,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    _shell: Shell,
    sleutel: Annotated[UUID, Form()],
) -> Response:
    """Take the latest decision back: within half a minute before anything was mailed."""
    async with pool.acquire() as connection:
        _, one = await _pair(connection, assignment_id, profile_id)
    place = PERSON.format(**request.path_params)
    if one is not None:
        body = {"decision": Decision.REOPENED, "reason": "Ongedaan gemaakt aan het bureau."}
        answer = await matching.decide(owners, who.token, one.match_id, body, str(sleutel))
        if not answer.ok:
            return RedirectResponse(f"{place}?niet=kan", 303)
    return RedirectResponse(place, 303)


@router.post(f"{PERSON}/notities")
async def note(
    assignment_id: UUID,
    profile_id: UUID,
    request: Request,
    who: Recruiter,
    pool: Database,
    sleutel: Annotated[UUID, Form()],
    act: Annotated[Recording, audited(Action.CREATE, "note")],
    tekst: Annotated[Text, Form(max_length=10_000)] = "",
) -> Response:
    """Write a note that stays inside."""
    if tekst.strip():
        now = datetime.now(UTC)
        written = Note(sleutel, assignment_id, tekst.strip(), who.caller.name, who.caller.subject, now)
        async with pool.acquire() as connection, connection.transaction():
            if await notes.write(connection, profile_id, written):
                await act.record(connection, sleutel, people=[profile_id])
    return RedirectResponse(f"{PERSON.format(**request.path_params)}#notities", 303)


@router.get("/opdrachten/{assignment_id}/vergelijk")
async def compare(
    assignment_id: UUID,
    who: Staff,
    pool: Database,
    shell: Shell,
    act: Annotated[Recording, audited(Action.LIST, "people")],
    p: Annotated[list[UUID] | None, Query(max_length=100)] = None,
) -> HTMLResponse:
    """Put two to four people side by side, a criterion a row."""
    chosen = (p or [])[:4]
    async with pool.acquire() as connection:
        found = await opdracht.get(connection, assignment_id)
        if found is None:
            return opdracht_page.unknown(shell)
        candidates = await opdracht.candidates(connection, assignment_id, chosen)
        await act.record(connection, assignment_id, people=[one.profile_id for one in candidates])
    return shell.page(
        "compare.html",
        about=assignment_id,
        opdracht=found,
        facts=found.facts,
        people=candidates,
        too_many=len(p or []) > 4,
        how=sentences.how,
        may_change=who.may_change,
        decisions=sentences.DECISIONS,
        possible=lambda one: [
            kind for kind in deciding.possible(one, is_open=found.open) if kind is not Decision.REOPENED
        ],
    )


async def _pair(
    connection: Any, assignment_id: UUID, profile_id: UUID
) -> tuple[Opdracht | None, Candidate | None]:
    found = await opdracht.get(connection, assignment_id)
    candidates = await opdracht.candidates(connection, assignment_id, [profile_id])
    return found, candidates[0] if candidates else None
