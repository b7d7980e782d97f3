"""A professional who is signed in answers a match: by the same rules, and with the same effects, as on the
page of a mail's link."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, actor_of, audited
from chassis.http.auth import Caller, allow
from chassis.http.problems import Problem, not_found, problems
from chassis.http.requests import BODY_PROBLEMS, JsonBody
from chassis.http.resources import Database
from contracts.values import Frozen, Moment
from contracts.vocabulary import Answer, Role
from fastapi import APIRouter, Depends, Path
from pydantic import Field

from notifications.answers import answering
from notifications.domain.standing import Choice, Standing, TooLate, TooMany, choices, standing
from notifications.store import matches

Professional = Annotated[Caller, Depends(allow(Role.PROFESSIONAL))]
MatchId = Annotated[UUID, Path(description="The match's id.")]


class AnswerBody(Frozen):
    """What a professional answers. `later`: no answer, but a wish to be told of it again."""

    answer: Annotated[Choice, Field(strict=False)]
    reason: Annotated[str | None, Field(max_length=2100, description="Why; not with `later`.")] = None


class StandingView(Frozen):
    """How a match stands for its professional, and what they may do."""

    match_id: UUID
    standing: Standing
    choices: list[Choice]
    told_again_at: Annotated[Moment | None, Field(description="When, after `later`; else null.")] = None


router = APIRouter(tags=["answers"], responses=problems(401, 403, 404, 503))


@router.post("/matches/{match_id}/answer", responses=problems(409, *BODY_PROBLEMS))
async def answer_own_match(
    match_id: MatchId,
    caller: Professional,
    pool: Database,
    body: Annotated[AnswerBody, Depends(JsonBody(AnswerBody))],
    _act: Annotated[Recording, audited(Action.ANSWER, "match")],
) -> StandingView:
    """Answer a match of one's own.

    `interested` and `declined` are answers, of which the last counts, and the same one again changes nothing;
    `later` asks to be told of it again in the next digest. What is somebody else's is not found.
    """
    now = datetime.now(UTC)
    await _require_own(pool, match_id, caller)
    again = None
    if body.answer is Choice.LATER:
        again = await answering.ask_later(pool, match_id, now, actor_of(caller))
        if again is None:
            raise Problem(409, "it can no longer be told of again before it is too late to answer")
    else:
        words = (body.reason or "").strip() or None
        match await answering.answer(pool, match_id, Answer(body.answer), words, now, actor_of(caller)):
            case TooLate():
                raise Problem(409, "the match can no longer be answered so")
            case TooMany():
                raise Problem(409, "the match was answered too often")
            case _:
                pass
    async with pool.acquire() as connection:
        match = await matches.get(connection, match_id)
    if match is None:  # erased meanwhile
        raise not_found("match")
    may = sorted(choices(match, now), key=list(Choice).index)
    return StandingView(match_id=match_id, standing=standing(match, now), choices=may, told_again_at=again)


async def _require_own(pool: Database, match_id: UUID, caller: Caller) -> None:
    async with pool.acquire() as connection:
        match = await matches.get(connection, match_id)
    if match is None or str(match.profile_id) != caller.subject.lower():
        raise not_found("match")
