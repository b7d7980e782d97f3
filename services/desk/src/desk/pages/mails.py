"""`/mails`: what was mailed and how it ended, and the addresses that get no mail."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from chassis.http.resources import Database
from contracts.vocabulary import NoticeOutcome
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7
from words import nl

from desk.owners import mails
from desk.owners.api import Answer, Unreachable
from desk.pages.sentences import MAILS
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, Staff
from desk.store import people, profile

OUTCOMES: Mapping[str, str] = {
    "pending": "gepland",
    "sending": "wordt verstuurd",
    "digested": "staat in een mail met meer opdrachten",
    **{str(outcome): name for outcome, name in nl.OUTCOMES.items()},
}
RESENDABLE = frozenset(
    {
        NoticeOutcome.BOUNCED,
        NoticeOutcome.REFUSED,
        NoticeOutcome.MISSED,
        NoticeOutcome.SUPPRESSED,
        NoticeOutcome.EXPIRED,
    }
)
SENT = frozenset({"digested", NoticeOutcome.ACCEPTED, NoticeOutcome.BOUNCED, NoticeOutcome.COMPLAINED})
MESSAGES = {
    "opnieuw": "De mail gaat opnieuw weg.",
    "vrij": "Vrijgegeven: hier gaat weer mail naartoe.",
    "domein": "Vul een domein in, zoals provincie.nl.",
}
NOT_AGAIN = {
    "it is on its way already": "De mail is al onderweg.",
    "a digest tells it": "Dit staat in een mail met meer opdrachten.",
    "it was sent, and did not come back": "De mail is verstuurd en niet teruggekomen.",
    "its reader complained of it": "De ontvanger heeft deze mail als ongewenst gemeld.",
    "a later mail took its place": "Er is al een latere mail over.",
    "the address gets no mail: release it first": "Dit adres krijgt geen mail. Geef het eerst vrij.",
    "the professional was erased": "Het profiel is verwijderd.",
    "the professional wants no mail": "De professional wil geen mail.",
    "the score is below the professional's minimum": "De score is lager dan de professional wil zien.",
    "the professional answered already": "De professional heeft al geantwoord.",
    "the assignment closed before it was told": "De opdracht is gesloten.",
}
# Why an address gets no mail, where its cause says too little.
SUPPRESSED = {
    "its reader says that the change of address was not theirs": "“dit was ik niet”, zei iemand toen het "
    "adres veranderde. Vraag na welk adres klopt."
}
NOT_TRUE = "Wat erin staat, klopt niet meer. De mail gaat niet opnieuw weg."

MAIL_SERVERS_CODE = re.compile(r"\b(?:[245]\.\d{1,3}\.\d{1,3}|[45]\d\d)\b", re.ASCII)  # RFC 3463, RFC 5321

router = APIRouter(include_in_schema=False)


def when(at: str) -> str:
    """Write a moment that the owner wrote."""
    return nl.short_moment(datetime.fromisoformat(at))


def code(reason: str) -> str | None:
    """Return the code in what a mail server said, which is in no language that people must know."""
    found = MAIL_SERVERS_CODE.search(reason)
    return found and found[0]


@router.get("/mails")
async def show(
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    opdracht: UUID | None = None,
    persoon: UUID | None = None,
    soort: Annotated[str, Query(max_length=30)] = "",
    uitkomst: Annotated[str, Query(max_length=30)] = "",
    vanaf: Annotated[str, Query(max_length=500)] = "",
    meld: Annotated[str, Query(max_length=30)] = "",
) -> HTMLResponse:
    """Show what was mailed, newest first."""
    chosen = {
        "opdracht": str(opdracht or ""),
        "persoon": str(persoon or ""),
        "soort": soort if soort in MAILS else "",
        "uitkomst": uitkomst if uitkomst in OUTCOMES else "",
    }
    asked = {
        "assignment_id": chosen["opdracht"],
        "profile_id": chosen["persoon"],
        "kind": chosen["soort"],
        "outcome": chosen["uitkomst"],
        "cursor": vanaf,
    }
    found, following = await _asked(mails.listed(owners, who.token, {k: v for k, v in asked.items() if v}))
    items = found or []
    async with pool.acquire() as connection:
        names = await people.names(connection, _ids(items, "profile_id", persoon))
        titles = await profile.titles(connection, _ids(items, "assignment_id", opdracht))

    def address(**changed: str) -> str:
        return _address("/mails", {**chosen, **changed})

    return shell.page(
        "mails.html",
        items=items,
        unreachable=found is None,
        chosen=chosen,
        following=following and address(vanaf=following),
        names={str(one): name for one, name in names.items()},
        titles={str(one): title for one, title in titles.items()},
        kinds=MAILS,
        outcomes=OUTCOMES,
        resendable=RESENDABLE,
        sent=SENT,
        address=address,
        key=uuid7,
        message=MESSAGES.get(meld),
        when=when,
        may_change=who.may_change,
    )


@router.get("/mails/adressen")
async def addresses(
    who: Staff,
    pool: Database,
    owners: AskOwners,
    shell: Shell,
    domein: Annotated[str, Query(max_length=253)] = "",
    vanaf: Annotated[str, Query(max_length=500)] = "",
    meld: Annotated[str, Query(max_length=30)] = "",
) -> HTMLResponse:
    """Show the addresses that get no mail."""
    asked = {name: value for name, value in (("domain", domein.strip()), ("cursor", vanaf)) if value}
    found, following = await _asked(mails.suppressed(owners, who.token, asked))
    async with pool.acquire() as connection:
        names = await people.names(connection, _ids(found or [], "profile_id", None))
    return shell.page(
        "mails_addresses.html",
        items=found or [],
        unreachable=found is None,
        domain=domein.strip(),
        code=code,
        suppressed=SUPPRESSED,
        following=following and _address("/mails/adressen", {"domein": domein.strip(), "vanaf": following}),
        names={str(one): name for one, name in names.items()},
        message=MESSAGES.get(meld),
        when=when,
        may_change=who.may_change,
    )


async def _asked(question: Any) -> tuple[list[dict[str, Any]] | None, str | None]:
    """Return a page of a list and where it goes on; None where its owner does not answer."""
    try:
        answer: Answer = await question
    except Unreachable:
        return None, None
    return (answer.body["items"], answer.body["next"]) if answer.ok else ([], None)


def _ids(items: list[dict[str, Any]], name: str, besides: UUID | None) -> set[UUID]:
    return {UUID(item[name]) for item in items if item[name]} | ({besides} if besides else set())


def _address(path: str, said: dict[str, str]) -> str:
    said = {name: value for name, value in said.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


@router.get("/mails/{notice_id}")
async def body(notice_id: UUID, who: Staff, owners: AskOwners, shell: Shell) -> HTMLResponse:
    """Show a mail as it was sent: its text, which no markup can act in."""
    answer = await mails.body(owners, who.token, notice_id)
    mail = answer.body if answer.ok else None
    return shell.page("mail.html", status=200 if mail else 404, mail=mail, kinds=MAILS, when=when)


@router.post("/mails/{notice_id}/opnieuw")
async def again(
    notice_id: UUID, who: Recruiter, owners: AskOwners, shell: Shell, sleutel: Annotated[UUID, Form()]
) -> Response:
    """Send a mail once more."""
    answer = await mails.again(owners, who.token, notice_id, str(sleutel))
    if answer.status == 409:
        because = NOT_AGAIN.get(str(answer.body.get("detail")), NOT_TRUE)
        return shell.page("mails_refused.html", status=409, because=because)
    if not answer.ok:
        return _unknown(shell)
    return RedirectResponse("/mails?meld=opnieuw", 303)


@router.post("/mails/adressen/vrij")
async def release(
    who: Recruiter,
    owners: AskOwners,
    _shell: Shell,
    adres: Annotated[UUID | None, Form()] = None,
    domein: Annotated[str, Form(max_length=253)] = "",
) -> Response:
    """Let an address, or all of a domain, get mail again."""
    if adres is not None:
        answer = await mails.release(owners, who.token, adres)
    else:
        answer = await mails.release_domain(owners, who.token, domein.strip())
    done = "domein" if answer.status == 422 else "vrij"
    return RedirectResponse(f"/mails/adressen?meld={done}", 303)


def _unknown(shell: PageShell) -> HTMLResponse:
    return shell.page("not_found.html", status=404, what="Deze mail")
