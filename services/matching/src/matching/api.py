"""The HTTP side of matching."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Key, Once
from chassis.http.problems import Problem, not_found
from chassis.http.requests import Cursor, JsonBody, Limit, page
from contracts.events import MatchDecided
from contracts.requests import AssignmentRequest
from contracts.values import Frozen, Text
from contracts.vocabulary import Decision, Role
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, RootModel

from matching import SERVICE, shown
from matching.domain import policy, selection
from matching.domain.question import NOBODY, ask
from matching.domain.reach import reach
from matching.proposing import Proposer
from matching.replica import Replica
from matching.store import halves, matches


class DecisionBody(Frozen):
    """What the recruiter decides, and why."""

    decision: Decision
    reason: Annotated[Text, Field(min_length=1)]


DRAFT = JsonBody(AssignmentRequest)
DECISION = JsonBody(DecisionBody)
Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]


def routes(pool: Pool, replica: Replica, proposer: Proposer) -> APIRouter:
    """Make matching's routes."""
    router = APIRouter(tags=["matching"])

    @router.get("/assignments/{assignment_id}/matches")
    async def matches_of(
        assignment_id: UUID, _caller: Reader, limit: Limit = 50, cursor: Cursor = None
    ) -> Any:
        await _kept(pool, assignment_id)

        async def fetch(after: tuple[float, UUID] | None, rows: int) -> list[asyncpg.Record]:
            async with pool.acquire() as connection:
                return await matches.live_page(connection, assignment_id, after, rows)

        items, following = await page(fetch, limit, cursor, _parse_rank, _rank)
        return {"items": [shown.match(row) for row in items], "next": following}

    @router.get("/assignments/{assignment_id}/reach")
    async def reach_of_assignment(assignment_id: UUID, _caller: Reader) -> Any:
        kept = await _kept(pool, assignment_id)
        await replica.catch_up()
        async with pool.acquire() as connection:
            pairs = (await matches.pairs(connection, [assignment_id]))[assignment_id]
        population = replica.population
        ended = population.rows_of([one for one, pair in pairs.items() if pair.ended])
        answer = reach(population, kept.facts, ended)
        return shown.reach(answer, ask(kept.facts, ended), assignment_id, pairs)

    @router.post("/reach")
    async def reach_of_draft(_caller: Reader, draft: Annotated[AssignmentRequest, Depends(DRAFT)]) -> Any:
        await replica.catch_up()
        answer = reach(replica.population, draft)
        return shown.reach(answer, ask(draft), None, {})

    @router.get("/assignments/{assignment_id}/why-not/{profile_id}")
    async def why_not(assignment_id: UUID, profile_id: UUID, _caller: Reader) -> Any:
        kept = await _kept(pool, assignment_id)
        await replica.catch_up()
        population = replica.population
        if profile_id not in population:
            raise not_found("profile")
        async with pool.acquire() as connection:
            pair = (await matches.pairs(connection, [assignment_id]))[assignment_id].get(profile_id)
        row = population.profiles.take(population.rows_of([profile_id]))
        ended = row.row if pair is not None and pair.ended else NOBODY
        return shown.why_not(row, ask(kept.facts, ended), live=pair is not None and pair.live)

    @router.get("/selection")
    async def selection_rates(_caller: Reader) -> Any:
        await replica.catch_up()
        async with pool.acquire() as connection:
            rows = await matches.ever_proposed(connection)
        population = replica.population
        proposed = population.rows_of([row["profile_id"] for row in rows])
        grown = population.rows_of([row["profile_id"] for row in rows if row["growth"]])
        # Beside the event loop: a province for each of a million takes a second.
        rates = await asyncio.to_thread(selection.rates, population.profiles, proposed, grown)
        return {"policy": policy.VERSION, "rates": [asdict(rate) for rate in rates]}

    @router.post("/matches/{match_id}/decision")
    async def decide(
        request: Request,
        match_id: UUID,
        caller: Recruiter,
        body: Annotated[DecisionBody, Depends(DECISION)],
        key: Key = None,
    ) -> Response:
        async def effect(connection: Connection) -> Answer:
            return await _decide(connection, match_id, body, caller.name)

        answer = await Once(request, pool, key)(caller, effect)
        if body.decision is Decision.REJECTED:
            await proposer.settle_all([UUID(json.loads(bytes(answer.body))["assignment_id"])], ())
        return answer

    return router


async def _decide(connection: Connection, match_id: UUID, body: DecisionBody, decided_by: str) -> Answer:
    """Write a decision with its event."""
    found = await matches.get(connection, match_id)
    if found is None:
        raise not_found("match")
    await halves.hold_assignments(connection, [found["assignment_id"]])
    found = await matches.get(connection, match_id)
    assert found is not None
    if not found["live"]:
        raise Problem(409, "the match is not live: it was withdrawn, declined or rejected")
    now = datetime.now(UTC)
    await matches.decide(connection, match_id, body.decision, body.reason, decided_by, now)
    event = MatchDecided(
        match_id=match_id,
        assignment_id=found["assignment_id"],
        profile_id=found["profile_id"],
        decision=body.decision,
        reason=body.reason,
        decided_by=decided_by,
        decided_at=now,
    )
    await outbox.publish(connection, SERVICE, [event], now)
    await halves.touch_assignments(connection, [event.assignment_id])
    decided = await matches.get(connection, match_id)
    assert decided is not None
    return Answer(200, RootModel(shown.match(decided)))


async def _kept(pool: Pool, assignment_id: UUID) -> halves.KeptAssignment:
    async with pool.acquire() as connection:
        kept = await halves.assignment(connection, assignment_id)
    if kept is None:
        raise not_found("assignment")
    return kept


def _rank(row: asyncpg.Record) -> str:
    return f"{row['score']!r} {row['profile_id']}"


def _parse_rank(text: str) -> tuple[float, UUID]:
    score, profile_id = text.split(" ")
    return float(score), UUID(profile_id)
