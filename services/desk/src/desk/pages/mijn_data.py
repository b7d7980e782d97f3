"""`/mijn/gegevens`: how one is mailed, who saw what, all that is held on oneself, and the end of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import Role
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.domain import profile_form as form
from desk.domain.profile_form import Typed
from desk.owners import own, profiles
from desk.owners.api import Answer, Owner, Unreachable
from desk.pages.mijn import own_id
from desk.pages.profile import download, unknown
from desk.pages.profile_form import CHANGED, REFUSED
from desk.pages.sent import Sent, Text
from desk.pages.shell import AskOwners, OwnShell, PageShell
from desk.rendering import rendered
from desk.sign_in.door import NO_STORE, door_of
from desk.sign_in.session import Professional, SignedIn

PREFERENCES = "/contact/preferences"
SAID = {
    "opgeslagen": "Opgeslagen. Zo krijg je voortaan mail.",
    "adres": "Kijk in de mail van het nieuwe adres, en open de link binnen een kwartier in deze browser."
    " Tot dan verandert er niets.",
}
NAME_WRONG = "De naam klopt niet. Typ hem precies zoals hij hierboven staat. Er is niets verwijderd."
NOT_ERASED = "Verwijderen lukt nu even niet. Er is niets veranderd. Probeer het zo nog eens."
ACTS: Mapping[str, str] = {
    Action.READ: "bekeek",
    Action.EXPORT: "haalde op",
    Action.LIST: "zag in een lijst",
    Action.CREATE: "maakte",
    Action.CHANGE: "wijzigde",
    Action.DELETE: "verwijderde",
    Action.ERASE: "wiste",
    Action.OPEN: "opende",
    Action.CLOSE: "sloot",
    Action.DECIDE: "besloot over",
    Action.ANSWER: "antwoordde op",
    Action.SEND: "verstuurde",
    Action.RELEASE: "gaf vrij",
    Action.SIGN_IN: "logde in",
    Action.SIGN_OUT: "logde uit",
}
KINDS: Mapping[str, str] = {
    "profile": "je profiel",
    "person": "je gegevens",
    "people": "mensen bij een opdracht",
    "contact": "je contactgegevens",
    "preferences": "hoe je mail krijgt",
    "match": "een opdracht die bij je past",
    "matches": "opdrachten die bij je passen",
    "career": "je loopbaan",
    "placement": "een plaatsing",
    "deliveries": "mails aan jou",
    "mail": "een mail aan jou",
    "notice": "een mail aan jou",
    "note": "een notitie over jou",
    "audit": "wie je gegevens zag",
    "suppressions": "adressen die geen mail krijgen",
    "suppression": "je adres dat geen mail kreeg",
    "colleague": "collega's die te vinden zijn",
    "question": "een vraag aan een collega",
    "forecast": "wie mail zou krijgen",
    "session": "",
    "sign-in link": "",
    "address link": "je mailadres",
}

router = APIRouter(include_in_schema=False)


@router.get("/mijn/gegevens")
async def show(
    who: Professional,
    owners: AskOwners,
    shell: OwnShell,
    meld: Annotated[str, Query(max_length=20)] = "",
    verder: Annotated[str | None, Query(max_length=400)] = None,
) -> HTMLResponse:
    """Show how one is mailed, who saw what, and what one may do with all of it. `verder`: a later page of who
    saw what."""
    return await data_page(who, owners, shell, message=SAID.get(meld), cursor=verder)


async def data_page(
    who: SignedIn,
    owners: AskOwners,
    shell: PageShell,
    *,
    status: int = 200,
    message: str | None = None,
    cursor: str | None = None,
    typed: Typed | None = None,
    wrong: Mapping[str, str] | None = None,
    trouble: str | None = None,
    name_wrong: str | None = None,
    address: str = "",
    address_wrong: str | None = None,
) -> HTMLResponse:
    """Show the page, with what was sent to it. `address`: another one that was asked for."""
    present = await own_profile(owners, who)
    try:
        seen = await own.acts(owners, who.token, own_id(who), cursor)
    except Unreachable:
        seen = None
    shown: Typed = {**form.typed_of(present.body), "version": [present.etag or ""]}
    return shell.page(
        "own_data.html",
        status=status,
        contact=present.body["contact"],
        typed={**shown, **(typed or {})},
        form=form,
        wrong=wrong or {},
        message=message,
        trouble=trouble,
        name_wrong=name_wrong,
        address=address,
        address_wrong=address_wrong,
        acts=None if seen is None else [_said(one, who) for one in seen["items"]],
        following=None if seen is None else seen["next"],
    )


async def own_profile(owners: AskOwners, who: SignedIn) -> Answer:
    """Return one's profile; raises Unreachable, also where it is not known (yet)."""
    answer = await profiles.read(owners, who.token, own_id(who))
    if not answer.ok:
        raise Unreachable(Owner.PROFILES)
    return answer


def _said(one: Mapping[str, Any], who: SignedIn) -> tuple[datetime, str]:
    """Say who did what; colleagues by their role, for names of staff are on no audit."""
    roles = (one["role"] or "").split()
    if one["subject"].lower() == who.caller.subject.lower():
        by = "jij, met een link in een mail" if one["issuer"] == "link" else "jij"
    elif one["issuer"] == "platform":
        by = "het platform"
    elif Role.RECRUITER in roles:
        by = "een recruiter"
    else:
        by = "een beheerder" if Role.OPERATOR in roles else "iemand anders"
    what = KINDS.get(one["object_kind"], "iets van jou")
    did = ACTS.get(one["action"], "deed iets met")
    return datetime.fromisoformat(one["at"]), f"{by} {did} {what}".strip()


@router.post("/mijn/gegevens/mail")
async def choose(sent: Sent, who: Professional, owners: AskOwners, shell: OwnShell) -> Response:
    """Choose how one is mailed."""
    typed = {name: values for name, values in sent.items() if name.startswith(PREFERENCES)}
    wishes = form.body(typed)["contact"]["preferences"]
    version = form.first(sent, "version")
    answer = await profiles.change(
        owners, who.token, own_id(who), {"contact": {"preferences": wishes}}, version
    )
    if answer.ok:
        return RedirectResponse("/mijn/gegevens?meld=opgeslagen", 303)
    kept = {f"{PREFERENCES}/quiet_hours": [], **typed}
    if answer.status == 412:
        return await data_page(who, owners, shell, typed=kept, trouble=CHANGED, status=412)
    wrong = {form.field_of(one.pointer): form.remedy(one.pointer, one.detail) for one in answer.faults}
    trouble = None if wrong else REFUSED
    return await data_page(who, owners, shell, typed=kept, wrong=wrong, trouble=trouble, status=answer.status)


@router.get("/mijn/gegevens/download")
async def export(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.EXPORT, "person")],
) -> Response:
    """Download all that every service holds on oneself."""
    return await download(owners, who.token, own_id(who), pool, act) or unknown(shell)


@router.post("/mijn/gegevens/verwijder")
async def erase(
    request: Request,
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    naam: Annotated[Text, Form(max_length=200)] = "",
) -> Response:
    """Erase oneself, once one's name was typed; whoever is erased is signed out."""
    present = await own_profile(owners, who)
    if " ".join(naam.split()) != " ".join(present.body["contact"]["name"].split()):
        return await data_page(who, owners, shell, name_wrong=NAME_WRONG, status=422)
    try:
        answer = await profiles.erase(owners, who.token, own_id(who))
    except Unreachable:
        return await data_page(who, owners, shell, name_wrong=NOT_ERASED, status=503)
    if not answer.ok and answer.status != 404:
        return await data_page(who, owners, shell, name_wrong=NOT_ERASED, status=503)
    response = RedirectResponse("/mijn/verwijderd", 303, NO_STORE)
    if who.session is not None:  # else they sent a token themselves
        door = door_of(request)
        await door.sessions.end(pool, request.cookies[door.cookie])
        door.unset(response, door.cookie)
    return response


@router.get("/mijn/verwijderd")
async def erased() -> HTMLResponse:
    """Say that one is erased; nobody is signed in any more."""
    return rendered("own_erased.html")
