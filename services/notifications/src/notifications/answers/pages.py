"""The pages that a mail's links open, without a login: looking changes nothing, posting does."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from chassis.database import Pool
from chassis.http.forms import FormBody, Reading
from chassis.http.problems import invalid
from chassis.http.resources import Database
from contracts.vocabulary import Answer, Frequency
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from words.rendering import page

from notifications.answers import answering, preferring
from notifications.answers.forms import END, AnswerForm, PreferencesForm, UnsubscribeForm
from notifications.answers.links import OurLinks, answers_end
from notifications.domain import clock
from notifications.domain.contact import UnsubscribeReason
from notifications.domain.match import Match
from notifications.domain.standing import Choice, Standing, TooLate, TooMany, choices, standing
from notifications.metrics import UNSUBSCRIBED
from notifications.rendering import environment, html
from notifications.words import nl_sentences

LATER = "later"  # the third button: no answer, but a wish to be asked again
TEMPLATES = environment("notifications.answers", "words")


Token = Annotated[str, Path(description="The signed part of a mail's link.")]


def _match_id(token: Token, links: OurLinks) -> UUID | None:
    return links.read_match(token)


def _preferences_of(token: Token, links: OurLinks) -> UUID | None:
    return links.read_preferences(token)


def _unsubscription_of(token: Token, links: OurLinks) -> UUID | None:
    return links.read_unsubscribe(token)


# What a link is for; None where it is forged or too old.
LinkedMatch = Annotated[UUID | None, Depends(_match_id)]
LinkedPreferences = Annotated[UUID | None, Depends(_preferences_of)]
LinkedUnsubscription = Annotated[UUID | None, Depends(_unsubscription_of)]

# Read once the link is verified, and not before.
SentAnswer = Annotated[Reading[AnswerForm], Depends(FormBody(AnswerForm))]
SentPreferences = Annotated[Reading[PreferencesForm], Depends(FormBody(PreferencesForm))]
SentUnsubscription = Annotated[Reading[UnsubscribeForm], Depends(FormBody(UnsubscribeForm))]

DEAD_LINK = "The link is not one of ours, has ended, or is of somebody who was erased."

router = APIRouter(
    default_response_class=HTMLResponse,
    tags=["pages of a mail's links"],
    responses={
        404: html(DEAD_LINK),
        422: html("What was sent is not valid.", 422),
        503: html("The database does not answer; try again.", 503),
    },
)


@router.get("/m/{token}")
async def show_match(
    match_id: LinkedMatch,
    pool: Database,
    answer: Annotated[str | None, Query(max_length=20, description="Which button has the focus.")] = None,
) -> HTMLResponse:
    """Show a match to its professional.

    The opdracht, why it fits, how the match stands, and buttons to answer while one may. Nothing changes.
    """
    return await _match_page(pool, match_id, wanted=answer)


@router.post(
    "/m/{token}",
    responses={
        409: html("The match can no longer be answered, or not be asked later."),
        422: html("The answer is none of the three.", 422),
    },
)
async def answer_match(
    match_id: LinkedMatch,
    pool: Database,
    sent: SentAnswer,
) -> HTMLResponse:
    """Answer a match.

    `interested` and `declined` are answers, of which the last counts; `later` asks to be told of it again in
    the next digest.
    """
    now = datetime.now(UTC)
    match = None if match_id is None else await answering.look_up(pool, match_id)
    if match is None or _is_dead(match, now):
        return dead_link()
    try:
        form = await sent()
    except ValidationError:
        return await _match_page(pool, match_id, nl_sentences.ANSWER_TOO_LONG, 422)
    if form.answer == LATER:
        if match.interested:
            return await _match_page(pool, match.match_id, nl_sentences.LATER_AFTER_YES)
        at = await answering.ask_later(pool, match.match_id, now)
        if at is None:
            return await _match_page(pool, match.match_id, nl_sentences.LATER_TOO_LATE, 409)
        return await _match_page(pool, match.match_id, nl_sentences.asked_later(at))
    if form.answer not in set(Answer):
        return await _match_page(pool, match.match_id, nl_sentences.CHOOSE_AN_ANSWER, 422)
    match await answering.answer(pool, match.match_id, Answer(form.answer), form.words, now):
        case TooLate():
            return await _match_page(pool, match_id, nl_sentences.ANSWER_TOO_LATE, 409)
        case TooMany():
            return await _match_page(pool, match_id, nl_sentences.TOO_MANY_ANSWERS, 409)
        case _:
            return await _match_page(pool, match_id, nl_sentences.THANKS_FOR_THE_ANSWER)


def _is_dead(match: Match, now: datetime) -> bool:
    closed_at = match.assignment.closed_at
    return closed_at is not None and now >= answers_end(closed_at)


async def _match_page(
    pool: Pool, match_id: UUID | None, note: str | None = None, status: int = 200, wanted: str | None = None
) -> HTMLResponse:
    match = None if match_id is None else await answering.look_up(pool, match_id)
    now = datetime.now(UTC)
    if match is None or _is_dead(match, now):
        return dead_link()
    return page(
        TEMPLATES,
        "match.html",
        status,
        match=match,
        facts=match.assignment.facts,
        standing=standing(match, now),
        choices=choices(match, now),
        Choice=Choice,
        Standing=Standing,
        wanted=wanted,
        note=note,
    )


@router.get("/preferences/{token}")
async def show_preferences(profile_id: LinkedPreferences, pool: Database) -> HTMLResponse:
    """Show a professional how they are told.

    A form with their present choice. Nothing changes.
    """
    return await _preferences_page(pool, profile_id)


@router.post("/preferences/{token}", responses={422: html("The choice is not valid.", 422)})
async def choose_preferences(
    profile_id: LinkedPreferences,
    pool: Database,
    sent: SentPreferences,
) -> HTMLResponse:
    """Choose how to be told.

    It counts at once; the profiles service hears of it.
    """
    now = datetime.now(UTC)
    if profile_id is None:
        return dead_link()
    try:
        form = await sent()
        wishes, until = form.read(clock.today(now))
    except ValueError:
        return await _preferences_page(pool, profile_id, nl_sentences.PREFERENCES_WRONG, 422)
    await preferring.choose(pool, profile_id, wishes, until, now, news=form.news != END)
    return await _preferences_page(pool, profile_id, nl_sentences.PREFERENCES_SAVED)


async def _preferences_page(
    pool: Pool, profile_id: UUID | None, note: str | None = None, status: int = 200
) -> HTMLResponse:
    contact = None if profile_id is None else await preferring.look_up(pool, profile_id)
    if contact is None:
        return dead_link()
    today = clock.today(datetime.now(UTC))
    is_paused = contact.paused_until is not None and contact.paused_until > today
    return page(
        TEMPLATES,
        "preferences.html",
        status,
        name=contact.name,
        wishes=contact.preferences,
        paused_until=contact.paused_until if is_paused else None,
        news=contact.news,
        tomorrow=today + timedelta(days=1),
        Frequency=Frequency,
        note=note,
    )


@router.get("/unsubscribe/{token}")
async def ask_to_unsubscribe(
    profile_id: LinkedUnsubscription,
    pool: Database,
    news: Annotated[str | None, Query(max_length=10, description="`end`: the second choice is made.")] = None,
) -> HTMLResponse:
    """Ask whether to end mail about new opdrachten.

    A button that does it, and a choice to end what still comes on answered ones. Nothing changes.
    """
    contact = None if profile_id is None else await preferring.look_up(pool, profile_id)
    if contact is None:
        return dead_link()
    return page(TEMPLATES, "unsubscribe.html", done=False, end_news=news == END or not contact.news)


@router.post("/unsubscribe/{token}")
async def unsubscribe(
    profile_id: LinkedUnsubscription,
    pool: Database,
    sent: SentUnsubscription,
) -> HTMLResponse:
    """End mail about new opdrachten.

    By RFC 8058's one click or the page's button; and, if one likes, what still comes on answered ones too, or
    afterwards with a reason.
    """
    if profile_id is None:
        return dead_link()
    try:
        form = await sent()
    except ValidationError as error:
        raise invalid(error) from None
    news = False if form.news == END else None
    now = datetime.now(UTC)
    if not await preferring.unsubscribe(pool, profile_id, now, news=news):
        return dead_link()
    has_reason = form.why in set(UnsubscribeReason)
    if has_reason:
        UNSUBSCRIBED.labels(form.why).inc()
    contact = await preferring.look_up(pool, profile_id)
    has_news = contact is not None and contact.news
    return page(TEMPLATES, "unsubscribe.html", done=True, thanks=has_reason, news=has_news)


def dead_link() -> HTMLResponse:
    """Say that a link does not work any more."""
    return page(TEMPLATES, "no_match.html", 404)
