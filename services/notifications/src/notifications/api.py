"""The HTTP side of notifications for programs: the stream, its history, and what was sent."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from chassis.database import Pool
from chassis.http.auth import Caller
from chassis.http.problems import Problem, not_found
from chassis.http.requests import Cursor, Limit, page, read_body
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sse_starlette import EventSourceResponse

from notifications import reporting
from notifications.domain.report import NoReport
from notifications.domain.report import read as read_report
from notifications.domain.timeline import steps
from notifications.session import allow, check_same_site
from notifications.store import alerts, known, notices
from notifications.stream import Stream

Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]

Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Operator = Annotated[Caller, Depends(allow(Role.OPERATOR))]

BYTES = {"schema": {"type": "string", "format": "binary"}}
REPORT = {"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}}


def routes(pool: Pool, stream: Stream) -> APIRouter:
    """Make the stream, what was sent, and what came back."""
    router = APIRouter(tags=["notifications"])

    @router.get("/alerts")
    async def live(
        _caller: Reader,
        last_event_id: Annotated[str | None, Header()] = None,
        after: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        """Stream alerts from now on, or from after `Last-Event-ID` (or `?after=`) without a gap."""
        if last_event_id is not None and not last_event_id.isdecimal():
            raise Problem(422, "a parameter is not valid", [("/header/last-event-id", "must be a number")])
        start = int(last_event_id) if last_event_id is not None else after
        return EventSourceResponse(stream.events(start), ping=15, headers={"Cache-Control": "no-store"})

    @router.get("/alerts/history")
    async def history(_caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Any:
        """Return past alerts, newest first."""

        async def fetch(before: int | None, rows: int) -> list[asyncpg.Record]:
            async with pool.acquire() as connection:
                return await alerts.before(connection, before, rows)

        items, following = await page(fetch, limit, cursor, int, lambda last: str(last["id"]))
        return {"items": [dict(row) for row in items], "next": following}

    @router.get("/deliveries")
    async def deliveries(_caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Any:
        """Return what was sent to whom, when and with what outcome, newest first."""

        async def fetch(after: UUID | None, rows: int) -> list[asyncpg.Record]:
            async with pool.acquire() as connection:
                return await notices.deliveries(connection, after, rows)

        items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last["notice_id"]))
        return {"items": [_delivery(row) for row in items], "next": following}

    @router.get("/suppressions")
    async def suppressions(_caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Any:
        """Return the addresses that get no mail, and why."""

        async def fetch(after: UUID | None, rows: int) -> list[asyncpg.Record]:
            async with pool.acquire() as connection:
                return await known.suppressions(connection, after, rows)

        items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last["profile_id"]))
        return {"items": [dict(row) for row in items], "next": following}

    @router.delete("/suppressions/{profile_id}", status_code=204, dependencies=[Depends(check_same_site)])
    async def release(profile_id: UUID, _caller: Recruiter) -> None:
        """Let a professional's address get mail again."""
        async with pool.acquire() as connection:
            if not await known.release(connection, profile_id):
                raise not_found("suppression")

    @router.post("/reports", status_code=202, openapi_extra=REPORT)
    async def report(request: Request, _caller: Operator) -> Any:
        """Take what a mail server sends back: a bounce (RFC 3464) or a complaint (RFC 5965), as it came."""
        try:
            told = read_report(await read_body(request))
        except NoReport as error:
            raise Problem(422, f"the report {error}") from error
        return {"taken": told is not None and await reporting.take(pool, told)}

    @router.get("/matches/{match_id}/timeline")
    async def timeline(match_id: UUID, _caller: Reader) -> Any:
        """Return what happened to a match, oldest first: did she get it, and what became of it?"""
        async with pool.acquire() as connection:
            row = await known.match_page(connection, match_id)
            if row is None:
                raise not_found("match")
            told = await notices.of_matches(connection, [match_id])
        return {"match_id": match_id, "steps": steps(dict(row), told.get(match_id, []))}

    return router


def _delivery(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "notice_id": row["notice_id"],
        "kind": row["kind"],
        "to": row["address"],
        "assignment_id": row["assignment_id"],
        "match_id": row["match_id"],
        "profile_id": row["profile_id"],
        "outcome": row["state"],
        "detail": row["detail"],
        "attempts": row["attempts"],
        "created_at": row["created_at"],
        "settled_at": row["settled_at"],
    }
