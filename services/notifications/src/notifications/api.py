"""The HTTP side of notifications for programs: what was sent to whom, and what came back."""

from typing import Annotated
from uuid import UUID

from chassis.http.problems import Problem, not_found, problems
from chassis.http.requests import Cursor, Limit, Page, page, read_body
from chassis.http.resources import Database
from fastapi import APIRouter, Path, Request

from notifications import responses
from notifications.board.session import Operator, Reader, Recruiter, SameSite
from notifications.domain.report import NoReport
from notifications.domain.report import read as read_report
from notifications.domain.timeline import steps
from notifications.mail import returned
from notifications.responses import DeliveryView, ReportTaken, SuppressionView, TimelineView
from notifications.store import deliveries, matches, suppressions
from notifications.store.deliveries import Delivery
from notifications.store.suppressions import Suppression

BYTES = {"schema": {"type": "string", "format": "binary"}}
REPORT = {"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}}

router = APIRouter(tags=["notifications"], responses=problems(401, 403, 503))


@router.get("/deliveries", responses=problems(422))
async def list_deliveries(
    _caller: Reader, pool: Database, limit: Limit = 50, cursor: Cursor = None
) -> Page[DeliveryView]:
    """List what was sent.

    To whom, when and with what outcome, and what is still to be sent; the newest first.
    """

    async def fetch(before: UUID | None, rows: int) -> list[Delivery]:
        async with pool.acquire() as connection:
            return await deliveries.list_before(connection, before, rows)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.notice_id))
    return Page(items=[responses.delivery(item) for item in items], next=following)


@router.get("/suppressions", responses=problems(422))
async def list_suppressions(
    _caller: Reader, pool: Database, limit: Limit = 50, cursor: Cursor = None
) -> Page[SuppressionView]:
    """List the addresses that get no mail.

    With the cause: the mail server refused it for good, a mail came back, or was complained of.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Suppression]:
        async with pool.acquire() as connection:
            return await suppressions.list_after(connection, after, rows)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.profile_id))
    return Page(items=[responses.suppression(item) for item in items], next=following)


@router.delete(
    "/suppressions/{profile_id}", status_code=204, dependencies=[SameSite], responses=problems(404)
)
async def release(
    profile_id: Annotated[UUID, Path(description="Whose address it is.")], _caller: Recruiter, pool: Database
) -> None:
    """Release an address.

    It gets mail again from the next notice on.
    """
    async with pool.acquire() as connection:
        if not await suppressions.release(connection, profile_id):
            raise not_found("suppression")


@router.post("/reports", status_code=202, openapi_extra=REPORT, responses=problems(413, 422))
async def report(request: Request, _caller: Operator, pool: Database) -> ReportTaken:
    """Report a mail that came back.

    The body is what a mail server sends back, as it came: a bounce (RFC 3464) or a complaint (RFC 5965).
    """
    try:
        told = read_report(await read_body(request))
    except NoReport as error:
        raise Problem(422, f"the report {error}") from error
    return ReportTaken(taken=told is not None and await returned.take(pool, told))


@router.get("/matches/{match_id}/timeline", responses=problems(404))
async def show_timeline(
    match_id: Annotated[UUID, Path(description="The match's id.")], _caller: Reader, pool: Database
) -> TimelineView:
    """Show what happened to a match.

    The oldest first: did she get it, and what became of it?
    """
    async with pool.acquire() as connection:
        match = await matches.get(connection, match_id)
        if match is None:
            raise not_found("match")
        notified = await deliveries.of_matches(connection, [match_id])
    return responses.timeline(match_id, steps(match, notified.get(match_id, [])))
