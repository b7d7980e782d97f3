"""The page on which somebody who is at work says how it goes. Looking changes nothing: mail scanners follow
links."""

from datetime import UTC, datetime
from typing import Annotated

from chassis.audit import Action, Actor
from chassis.http.audited import Recording, audited
from chassis.http.forms import FormBody, Reading
from chassis.http.resources import Database
from contracts.vocabulary import CheckIn
from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from words.rendering import page

from notifications import guiding
from notifications.answers.forms import CheckInForm
from notifications.answers.links import Link, Purpose
from notifications.answers.pages import DEAD_LINK, TEMPLATES, dead_link, link_to
from notifications.domain.guidance import Asked, TooMany
from notifications.rendering import html
from notifications.store import assignments
from notifications.words import nl_sentences

# Of whose work a link asks; None where it is forged or too old.
LinkedCheckIn = Annotated[Link | None, Depends(link_to(Purpose.CHECK_IN))]
SentCheckIn = Annotated[Reading[CheckInForm], Depends(FormBody(CheckInForm))]

router = APIRouter(
    default_response_class=HTMLResponse,
    tags=["pages of a mail's links"],
    responses={
        404: html(DEAD_LINK),
        422: html("The answer is none of the three, or too long.", 422),
        503: html("The database does not answer; try again.", 503),
    },
)


@router.get("/check-in/{token}")
async def ask_how_it_goes(
    link: LinkedCheckIn,
    pool: Database,
    act: Annotated[Recording, audited(Action.READ, "placement")],
    answer: Annotated[str | None, Query(max_length=20, description="Which answer is chosen already.")] = None,
) -> HTMLResponse:
    """Ask somebody who is at work how it goes.

    Three answers, and room for a sentence. Nothing changes.
    """
    async with pool.acquire() as connection:
        asked = None if link is None else await guiding.look_up(connection, link.subject, link.generation)
        if asked is None:
            return dead_link()
        actor = Actor.by_link(asked.profile_id)
        await act.record(connection, asked.placement.placement_id, people=[asked.profile_id], actor=actor)
    return await _page(pool, asked, chosen=answer or asked.answer, sentence=asked.sentence)


@router.post("/check-in/{token}", responses={409: html("It was answered too often.", 409)})
async def say_how_it_goes(
    link: LinkedCheckIn,
    pool: Database,
    sent: SentCheckIn,
    _act: Annotated[Recording, audited(Action.ANSWER, "placement")],
) -> HTMLResponse:
    """Say how work goes.

    `goed`, `gaat-wel` or `wil-praten`, of which the last counts; who wants to talk is told of to their coach,
    or their recruiter, at once.
    """
    async with pool.acquire() as connection:
        asked = None if link is None else await guiding.look_up(connection, link.subject, link.generation)
    if link is None or asked is None:
        return dead_link()
    try:
        form = await sent()
    except ValidationError:
        return await _page(pool, asked, note=nl_sentences.ANSWER_TOO_LONG, status=422)
    if form.answer not in set(CheckIn):
        note = nl_sentences.CHOOSE_HOW_IT_GOES
        return await _page(pool, asked, note=note, status=422, sentence=form.words)
    said = CheckIn(form.answer)
    now = datetime.now(UTC)
    match await guiding.answer(pool, link.subject, link.generation, said, form.words, now):
        case None:
            return dead_link()
        case TooMany():
            return await _page(pool, asked, note=nl_sentences.TOO_MANY_ANSWERS, status=409)
        case Asked():
            return await _page(pool, asked, said=said, sentence=form.words)


async def _page(
    pool: Database,
    asked: Asked,
    *,
    note: str | None = None,
    status: int = 200,
    chosen: str | None = None,
    said: CheckIn | None = None,
    sentence: str | None = None,
) -> HTMLResponse:
    assignment_id = asked.placement.assignment_id
    async with pool.acquire() as connection:
        known = await assignments.by_ids(connection, [assignment_id])
    return page(
        TEMPLATES,
        "check_in.html",
        status,
        facts=known[assignment_id].facts if assignment_id in known else None,
        CheckIn=CheckIn,
        chosen=chosen,
        said=said,
        sentence=sentence,
        note=note,
    )
