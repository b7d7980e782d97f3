"""Placements over HTTP: who does an opdracht, from when to when, for how many hours and at what rate."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.database import Connection, Pool
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, not_found, problems, with_headers
from chassis.http.requests import (
    BODY_PROBLEMS,
    ETAG,
    INVALID,
    Cursor,
    IfMatch,
    JsonBody,
    Limit,
    Page,
    check_version,
    etag,
    page,
)
from chassis.http.resources import Database
from contracts.events import PlacementAgreed
from contracts.facts import PlacementTerms
from contracts.values import Day, Frozen
from contracts.vocabulary import PEOPLE, EndedReason, Role
from fastapi import APIRouter, Depends, Path, Query, Response

from assignments import placement_store, placing, store
from assignments.domain.placement import Placement

STAFF = (Role.RECRUITER, Role.OPERATOR)
LOCATION = {"Location": "Where the new placement is."}


class Agreement(PlacementTerms):
    """What is agreed, and with whom."""

    profile_id: UUID


class NewTerms(PlacementTerms):
    """What is agreed from now on, in full; `profile_id`, if it is sent, stays as it is."""

    profile_id: UUID | None = None


class Ending(Frozen):
    """The last day, and why. What was `cancelled` does not count, as if it had never been."""

    ended_on: Day
    reason: EndedReason


class PlacementView(PlacementAgreed):
    """A placement: who does which opdracht, and on what terms. `profile_id` is null once the person is
    erased."""


Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(*STAFF))]
Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]
AgreementBody = Annotated[Agreement, Depends(JsonBody(Agreement))]
TermsBody = Annotated[NewTerms, Depends(JsonBody(NewTerms))]
EndingBody = Annotated[Ending, Depends(JsonBody(Ending))]
AssignmentId = Annotated[UUID, Path(description="The assignment's id.")]
PlacementId = Annotated[UUID, Path(description="The placement's id, as the answer to `POST` gave it.")]
OfPerson = Annotated[UUID | None, Query(description="Only this professional's.")]
RunningOn = Annotated[Day | None, Query(description="Only those that run on this day.")]
Listing = Annotated[Recording, audited(Action.LIST, "placement")]
EndingBefore = Annotated[Day | None, Query(description="Only those whose last day is before this one.")]

router = APIRouter(tags=["placements"], responses=problems(401, 403, 503))


@router.post(
    "/assignments/{assignment_id}/placements",
    status_code=201,
    response_model=PlacementView,
    responses={201: with_headers(LOCATION | ETAG), **problems(404, 409, *BODY_PROBLEMS)},
)
async def agree(
    assignment_id: AssignmentId,
    caller: Recruiter,
    body: AgreementBody,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CREATE, "placement")],
) -> Response:
    """Place a professional.

    The assignment is open, or closed as filled or expired less than 90 days ago. With its last position an
    open one closes as filled. Placements of one person may overlap, up to 40 hours a week.
    """

    async def effect(connection: Connection) -> Answer:
        now = datetime.now(UTC)
        placement = await placing.agree(connection, assignment_id, body.profile_id, _terms(body), now, act)
        headers = {"Location": f"/placements/{placement.placement_id}", "ETag": etag(placement.version)}
        return Answer(201, view(placement), headers)

    return await once(caller, effect)


@router.get("/assignments/{assignment_id}/placements", responses=problems(404, 422))
async def list_of_assignment(
    assignment_id: AssignmentId,
    _caller: Reader,
    pool: Database,
    act: Listing,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PlacementView]:
    """List an assignment's placements.

    The oldest first, ended ones too. `next` leads to the page after this one.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Placement]:
        async with pool.acquire() as connection:
            if await store.get(connection, assignment_id) is None:
                raise not_found("assignment")
            return await placement_store.page(connection, after, rows, assignment_id=assignment_id)

    found = await _page(fetch, limit, cursor)
    await _listed(pool, act, found, assignment_id)
    return found


@router.get("/placements", responses=problems(422))
async def list_placements(
    caller: Anyone,
    pool: Database,
    act: Listing,
    profile_id: OfPerson = None,
    running_on: RunningOn = None,
    ending_before: EndingBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PlacementView]:
    """List placements.

    Those to which everything that is asked applies, the oldest first; cancelled ones neither run nor end. A
    professional sees the own ones only. `next` leads to the page after this one.
    """
    whose = profile_id if not caller.roles.isdisjoint(STAFF) else _own(caller, profile_id)

    async def fetch(after: UUID | None, rows: int) -> list[Placement]:
        async with pool.acquire() as connection:
            return await placement_store.page(
                connection,
                after,
                rows,
                profile_id=whose,
                running_on=running_on,
                ending_before=ending_before,
            )

    found = await _page(fetch, limit, cursor)
    await _listed(pool, act, found)
    return found


@router.get("/placements/{placement_id}", responses={200: with_headers(ETAG), **problems(404)})
async def read(
    placement_id: PlacementId,
    _caller: Reader,
    pool: Database,
    response: Response,
    act: Annotated[Recording, audited(Action.READ, "placement")],
) -> PlacementView:
    """Show a placement.

    `ended_on` and `ended_reason` are null until it is ended.
    """
    async with pool.acquire() as connection:
        placement = await placement_store.get(connection, placement_id)
        if placement is None:
            raise not_found("placement")
        await act.record(connection, placement_id, people=placing.people_of([placement]))
    response.headers["ETag"] = etag(placement.version)
    return view(placement)


@router.put(
    "/placements/{placement_id}",
    responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)},
)
async def change(
    placement_id: PlacementId,
    _caller: Recruiter,
    condition: IfMatch,
    body: TermsBody,
    pool: Database,
    response: Response,
    act: Annotated[Recording, audited(Action.CHANGE, "placement")],
) -> PlacementView:
    """Agree on other terms.

    An extension, other hours, another rate. The body replaces the terms; `If-Match` names the version that it
    was made from. What has ended stays as it is.
    """

    def check(placement: Placement) -> None:
        check_version(condition, placement.version)
        if body.profile_id not in {None, placement.profile_id}:
            raise Problem(422, INVALID, [("/profile_id", "a placement stays the same person's")])

    async with pool.acquire() as connection, connection.transaction():
        now = datetime.now(UTC)
        placement = await placing.change(connection, placement_id, _terms(body), now, check, act)
    response.headers["ETag"] = etag(placement.version)
    return view(placement)


@router.post(
    "/placements/{placement_id}/end",
    response_model=PlacementView,
    responses={200: with_headers(ETAG), **problems(404, 409, *BODY_PROBLEMS)},
)
async def end(
    placement_id: PlacementId,
    caller: Recruiter,
    body: EndingBody,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CLOSE, "placement")],
) -> Response:
    """End a placement.

    `completed` or `early`, on a day of the period that was agreed; or `cancelled`, which takes it back
    wherever it counted. An assignment that was filled stays closed.
    """

    async def effect(connection: Connection) -> Answer:
        now = datetime.now(UTC)
        placement = await placing.end(connection, placement_id, body.ended_on, body.reason, now, act)
        return Answer(200, view(placement), {"ETag": etag(placement.version)})

    return await once(caller, effect)


def _own(caller: Caller, profile_id: UUID | None) -> UUID:
    """Return the professional whose placements the caller may see; raises Problem 403."""
    try:
        own = UUID(caller.subject)
    except ValueError:
        raise Problem(403, "a professional sees the own placements only") from None
    if profile_id not in {None, own}:
        raise Problem(403, "a professional sees the own placements only")
    return own


def _terms(body: PlacementTerms) -> PlacementTerms:
    return PlacementTerms.model_construct(
        **{name: getattr(body, name) for name in PlacementTerms.model_fields}
    )


async def _page(
    fetch: Callable[[UUID | None, int], Awaitable[list[Placement]]], limit: int, cursor: str | None
) -> Page[PlacementView]:
    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.placement_id))
    return Page(items=[view(placement) for placement in items], next=following)


async def _listed(
    pool: Pool, act: Recording, found: Page[PlacementView], assignment_id: UUID | None = None
) -> None:
    """Write down whose placements a page shows."""
    people = [one.profile_id for one in found.items if one.profile_id is not None]
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=people)


def view(placement: Placement) -> PlacementView:
    """Show a placement."""
    return PlacementView.model_construct(**placement.content())
