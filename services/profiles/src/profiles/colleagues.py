"""The knowledge network over HTTP: professionals who want to be found by each other, and their questions."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.audit import Action
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, not_found, problems, too_many
from chassis.http.requests import BODY_PROBLEMS, Cursor, JsonBody, Limit, Page, page
from chassis.http.resources import Database
from contracts.events import QuestionAsked
from contracts.facts import Offer
from contracts.values import Frozen, Line, Text
from contracts.vocabulary import PEOPLE, Dossier, Level, OrganisationType, Role, Specialism
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field
from uuid_utils.compat import uuid7

from profiles import SERVICE, colleague_store, store
from profiles.colleague_store import Wanted
from profiles.domain.colleague import A_DAY, QUESTIONS_A_DAY, Colleague, may_ask_at
from profiles.domain.effective import day_of
from profiles.domain.profile import Profile


class ColleagueView(Frozen):
    """A professional as colleagues see them: no surname, no address. `offers`: the specialisms and dossiers
    with which they help; `organisation_types`: the kinds of organisation that they worked for."""

    profile_id: UUID
    called: Line
    level: Level
    offers: list[Offer]
    line: Line | None
    organisation_types: list[OrganisationType]


class Question(Frozen):
    """A question to a colleague. `show_address`: the asker agrees that the colleague sees their name and
    address, to which they answer."""

    question: Annotated[Text, Field(min_length=1, max_length=2000, pattern=r"\S")]
    show_address: Annotated[Literal[True], Field(description="Without this nothing is sent.")]


class QuestionSent(Frozen):
    """A question that is on its way."""

    question_id: UUID


Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]
Professional = Annotated[Caller, Depends(allow(Role.PROFESSIONAL))]
Body = Annotated[Question, Depends(JsonBody(Question))]
STAFF = (Role.RECRUITER, Role.OPERATOR)
UNSEEN = "colleagues are for professionals who may be found themselves: set facts.network.visible to true"

router = APIRouter(prefix="/colleagues", tags=["colleagues"], responses=problems(401, 403, 503))


@router.get("", responses=problems(422))
async def list_colleagues(
    caller: Anyone,
    pool: Database,
    act: Annotated[Recording, audited(Action.LIST, "colleague")],
    specialism: Annotated[Specialism | None, Query(description="Only who offer this.")] = None,
    dossier: Annotated[Dossier | None, Query(description="Only who offer this.")] = None,
    organisation_type: Annotated[OrganisationType | None, Query(description="Only who know it.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ColleagueView]:
    """List colleagues.

    Those who want to be found, to whom everything that is asked applies; the oldest first. A professional
    sees them who is visible too. `next` leads to the page after this one.
    """
    own = await _looking(pool, caller)
    offers = [str(one) for one in (specialism, dossier) if one is not None]
    wanted = Wanted(offers, organisation_type)
    day = day_of(datetime.now(UTC))

    async def fetch(after: UUID | None, rows: int) -> list[Colleague]:
        async with pool.acquire() as connection:
            return await colleague_store.page(connection, own, wanted, after, rows, day)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.profile_id))
    async with pool.acquire() as connection:
        await act.record(connection, people=[one.profile_id for one in items])
    return Page(items=[view(one) for one in items], next=following)


@router.post(
    "/{profile_id}/question",
    status_code=202,
    response_model=QuestionSent,
    responses=problems(404, 429, *BODY_PROBLEMS),
)
async def ask(
    profile_id: Annotated[UUID, Path(description="The colleague's id, as the list gave it.")],
    caller: Professional,
    body: Body,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.SEND, "question")],
) -> Response:
    """Ask a colleague a question.

    It is mailed to them; their answer goes to the asker's address, which is shown to nobody else. Three
    questions a day at most.
    """

    async def effect(connection: Connection) -> Answer:
        now = datetime.now(UTC)
        asker = await _both(connection, caller, profile_id)
        asked = await colleague_store.asked_since(connection, asker.profile_id, now - A_DAY)
        if (at := may_ask_at(asked, now)) is not None:
            seconds = 1 + int((at - now).total_seconds())
            raise too_many(f"at most {QUESTIONS_A_DAY} questions a day may be asked", seconds)
        question = QuestionAsked(
            question_id=uuid7(),
            profile_id=profile_id,
            asker_id=asker.profile_id,
            question=body.question,
            asked_at=now,
        )
        await colleague_store.add_question(
            connection, question.question_id, asker.profile_id, profile_id, now
        )
        await outbox.publish(connection, SERVICE, [question], now)
        await act.record(connection, question.question_id, people=[asker.profile_id, profile_id])
        return Answer(202, QuestionSent(question_id=question.question_id))

    return await once(caller, effect)


async def _looking(pool: Pool, caller: Caller) -> UUID | None:
    """Return which professional looks, None for staff; raises Problem 403 for one who is not visible."""
    if not caller.roles.isdisjoint(STAFF):
        return None
    async with pool.acquire() as connection:
        return _visible(await store.get(connection, _id_of(caller))).profile_id


async def _both(connection: Connection, caller: Caller, profile_id: UUID) -> Profile:
    """Return who asks, once both are known to be visible, and their rows locked; raises Problem 403, 404."""
    own = _id_of(caller)
    await store.lock(connection, {own, profile_id})
    asker = _visible(await store.get(connection, own))
    asked = await store.get(connection, profile_id)
    if asked is None or asked.profile_id == own or not asked.is_visible:
        raise not_found("colleague")
    return asker


def _id_of(caller: Caller) -> UUID:
    try:
        return UUID(caller.subject)
    except ValueError:
        raise Problem(403, UNSEEN) from None


def _visible(profile: Profile | None) -> Profile:
    if profile is None or not profile.is_visible:
        raise Problem(403, UNSEEN)
    return profile


def view(colleague: Colleague) -> ColleagueView:
    """Show a colleague."""
    return ColleagueView(
        profile_id=colleague.profile_id,
        called=colleague.called,
        level=colleague.level,
        offers=list(colleague.offers),
        line=colleague.line,
        organisation_types=list(colleague.organisation_types),
    )
