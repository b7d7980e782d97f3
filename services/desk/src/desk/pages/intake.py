"""`/opdrachten/nieuw`, `/opdrachten/{id}/wijzigen`: the whole of an opdracht on one page.

A draft is kept as it was typed, however little that is. A change of an open opdracht is looked at first.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic_core import from_json
from words import nl

from desk.domain import form as forms
from desk.domain.form import Fields, Places, Typed
from desk.domain.judging import refused
from desk.owners import assignments
from desk.owners.api import Fault, Unreachable
from desk.owners.assignments import MISSING, State, Stored
from desk.pages import fields as words
from desk.pages import intake_mail
from desk.pages.intake_change import change, check
from desk.pages.intake_sheet import NOON, At, Sheet, Working, first, reach_part
from desk.pages.sent import Sent, Text
from desk.pages.shell import AskOwners
from desk.rendering import rendered
from desk.sign_in.session import Recruiter

NOTHING_READ = "In de mail staat niets nieuws dat we herkennen. Vul de velden hieronder zelf in."
KEPT = "Je concept is bewaard."
AWAY = "De opdrachten zijn even niet te bereiken. Wat je typte staat hieronder nog; probeer het zo nog eens."
CAME_BEFORE = (
    "Dit concept is al bewaard, zoals je het eerst verstuurde: het staat bij de concepten. Bewaar je dit ook,"
    " dan zijn het er twee."
)
GONE = "Dit concept bestaat niet meer. Wat je typte staat hieronder; bewaar het als een nieuw concept."
PUBLISHED = "Dit concept is intussen gepubliceerd. Bekijk het verschil en verstuur het als wijziging."

router = APIRouter(include_in_schema=False)


@router.get("/opdrachten/nieuw")
async def begin(at: Working) -> HTMLResponse:
    """Show an empty form."""
    return at.page(
        Sheet.of(before, None) if (before := at.shell.typed("/opdrachten/nieuw")) else Sheet(first(at.who))
    )


@router.get("/opdrachten/plaatsen")
async def places(
    who: Recruiter, owners: AskOwners, place: Annotated[Text, Query(max_length=200)] = ""
) -> Response:
    """Answer the places that begin so, as options of the form's list."""
    try:
        found = await assignments.places(owners, who.token, place)
    except Unreachable:
        found = []
    return rendered("intake_places.html", found=found)


@router.post("/opdrachten/nieuw")
async def take_in(at: Working, sent: Sent) -> Response:
    """Do what the pressed button says with an opdracht that is nowhere yet."""
    return await _answer(at, sent, None)


@router.get("/opdrachten/{assignment_id}/wijzigen")
async def edit(
    at: Working,
    assignment_id: UUID,
    met: Annotated[Text, Query(max_length=10_000)] = "",
    bewaard: bool = False,
    controle: bool = False,
) -> Response:
    """Show the form of a draft or an open opdracht; `met`: with this change of its facts filled in."""
    stored = await at.find(assignment_id)
    if stored is None:
        return at.shell.page("not_found.html", status=404, what="Deze opdracht")
    if stored.state is State.CLOSED:
        return at.shell.page("intake_closed.html", status=409, stored=stored)
    if before := at.shell.typed(f"/opdrachten/{assignment_id}/wijzigen"):
        return at.page(replace(Sheet.of(before, assignment_id), stored=stored))
    shown = [fault for fault in stored.faults if controle or fault.detail != MISSING]
    form = forms.typed(stored.fields)
    if stored.state is State.DRAFT and not form["respond_by_day"] and not form["respond_by_time"]:
        form["respond_by_time"] = [NOON]
    sheet = Sheet(form, stored, faults=words.faults_of(shown), note=KEPT if bewaard else "")
    return at.page(_changed(sheet, stored.fields, _object(met)) if met else sheet)


@router.post("/opdrachten/{assignment_id}/wijzigen")
async def work_on(at: Working, assignment_id: UUID, sent: Sent) -> Response:
    """Do what the pressed button says with a draft or an open opdracht."""
    return await _answer(at, sent, assignment_id)


async def _answer(at: At, sent: Typed, assignment_id: UUID | None) -> Response:
    """What was typed comes back, whatever happens."""
    sheet = Sheet.of(sent, assignment_id)
    try:
        stored = None
        if assignment_id is not None:
            stored = await assignments.find(at.owners, at.who.token, assignment_id)
            if stored is None:
                return at.page(replace(sheet, assignment_id=None, state=State.DRAFT, trouble=GONE), 404)
            if stored.state is State.CLOSED:
                return at.shell.page("intake_closed.html", status=409, stored=stored)
        return await _act(at, replace(sheet, stored=stored), sent)
    except Unreachable:
        if at.partial:
            return rendered("intake_reach.html", part=None, points=words.points(sent), labels=words.LABELS)
        return at.page(replace(sheet, trouble=AWAY), 503)


async def _act(at: At, sheet: Sheet, sent: Typed) -> Response:
    action, _, value = "".join(sent.get("actie", ())).partition(":")
    stored = sheet.stored
    base: Fields = stored.fields if stored else {}
    form = forms.taken(sheet.form, sent.get("neem", ()), forms.typed(base))
    fields = forms.read(form, base, await _known_places(at, form))
    sheet = replace(sheet, form=form)
    match action:
        case "bereken":
            return await _reach(at, sheet, fields)
        case "pas-toe":
            return at.page(_changed(sheet, fields, _object(value)))
        case "lees":
            return at.page(await _with_mail(at, sheet))
        case "wis":
            return at.page(replace(sheet, form=intake_mail.without(form, value)))
        case "bewerk":
            return at.page(sheet)
        case "bevestig" if stored and stored.state is State.OPEN:
            return await change(at, sheet, fields)
        case "controleer" if stored and stored.state is State.OPEN:
            found = words.faults_of(Fault(*one) for one in refused(fields))
            if found:
                return at.page(replace(sheet, faults=found), 422)
            return await check(at, sheet, fields)
    if stored and stored.state is State.OPEN:  # it was published while somebody typed
        return at.page(replace(sheet, state=State.OPEN, trouble=PUBLISHED), 409)
    return await _keep(at, sheet, fields, to_publish=action == "controleer")


async def _with_mail(at: At, sheet: Sheet) -> Sheet:
    form, found = await intake_mail.filled(at.owners, at.who.token, sheet.form, first(at.who))
    if not found:
        return replace(sheet, note=NOTHING_READ)
    names = nl.joined([words.label(one.field) for one in found])
    doubts = [
        f" {words.label(one.field)}: de mail noemt ook {nl.joined(one.others)}."
        for one in found
        if one.others
    ]
    return replace(sheet, form=form, note=f"Uit de mail ingevuld: {names}. Kijk het na.{''.join(doubts)}")


async def _known_places(at: At, form: Typed) -> Places:
    """Return the place that was typed, if it is one."""
    name = "".join(form.get("place", ())).strip()
    found = await assignments.places(at.owners, at.who.token, name)
    return {one.by.casefold(): one.place for one in reversed(found)}


async def _reach(at: At, sheet: Sheet, fields: Fields) -> Response:
    part = await reach_part(at, fields)
    if at.partial:
        return rendered("intake_reach.html", part=part, points=words.points(sheet.form), labels=words.LABELS)
    return at.page(replace(sheet, part=part))


def _object(text: str) -> Mapping[str, Any]:
    """Read a change of facts; of what is none, or nested without end, nothing."""
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _changed(sheet: Sheet, fields: Fields, proposed: Fields) -> Sheet:
    after = forms.with_change(fields, proposed)
    names = nl.joined([words.label(field) for field in forms.changed(fields, after)])
    if not names:
        return sheet
    return replace(
        sheet, form=forms.typed(after), note=f"Ingevuld: {names}. Controleer het, en verstuur het dan."
    )


async def _keep(at: At, sheet: Sheet, fields: Fields, *, to_publish: bool) -> Response:
    stored, token = sheet.stored, at.who.token
    if stored is None:
        answer = await assignments.begin(at.owners, token, fields, sheet.key)
    elif stored.fields == fields:  # it was kept already, maybe by the same button
        return _kept(stored, to_publish=to_publish)
    elif stored.version != sheet.version:
        return at.conflict(sheet)
    else:
        answer = await assignments.keep(at.owners, token, stored.assignment_id, stored.version, fields)
    if answer.ok:
        return _kept(assignments.draft(answer), to_publish=to_publish)
    if answer.status == 412 and stored is not None:
        now = await assignments.find(at.owners, token, stored.assignment_id)
        if now is not None:
            fields = forms.read(sheet.form, now.fields, {})
            return await _keep(at, replace(sheet, stored=now), fields, to_publish=to_publish)
    if stored is None and answer.came_before:
        return at.page(replace(sheet, key=str(uuid4()), trouble=CAME_BEFORE), 409)
    found = words.faults_of(answer.faults)
    return at.page(replace(sheet, faults=found, trouble="" if found else AWAY), answer.status)


def _kept(draft: Stored, *, to_publish: bool) -> Response:
    address = f"/opdrachten/{draft.assignment_id}"
    if not to_publish:
        return RedirectResponse(f"{address}/wijzigen?bewaard=1", 303)
    return RedirectResponse(f"{address}/{'wijzigen?controle=1' if draft.faults else 'publiceer'}", 303)
