"""The recruiter's board: its page, the part of it that is kept up to date, and its session."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.http.auth import bearer_token, unauthorized, verified
from chassis.http.problems import problems
from chassis.http.resources import Database
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from words.rendering import page

from notifications.answers.links import OurLinks
from notifications.board.session import COOKIE, READERS, Reader, Recruiter, SameSite, Visitor
from notifications.domain import timeline
from notifications.rendering import environment
from notifications.store import alerts, assignments, board, deliveries, suppressions

TEMPLATES = environment("notifications.board", "words")

Selected = Annotated[UUID | None, Query(description="The opdracht to show; without it, an open one.")]

OPEN: dict[str, Any] = {"security": [{}]}  # with a token or a session, or without

router = APIRouter(tags=["the recruiter's page"], responses=problems(503))


@router.get("/", response_class=HTMLResponse, responses=problems(422), openapi_extra=OPEN)
async def show_board(caller: Visitor, pool: Database, assignment: Selected = None) -> HTMLResponse:
    """Show the recruiter's page.

    The opdrachten, and the matches of one with their explanation and timeline; it keeps itself up to date.
    Whoever is not signed in gets the page to sign in.
    """
    if caller is None or caller.roles.isdisjoint(READERS):
        return page(TEMPLATES, "sign_in.html")
    return page(TEMPLATES, "board.html", caller=caller, **await _board(pool, assignment))


@router.get("/board", include_in_schema=False)
async def show_live_part(_caller: Reader, pool: Database, assignment: Selected = None) -> HTMLResponse:
    """Show the part of the page that changes with each alert."""
    return page(TEMPLATES, "board_live.html", **await _board(pool, assignment))


async def _board(pool: Pool, selected: UUID | None) -> dict[str, Any]:
    async with pool.acquire() as connection:
        last_alert = await alerts.last_id(connection)
        lines = await board.lines(connection)
        if selected is None and lines:
            selected = max(lines, key=lambda line: (line.assignment.open, line.live)).assignment.assignment_id
        shown = {"selected": None} if selected is None else await _one(connection, selected)
    return {"last_alert": last_alert, "lines": lines, "moment": timeline.moment, **shown}


async def _one(connection: Connection, assignment_id: UUID) -> dict[str, Any]:
    found = await assignments.by_ids(connection, [assignment_id])
    no_interest = await assignments.no_interest_yet(connection, [assignment_id])
    matches = await board.live_matches(connection, assignment_id)
    notified = await deliveries.of_matches(connection, [match.match_id for match in matches])
    return {
        "selected": found.get(assignment_id),
        "no_interest": no_interest.get(assignment_id),
        "matches": matches,
        "suppressed": await suppressions.causes(connection, [match.profile_id for match in matches]),
        "ended": None if matches else await board.ended_matches(connection, assignment_id),
        "steps": {one.match_id: timeline.steps(one, notified.get(one.match_id, [])) for one in matches},
    }


@router.post("/release/{profile_id}", dependencies=[SameSite], include_in_schema=False)
async def release(
    profile_id: UUID, _caller: Recruiter, pool: Database, assignment: Selected = None
) -> RedirectResponse:
    """Let a professional's address get mail again, and go back to the page."""
    async with pool.acquire() as connection, connection.transaction():
        await suppressions.release(connection, profile_id, datetime.now(UTC))
    return RedirectResponse(f"/?assignment={assignment}" if assignment else "/", 303)


@router.post("/session", status_code=204, responses=problems(401))
async def sign_in(
    request: Request, token: Annotated[str | None, Depends(bearer_token)], links: OurLinks
) -> Response:
    """Trade a bearer token for the session's cookie.

    For a browser, whose stream of alerts sends no headers.
    """
    if token is None:
        raise unauthorized("send a bearer token")
    await verified(request, token)
    response = Response(status_code=204)
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=links.secure)
    return response


@router.delete(
    "/session",
    status_code=204,
    dependencies=[SameSite],
    responses={403: problems(403)[403] | {"description": "It comes from another site."}},
)
async def sign_out() -> Response:
    """End the session.

    It takes the cookie away; the token stays valid until it expires.
    """
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response
