"""`/mijn/netwerk`: whether colleagues may find one, who they are, and a question to one of them."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from contracts.vocabulary import Dossier, OrganisationType, Specialism
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7

from desk.domain import profile_form as form
from desk.owners import network, profiles
from desk.owners.api import Answer, Owner, Unreachable
from desk.pages.mijn import own_id
from desk.pages.profile_form import CHANGED, REFUSED
from desk.pages.sent import Sent, Text
from desk.pages.shell import AskOwners, OwnShell, PageShell
from desk.sign_in.session import Professional, SignedIn

LONGEST_QUESTION = 2000
ASKED = ("specialism", "dossier", "organisation_type")
SAID = {
    "zichtbaar": "Opgeslagen. Collega's die zelf zichtbaar zijn, kunnen je nu vinden.",
    "uit": "Opgeslagen. Collega's kunnen je niet vinden.",
    "gevraagd": "Je vraag is verstuurd. Het antwoord komt in je mail.",
}
NO_QUESTION = "Schrijf je vraag op, in hoogstens 2.000 tekens."
NOT_AGREED = (
    "Zet een vinkje als je het goed vindt dat je naam en adres te zien zijn. Zonder dat versturen we niets."
)
GONE = "Deze collega is niet meer te vinden. Je vraag is niet verstuurd."
NOT_SENT = (
    "Je vraag is niet verstuurd. Je kunt drie vragen per dag stellen. Stelde je er minder, probeer het dan zo"
    " nog eens."
)
LINE_WRONG = "Schrijf één zin op één regel, in hoogstens 200 tekens."

router = APIRouter(include_in_schema=False)


@router.get("/mijn/netwerk")
async def show(
    who: Professional,
    owners: AskOwners,
    shell: OwnShell,
    vak: Annotated[Text, Query(max_length=50)] = "",
    dossier: Annotated[Text, Query(max_length=50)] = "",
    soort: Annotated[Text, Query(max_length=50)] = "",
    verder: Annotated[str | None, Query(max_length=400)] = None,
    meld: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Show whether one is visible, and colleagues; `verder`: a later page of them."""
    asked = dict(zip(ASKED, (vak, dossier, soort), strict=True))
    return await _page(who, owners, shell, asked=asked, cursor=verder, message=SAID.get(meld))


async def _page(
    who: SignedIn,
    owners: AskOwners,
    shell: PageShell,
    *,
    status: int = 200,
    asked: Mapping[str, str] | None = None,
    cursor: str | None = None,
    message: str | None = None,
    trouble: str | None = None,
    typed: Mapping[str, list[str]] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> HTMLResponse:
    present = await _present(owners, who)
    mine = present.body["facts"].get("network") or {"visible": False, "offers": [], "line": None}
    wanted = {name: value for name, value in (asked or {}).items() if value}
    listed = await network.colleagues(owners, who.token, wanted, cursor) if mine["visible"] else None
    shown = {
        "zichtbaar": ["1"] if mine["visible"] else [],
        "aanbod": mine["offers"],
        "zin": [mine["line"] or ""],
        "versie": [present.etag or ""],
    }
    return shell.page(
        "own_network.html",
        status=status,
        is_visible=mine["visible"],
        typed={**shown, **(typed or {})},
        wrong=wrong or {},
        trouble=trouble,
        message=message,
        asked={**dict.fromkeys(ASKED, ""), **wanted},
        found=listed.body if listed is not None and listed.ok else None,
        specialisms=tuple(Specialism),
        dossiers=tuple(Dossier),
        organisation_types=tuple(OrganisationType),
    )


async def _present(owners: AskOwners, who: SignedIn) -> Answer:
    answer = await profiles.read(owners, who.token, own_id(who))
    if not answer.ok:
        raise Unreachable(Owner.PROFILES)
    return answer


@router.post("/mijn/netwerk")
async def choose(sent: Sent, who: Professional, owners: AskOwners, shell: OwnShell) -> Response:
    """Say whether one may be found, and with what one helps."""
    visible = "1" in sent.get("zichtbaar", ())
    typed = {name: sent.get(name, []) for name in ("zichtbaar", "aanbod", "zin")}
    wanted: dict[str, Any] = {
        "visible": visible,
        "offers": list(dict.fromkeys(typed["aanbod"])),
        "line": form.first(sent, "zin") or None,
    }
    answer = await profiles.change(
        owners, who.token, own_id(who), {"facts": {"network": wanted}}, form.first(sent, "versie")
    )
    if answer.ok:
        return RedirectResponse(f"/mijn/netwerk?meld={'zichtbaar' if visible else 'uit'}", 303)
    if answer.status == 412:
        return await _page(who, owners, shell, typed=typed, trouble=CHANGED, status=412)
    wrong = {"zin": LINE_WRONG} if any(one.pointer.endswith("/line") for one in answer.faults) else {}
    trouble = None if wrong else REFUSED
    return await _page(who, owners, shell, typed=typed, wrong=wrong, trouble=trouble, status=answer.status)


@router.post("/mijn/netwerk/{profile_id}/vraag")
async def ask(
    profile_id: UUID,
    who: Professional,
    owners: AskOwners,
    shell: OwnShell,
    vraag: Annotated[Text, Form(max_length=10_000)] = "",
    aan: Annotated[Text, Form(max_length=200)] = "",
    akkoord: Annotated[bool, Form()] = False,
    sleutel: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Show what a colleague would see of a question and of who asks it; and send it, once that is agreed."""
    question = vraag.replace("\r\n", "\n").strip()
    wrong = None if question and len(question) <= LONGEST_QUESTION else NO_QUESTION
    key = str(sleutel or uuid7())
    trouble, status = None, 422 if wrong else 200
    if sleutel is not None and wrong is None:
        if not akkoord:
            trouble, status = NOT_AGREED, 422
        else:
            trouble, status = await _sent(owners, who, profile_id, question, key)
            if trouble is None:
                return RedirectResponse("/mijn/netwerk?meld=gevraagd", 303)
    present = await _present(owners, who)
    return shell.page(
        "own_question.html",
        status=status,
        profile_id=profile_id,
        question=question,
        called=aan,
        contact=present.body["contact"],
        key=key,
        wrong=wrong,
        trouble=trouble,
    )


async def _sent(
    owners: AskOwners, who: SignedIn, profile_id: UUID, question: str, key: str
) -> tuple[str | None, int]:
    """Send a question; return what went wrong, None where nothing did, and the page's status."""
    try:
        answer = await network.ask(owners, who.token, profile_id, question, key)
    except Unreachable:
        return NOT_SENT, 503
    if answer.ok or answer.came_before:
        return None, 200
    return (GONE, 404) if answer.status in {403, 404} else (REFUSED, answer.status)
