"""The HTTP side of assignments."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.audit import Action, changed_fields
from chassis.database import Connection
from chassis.delivery import outbox
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
    Part,
    PartBody,
    check_version,
    etag,
    page,
)
from chassis.http.resources import Database
from contracts.requests import AssignmentRequest
from contracts.values import Frozen
from contracts.vocabulary import ClosedReason, Role
from fastapi import APIRouter, Depends, Path, Query, Response
from uuid_utils.compat import uuid7

from assignments import SERVICE, placing, responses, store
from assignments.domain.assignment import Assignment, AssignmentState, Change, RespondByPassed, WrongState
from assignments.responses import AssignmentView


class Closing(Frozen):
    """Why a recruiter closes an assignment."""

    reason: Literal[ClosedReason.FILLED, ClosedReason.WITHDRAWN]


Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]
Body = Annotated[AssignmentRequest, Depends(JsonBody(AssignmentRequest))]
Changes = Annotated[Part[AssignmentRequest], Depends(PartBody(AssignmentRequest))]
ClosingBody = Annotated[Closing, Depends(JsonBody(Closing))]
AssignmentId = Annotated[UUID, Path(description="The assignment's id, as the answer to `POST` gave it.")]
InState = Annotated[AssignmentState | None, Query(description="Only those in this state.")]
Changing = Annotated[Recording, audited(Action.CHANGE, "assignment")]

LOCATION = {"Location": "Where the new assignment is."}

router = APIRouter(prefix="/assignments", tags=["assignments"], responses=problems(401, 403, 503))


@router.post(
    "",
    status_code=201,
    response_model=AssignmentView,
    responses={201: with_headers(LOCATION | ETAG), **problems(*BODY_PROBLEMS)},
)
async def create(
    caller: Recruiter,
    body: Body,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CREATE, "assignment")],
) -> Response:
    """Create an assignment.

    It is a draft, which nobody else sees, or with `open` is open from the start: then professionals are
    proposed for it at once.
    """

    async def effect(connection: Connection) -> Answer:
        now, assignment_id = datetime.now(UTC), uuid7()
        change = _allowed(lambda: Assignment.create(assignment_id, body, now, opening=body.open))
        assignment = await _save(connection, None, change, now, act)
        headers = {"Location": f"/assignments/{assignment_id}", "ETag": etag(assignment.version)}
        return Answer(201, responses.view(assignment, now), headers)

    return await once(caller, effect)


@router.get("", responses=problems(422))
async def list_assignments(
    _caller: Reader, pool: Database, state: InState = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[AssignmentView]:
    """List the assignments.

    The oldest first, of one state or of all. `next` leads to the page after this one.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Assignment]:
        async with pool.acquire() as connection:
            return await store.page(connection, state, after, rows)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.assignment_id))
    now = datetime.now(UTC)
    return Page(items=[responses.view(assignment, now) for assignment in items], next=following)


@router.get("/{assignment_id}", responses={200: with_headers(ETAG), **problems(404)})
async def read(
    assignment_id: AssignmentId, _caller: Reader, pool: Database, response: Response
) -> AssignmentView:
    """Show an assignment.

    `phase` tells what an open one waits for: `reacting` until `respond_by`, then `selecting`; it is null for
    a draft and a closed one. `closed_reason` tells why it closed; it is null before.
    """
    async with pool.acquire() as connection:
        assignment = await store.get(connection, assignment_id)
    if assignment is None:
        raise not_found("assignment")
    response.headers["ETag"] = etag(assignment.version)
    return responses.view(assignment, datetime.now(UTC))


@router.put(
    "/{assignment_id}",
    responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)},
)
async def change(
    assignment_id: AssignmentId,
    _caller: Recruiter,
    condition: IfMatch,
    body: Body,
    pool: Database,
    response: Response,
    act: Changing,
) -> AssignmentView:
    """Change an assignment.

    The body replaces the facts; `If-Match` names the version that it was made from. `open` opens a draft.
    An open assignment stays open, and who fits it is found anew; a closed one cannot change. Once
    `respond_by` has passed it may stay as it is; another one must be to come, and professionals react again
    until then.
    """

    def rule(assignment: Assignment, now: datetime) -> Change:
        check_version(condition, assignment.version)
        return assignment.change(body, now, opening=body.open)

    async with pool.acquire() as connection, connection.transaction():
        assignment = await _apply(connection, assignment_id, rule, act)
    response.headers["ETag"] = etag(assignment.version)
    return responses.view(assignment, datetime.now(UTC))


@router.patch(
    "/{assignment_id}",
    responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)},
)
async def change_in_part(
    assignment_id: AssignmentId,
    _caller: Recruiter,
    condition: IfMatch,
    changes: Changes,
    pool: Database,
    response: Response,
    act: Changing,
) -> AssignmentView:
    """Change a part of an assignment.

    A merge patch (RFC 7396): what it names is replaced, and everything else stays; a list is replaced as a
    whole. The result is checked, and has the effects, as a body of `PUT` is and has.
    """

    def rule(assignment: Assignment, now: datetime) -> Change:
        check_version(condition, assignment.version)
        body = changes.merged_into(assignment.facts.model_dump(mode="json", exclude_unset=True))
        return assignment.change(body, now, opening=body.open)

    async with pool.acquire() as connection, connection.transaction():
        assignment = await _apply(connection, assignment_id, rule, act)
    response.headers["ETag"] = etag(assignment.version)
    return responses.view(assignment, datetime.now(UTC))


@router.post(
    "/{assignment_id}/open",
    response_model=AssignmentView,
    responses={200: with_headers(ETAG), **problems(404, 409, 413, 422)},
)
async def open_assignment(
    assignment_id: AssignmentId,
    caller: Recruiter,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.OPEN, "assignment")],
) -> Response:
    """Open a draft.

    Professionals are proposed for it from now until `respond_by`, which must be to come.
    """

    async def effect(connection: Connection) -> Answer:
        return _answer(await _apply(connection, assignment_id, Assignment.open, act))

    return await once(caller, effect)


@router.post(
    "/{assignment_id}/close",
    response_model=AssignmentView,
    responses={200: with_headers(ETAG), **problems(404, 409, *BODY_PROBLEMS)},
)
async def close_assignment(
    assignment_id: AssignmentId,
    caller: Recruiter,
    body: ClosingBody,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CLOSE, "assignment")],
) -> Response:
    """Close an assignment for good.

    Its live proposals are withdrawn. One that nobody closes closes itself `SELECTION_DAYS` after
    `respond_by`, with the reason `expired`.
    """

    async def effect(connection: Connection) -> Answer:
        def rule(assignment: Assignment, now: datetime) -> Change:
            return assignment.close(body.reason, now)

        return _answer(await _apply(connection, assignment_id, rule, act))

    return await once(caller, effect)


async def _apply(
    connection: Connection,
    assignment_id: UUID,
    rule: Callable[[Assignment, datetime], Change],
    act: Recording,
) -> Assignment:
    """Run one rule on an assignment whose row is locked, and save what it says."""
    assignment = await store.get_for_update(connection, assignment_id)
    if assignment is None:
        raise not_found("assignment")
    now = datetime.now(UTC)
    change = _allowed(lambda: rule(assignment, now))
    if change[0].facts.probe != assignment.facts.probe:
        raise Problem(
            409, "not of the probe", [("/probe", "must stay as it was when the assignment was created")]
        )
    saved = await _save(connection, assignment, change, now, act)
    return await placing.close_when_filled(connection, saved, now)  # with fewer positions it may be


async def _save(
    connection: Connection, before: Assignment | None, change: Change, now: datetime, act: Recording
) -> Assignment:
    assignment, events = change
    fields = changed_fields(before.facts if before else None, assignment.facts)
    if before is None or before.state is not assignment.state:
        fields.append("state")
    await act.record(connection, assignment.assignment_id, fields=fields)
    await store.save(connection, assignment)
    await outbox.publish(connection, SERVICE, events, now)
    return assignment


def _answer(assignment: Assignment) -> Answer:
    return Answer(200, responses.view(assignment, datetime.now(UTC)), {"ETag": etag(assignment.version)})


def _allowed(rule: Callable[[], Change]) -> Change:
    try:
        return rule()
    except WrongState as reason:
        raise Problem(409, str(reason)) from None
    except RespondByPassed:
        raise Problem(
            422,
            INVALID,
            [("/respond_by", "must be in the future while the assignment is open")],
        ) from None
