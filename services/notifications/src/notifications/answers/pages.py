"""The pages that a mail's links open, without a login: looking changes nothing, posting does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from chassis.database import Pool
from chassis.http.forms import FormBody, Reading
from chassis.http.problems import invalid
from chassis.http.resources import Database
from contracts.vocabulary import Answer, Frequency
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from words.rendering import page

from notifications.answers import answering, ending, preferring
from notifications.answers.ending import Denial
from notifications.answers.forms import END, AnswerForm, PreferencesForm, UnsubscribeForm
from notifications.answers.links import Link, Links, OurLinks, Purpose
from notifications.domain import clock
from notifications.domain.contact import Contact, UnsubscribeReason
from notifications.domain.match import Match
from notifications.domain.standing import Choice, Standing, TooLate, TooMany, choices, standing
from notifications.metrics import UNSUBSCRIBED
from notifications.rendering import environment, html
from notifications.words import nl_sentences

LATER = "later"  # the third button: no answer, but a wish to be asked again
NOT_ME = "not-me"  # and the last: whoever answered was somebody else
TEMPLATES = environment("notifications.answers", "words")


Token = Annotated[str, Path(description="The signed part of a mail's link.")]


def link_to(purpose: Purpose) -> Callable[[str, Links], Link | None]:
    """Return what reads a link of a purpose out of a route's path."""

    def link(token: Token, links: OurLinks) -> Link | None:
        return links.read(purpose, token)

    return link


# What a link says; None where it is forged, for something else, or too old.
LinkedMatch = Annotated[Link | None, Depends(link_to(Purpose.MATCH))]
LinkedPreferences = Annotated[Link | None, Depends(link_to(Purpose.PREFERENCES))]
LinkedUnsubscription = Annotated[Link | None, Depends(link_to(Purpose.UNSUBSCRIBE))]
LinkedChange = Annotated[Link | None, Depends(link_to(Purpose.NOT_ME))]

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
    link: LinkedMatch,
    pool: Database,
    answer: Annotated[str | None, Query(max_length=20, description="Which button has the focus.")] = None,
) -> HTMLResponse:
    """Show a match to its professional.

    The opdracht, why it fits, how the match stands, and buttons to answer while one may. Nothing changes.
    """
    return await _match_page(pool, link, wanted=answer)


@router.post(
    "/m/{token}",
    responses={
        409: html("The match can no longer be answered, or not be asked later."),
        422: html("The answer is none of the four.", 422),
    },
)
async def answer_match(
    link: LinkedMatch,
    pool: Database,
    sent: SentAnswer,
) -> HTMLResponse:
    """Answer a match.

    `interested` and `declined` are answers, of which the last counts; `later` asks to be told of it again in
    the next digest; `not-me` ends the links in all mails so far.
    """
    now = datetime.now(UTC)
    match = None if link is None else await answering.look_up(pool, link, now)
    if match is None:
        return dead_link()
    try:
        form = await sent()
    except ValidationError:
        return await _match_page(pool, link, nl_sentences.ANSWER_TOO_LONG, 422)
    if form.answer == NOT_ME:
        await ending.end_links(pool, match.profile_id, now)
        return page(TEMPLATES, "links_ended.html", recruiter=match.assignment.facts.recruiter)
    if form.answer == LATER:
        return await _ask_later(pool, link, match, now)
    if form.answer not in set(Answer):
        return await _match_page(pool, link, nl_sentences.CHOOSE_AN_ANSWER, 422)
    match await answering.answer(pool, match.match_id, Answer(form.answer), form.words, now):
        case TooLate():
            return await _match_page(pool, link, nl_sentences.ANSWER_TOO_LATE, 409)
        case TooMany():
            return await _match_page(pool, link, nl_sentences.TOO_MANY_ANSWERS, 409)
        case _:
            return await _match_page(pool, link, nl_sentences.THANKS_FOR_THE_ANSWER)


async def _ask_later(pool: Pool, link: Link | None, match: Match, now: datetime) -> HTMLResponse:
    if match.interested:
        return await _match_page(pool, link, nl_sentences.LATER_AFTER_YES)
    at = await answering.ask_later(pool, match.match_id, now)
    if at is None:
        return await _match_page(pool, link, nl_sentences.LATER_TOO_LATE, 409)
    return await _match_page(pool, link, nl_sentences.asked_later(at))


async def _match_page(
    pool: Pool, link: Link | None, note: str | None = None, status: int = 200, wanted: str | None = None
) -> HTMLResponse:
    now = datetime.now(UTC)
    match = None if link is None else await answering.look_up(pool, link, now)
    if match is None:
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
async def show_preferences(link: LinkedPreferences, pool: Database) -> HTMLResponse:
    """Show a professional how they are told.

    A form with their present choice. Nothing changes.
    """
    return await _preferences_page(pool, link)


@router.post("/preferences/{token}", responses={422: html("The choice is not valid.", 422)})
async def choose_preferences(
    link: LinkedPreferences,
    pool: Database,
    sent: SentPreferences,
) -> HTMLResponse:
    """Choose how to be told.

    It counts at once; the profiles service hears of it. With `not_me` the links in all mails so far end, and
    nothing is chosen.
    """
    now = datetime.now(UTC)
    contact = await _contact(pool, link)
    if contact is None:
        return dead_link()
    try:
        form = await sent()
        if form.not_me:
            await ending.end_links(pool, contact.profile_id, now)
            return page(TEMPLATES, "links_ended.html", recruiter=None)
        wishes, until = form.read(clock.today(now))
    except ValueError:
        return await _preferences_page(pool, link, nl_sentences.PREFERENCES_WRONG, 422)
    await preferring.choose(pool, contact.profile_id, wishes, until, now, news=form.news != END)
    return await _preferences_page(pool, link, nl_sentences.PREFERENCES_SAVED)


async def _contact(pool: Pool, link: Link | None) -> Contact | None:
    return None if link is None else await preferring.look_up(pool, link)


async def _preferences_page(
    pool: Pool, link: Link | None, note: str | None = None, status: int = 200
) -> HTMLResponse:
    contact = await _contact(pool, link)
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
    link: LinkedUnsubscription,
    pool: Database,
    news: Annotated[str | None, Query(max_length=10, description="`end`: the second choice is made.")] = None,
) -> HTMLResponse:
    """Ask whether to end mail about new opdrachten.

    A button that does it, and a choice to end what still comes on answered ones. Nothing changes.
    """
    contact = await _contact(pool, link)
    if contact is None:
        return dead_link()
    return page(TEMPLATES, "unsubscribe.html", done=False, end_news=news == END or not contact.news)


@router.post("/unsubscribe/{token}")
async def unsubscribe(
    link: LinkedUnsubscription,
    pool: Database,
    sent: SentUnsubscription,
) -> HTMLResponse:
    """End mail about new opdrachten.

    By RFC 8058's one click or the page's button; and, if one likes, what still comes on answered ones too, or
    afterwards with a reason.
    """
    contact = await _contact(pool, link)
    if contact is None:
        return dead_link()
    try:
        form = await sent()
    except ValidationError as error:
        raise invalid(error) from None
    news = False if form.news == END else None
    now = datetime.now(UTC)
    if not await preferring.unsubscribe(pool, contact.profile_id, now, news=news):
        return dead_link()
    has_reason = form.why in set(UnsubscribeReason)
    if has_reason:
        UNSUBSCRIBED.labels(form.why).inc()
    contact = await _contact(pool, link)
    has_news = contact is not None and contact.news
    return page(TEMPLATES, "unsubscribe.html", done=True, thanks=has_reason, news=has_news)


@router.get("/not-me/{token}")
async def ask_who_it_was(link: LinkedChange, pool: Database) -> HTMLResponse:
    """Ask whether a change of address was not theirs.

    The link is in the mails that tell of it, at the former address and at the new one. Nothing changes.
    """
    return _denial_page(await ending.look_up(pool, link) if link else Denial.UNKNOWN)


@router.post("/not-me/{token}")
async def deny(link: LinkedChange, pool: Database) -> HTMLResponse:
    """Say that a change of address was not theirs.

    Links in all mails so far end, and the new address gets no mail until a recruiter releases it.
    """
    return _denial_page(await ending.deny(pool, link, datetime.now(UTC)) if link else Denial.UNKNOWN)


def _denial_page(denial: Denial) -> HTMLResponse:
    if denial is Denial.UNKNOWN:
        return dead_link()
    return page(TEMPLATES, "not_me.html", done=denial is Denial.DONE)


def dead_link() -> HTMLResponse:
    """Say that a link does not work any more."""
    return page(TEMPLATES, "no_match.html", 404)
