"""`/opleidingen`: the trainings that professionals see, entered, changed and deleted by recruiters."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from contracts.vocabulary import Certificate, Specialism
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from uuid_utils.compat import uuid7

from desk.domain import learning
from desk.domain import profile_form as form
from desk.owners import network
from desk.owners.api import Answer, Unreachable
from desk.pages.mijn_learning import skill
from desk.pages.profile_form import AWAY, CHANGED, REFUSED
from desk.pages.sent import Sent
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, Staff

SAID = {
    "bewaard": "De opleiding is opgeslagen. Professionals zien haar nu.",
    "weg": "De opleiding is verwijderd.",
}
WRONG = {
    "title": "Vul een naam in van hoogstens 200 tekens.",
    "provider": "Vul in wie de opleiding geeft, in hoogstens 100 tekens en zonder ://.",
    "url": "Vul een webadres in dat begint met https://.",
    "days": "Vul een heel aantal dagen in, van 1 tot en met 1000.",
    "price_cents": "Vul een bedrag in euro's in, zoals 950 of 1.250,50. Laat leeg wat je niet weet.",
}
CONFLICT = f"{CHANGED} Open de opleiding opnieuw om te zien wat er nu staat."
FIELDS = ("title", "provider", "url", "days", "price_cents", "specialisms", "certificates", "version", "key")

router = APIRouter(include_in_schema=False)


@router.get("/opleidingen")
async def show(
    who: Staff, owners: AskOwners, shell: Shell, meld: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Show all trainings."""
    try:
        trainings = sorted(await network.trainings(owners, who.token), key=lambda one: str(one["title"]))
    except Unreachable:
        trainings = None
    return shell.page(
        "trainings.html", trainings=trainings, message=SAID.get(meld), given=learning.given, skill=skill
    )


@router.get("/opleidingen/nieuw")
async def begin(_who: Recruiter, shell: Shell) -> HTMLResponse:
    """Show an empty form."""
    kept = shell.typed("/opleidingen/nieuw") or {}
    return _form(shell, None, {"key": [str(uuid7())], **kept})


@router.post("/opleidingen/nieuw")
async def enter(sent: Sent, who: Recruiter, owners: AskOwners, shell: Shell) -> Response:
    """Enter a training."""
    try:
        answer = await network.enter(owners, who.token, _body(sent), form.first(sent, "key"))
    except Unreachable:
        return _form(shell, None, sent, trouble=AWAY, status=503)
    if answer.ok or answer.came_before:
        return RedirectResponse("/opleidingen?meld=bewaard", 303)
    return _refused(shell, None, sent, answer)


@router.get("/opleidingen/{training_id}")
async def read(training_id: UUID, who: Recruiter, owners: AskOwners, shell: Shell) -> HTMLResponse:
    """Show the form of a training."""
    answer = await network.training(owners, who.token, training_id)
    if not answer.ok:
        return _gone(shell)
    kept = shell.typed(f"/opleidingen/{training_id}") or {}
    return _form(shell, training_id, {**_typed(answer.body), "version": [answer.etag or ""], **kept})


@router.post("/opleidingen/{training_id}")
async def change(training_id: UUID, sent: Sent, who: Recruiter, owners: AskOwners, shell: Shell) -> Response:
    """Change a training, or delete it."""
    try:
        if "verwijder" in sent:
            answer = await network.delete(owners, who.token, training_id)
        else:
            version = form.first(sent, "version")
            answer = await network.change(owners, who.token, training_id, _body(sent), version)
    except Unreachable:
        return _form(shell, training_id, sent, trouble=AWAY, status=503)
    if answer.status == 404:
        return _gone(shell)
    if answer.ok:
        return RedirectResponse(f"/opleidingen?meld={'weg' if 'verwijder' in sent else 'bewaard'}", 303)
    return _refused(shell, training_id, sent, answer)


def _gone(shell: PageShell) -> HTMLResponse:
    return shell.page("not_found.html", status=404, what="Deze opleiding")


def _refused(
    shell: PageShell, training_id: UUID | None, sent: Mapping[str, list[str]], answer: Answer
) -> HTMLResponse:
    names = [one.pointer.strip("/").partition("/")[0] for one in answer.faults]
    wrong = {name: WRONG[name] for name in names if name in WRONG}
    trouble = CONFLICT if answer.status == 412 else None if wrong else REFUSED
    return _form(shell, training_id, sent, wrong=wrong, trouble=trouble, status=answer.status)


def _form(
    shell: PageShell,
    training_id: UUID | None,
    typed: Mapping[str, Any],
    *,
    wrong: Mapping[str, str] | None = None,
    trouble: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    return shell.page(
        "training.html",
        status=status,
        training_id=training_id,
        typed={name: list(typed.get(name, ())) for name in FIELDS},
        wrong=wrong or {},
        trouble=trouble,
        specialisms=tuple(Specialism),
        certificates=tuple(Certificate),
    )


def _body(sent: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the body of a training as typed; what is wrong in it is for its owner to say."""
    price = form.first(sent, "price_cents")
    return {
        **{name: form.first(sent, name) for name in ("title", "provider", "url")},
        "days": form.number(form.first(sent, "days")),
        "price_cents": form.cents(price) if price else None,
        "gives": {name: list(dict.fromkeys(sent.get(name, ()))) for name in ("specialisms", "certificates")},
    }


def _typed(training: Mapping[str, Any]) -> dict[str, list[str]]:
    price = training["price_cents"]
    return {
        **{name: [str(training[name])] for name in ("title", "provider", "url", "days")},
        "price_cents": [] if price is None else [f"{price // 100},{price % 100:02}"],
        **{name: list(training["gives"][name]) for name in ("specialisms", "certificates")},
    }
