"""`/instellingen`: one's own mails and shortcuts, and the texts of messages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import Decision, ReasonCode
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.domain.messages import DEFAULTS, LONGEST, Code, unknown_placeholders
from desk.owners import mails
from desk.owners.api import Unreachable
from desk.pages import sentences
from desk.pages.sent import Sent, legible_text
from desk.pages.shell import SHORTCUTS, AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, SignedIn, Staff
from desk.store import templates

SUMMARY = {
    "direct": "meteen",
    "hourly": "hoogstens één keer per uur",
    "daily": "één keer per dag",
    "none": "nooit",
}
INTEREST = {"direct": "meteen", "daily": "één keer per dag"}
CHOICES = ("summary", "interest", "quiet_hours")
YEAR = 365 * 24 * 3600
MESSAGES = {
    "mails": "Je mails zijn ingesteld.",
    "teksten": "De teksten zijn opgeslagen.",
    "toetsen": "Opgeslagen.",
}
AWAY = "Opslaan lukt nu even niet. Wat je koos, staat er nog: probeer het zo nog eens."

router = APIRouter(include_in_schema=False)


@router.get("/instellingen")
async def show(who: Staff, pool: Database, owners: AskOwners, shell: Shell, meld: str = "") -> HTMLResponse:
    """Show everything that can be set."""
    choices, texts = shell.typed("/instellingen/mails"), shell.typed("/instellingen/teksten") or {}
    chosen = choices and {name: "".join(choices.get(name, ())) for name in CHOICES}
    typed: dict[Code, str] = {code: _text(texts[code][0]) for code in DEFAULTS if code in texts}
    return await _page(who, pool, owners, shell, chosen=chosen, typed=typed, message=MESSAGES.get(meld))


@router.post("/instellingen/mails")
async def choose(
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    summary: Annotated[str, Form(max_length=20)] = "",
    interest: Annotated[str, Form(max_length=20)] = "",
    quiet_hours: Annotated[bool, Form()] = False,
) -> Response:
    """Choose one's own mails."""
    wanted = {"summary": summary, "interest": interest, "quiet_hours": quiet_hours}
    try:
        answer = await mails.prefer(owners, who.token, wanted)
    except Unreachable:
        return await _page(who, pool, owners, shell, 503, chosen=wanted, trouble=AWAY)
    if not answer.ok:
        refused = "Dit wordt niet aangenomen. Kies opnieuw."
        return await _page(who, pool, owners, shell, answer.status, chosen=wanted, trouble=refused)
    return RedirectResponse("/instellingen?meld=mails", 303)


@router.post("/instellingen/sneltoetsen")
async def switch(_who: Staff, aan: Annotated[bool, Form()] = False) -> Response:
    """Switch the shortcuts on or off, in this browser."""
    answer = RedirectResponse("/instellingen?meld=toetsen", 303)
    if aan:
        answer.delete_cookie(SHORTCUTS)
    else:
        answer.set_cookie(SHORTCUTS, "uit", max_age=YEAR, samesite="lax")
    return answer


@router.post("/instellingen/teksten")
async def write(
    sent: Sent,
    who: Recruiter,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    act: Annotated[Recording, audited(Action.CHANGE, "texts")],
) -> Response:
    """Write the texts of messages; one that is empty is the desk's own again."""
    async with pool.acquire() as connection:
        known = await templates.texts(connection)
    typed = {code: _text(sent[code]) for code in known if code in sent}
    wrong = {code: says for code, text in typed.items() if (says := _fault(text))}
    if wrong:
        return await _page(who, pool, owners, shell, 422, typed=typed, wrong=wrong)
    async with pool.acquire() as connection, connection.transaction():
        await templates.write(connection, typed, who.caller.name, datetime.now(UTC))
        await act.record(connection, fields=[str(code) for code in typed])
    return RedirectResponse("/instellingen?meld=teksten#teksten", 303)


def _text(sent: Sequence[str]) -> str:
    return legible_text("".join(sent)).replace("\r\n", "\n").strip()


def _fault(text: str) -> str | None:
    if len(text) > LONGEST:
        return f"Deze tekst is te lang. Gebruik hoogstens {LONGEST} tekens."
    if unknown := unknown_placeholders(text):
        return f"{unknown[0]} kennen we niet. Gebruik alleen {{naam}} en {{opdracht}}."
    return None


async def _page(
    who: SignedIn,
    pool: Database,
    owners: AskOwners,
    shell: PageShell,
    status: int = 200,
    *,
    chosen: Mapping[str, Any] | None = None,
    typed: dict[Code, str] | None = None,
    wrong: dict[Code, str] | None = None,
    message: str | None = None,
    trouble: str | None = None,
) -> HTMLResponse:
    if chosen is None and who.may_change:
        chosen = await _chosen(owners, who)
    async with pool.acquire() as connection:
        texts = await templates.texts(connection)
    return shell.page(
        "preferences.html",
        status=status,
        chosen=chosen,
        summaries=SUMMARY,
        interests=INTEREST,
        texts=texts | (typed or {}),
        names={**{one: sentences.DECISIONS.get(one, one) for one in Decision}, **_REASONS},
        wrong=wrong or {},
        message=message,
        trouble=trouble,
        may_change=who.may_change,
    )


_REASONS = {code: f"Wijs af: {sentences.REASONS.get(code, code)}" for code in ReasonCode}


async def _chosen(owners: AskOwners, who: SignedIn) -> Mapping[str, Any] | None:
    """Return which mails somebody gets; None where that cannot be told now."""
    try:
        answer = await mails.preferences(owners, who.token)
    except Unreachable:
        return None
    return dict(answer.body) if answer.ok else None
