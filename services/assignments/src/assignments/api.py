"""The HTTP side of assignments."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Key, once
from chassis.http.problems import Problem, not_found
from chassis.http.requests import Cursor, JsonBody, Limit, check_version, etag, if_match, page
from contracts.facts import AssignmentRequest
from contracts.values import Frozen
from contracts.vocabulary import ClosedReason, Role
from fastapi import APIRouter, Depends, Request, Response
from uuid_utils.compat import uuid7

from assignments import store
from assignments.domain.assignment import Assignment, Change, RespondByPassed, State, WrongState


class Closing(Frozen):
    """Why a recruiter closes an assignment."""

    reason: Literal[ClosedReason.FILLED, ClosedReason.WITHDRAWN]


BODY = JsonBody(AssignmentRequest)
CLOSING = JsonBody(Closing)
Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]
Body = Annotated[AssignmentRequest, Depends(BODY)]
IfMatch = Annotated[str, Depends(if_match)]


def routes(pool: Pool) -> APIRouter:
    """Make the routes of `/assignments`."""
    router = APIRouter(prefix="/assignments", tags=["assignments"])

    @router.post("", status_code=201, openapi_extra=BODY.openapi)
    async def create(request: Request, caller: Recruiter, body: Body, key: Key = None) -> Response:
        async def effect(connection: Connection) -> Answer:
            now, assignment_id = datetime.now(UTC), uuid7()
            change: Change = Assignment.draft(assignment_id, body, now), None
            if body.open:
                change = _allowed(lambda: Assignment.opened(assignment_id, body, now))
            await store.save(connection, change)
            _, headers, content = _answer(change[0])
            return 201, {**headers, "Location": f"/assignments/{assignment_id}"}, content

        return await once(pool, request, caller, key, effect)

    @router.get("")
    async def list_assignments(
        _caller: Reader, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
    ) -> Any:
        async def fetch(after: UUID | None, rows: int) -> list[Assignment]:
            async with pool.acquire() as connection:
                return await store.page(connection, state, after, rows)

        items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.assignment_id))
        return {"items": [_shown(assignment) for assignment in items], "next": following}

    @router.get("/{assignment_id}")
    async def read(assignment_id: UUID, _caller: Reader, response: Response) -> Any:
        async with pool.acquire() as connection:
            assignment = await store.get(connection, assignment_id)
        if assignment is None:
            raise not_found("assignment")
        response.headers["ETag"] = etag(assignment.version)
        return _shown(assignment)

    @router.put("/{assignment_id}", openapi_extra=BODY.openapi)
    async def change(
        assignment_id: UUID, _caller: Recruiter, condition: IfMatch, body: Body, response: Response
    ) -> Any:
        def replace(assignment: Assignment, now: datetime) -> Change:
            changed, event = assignment.change(body, now)
            if body.open and changed.state is State.DRAFT:
                opened, event = changed.open(now)
                return opened, event
            return changed, event

        async with pool.acquire() as connection, connection.transaction():
            changed = await _apply(connection, assignment_id, replace, condition)
        response.headers["ETag"] = etag(changed.version)
        return _shown(changed)

    @router.post("/{assignment_id}/open")
    async def open_assignment(
        request: Request, assignment_id: UUID, caller: Recruiter, key: Key = None
    ) -> Response:
        async def effect(connection: Connection) -> Answer:
            return _answer(await _apply(connection, assignment_id, Assignment.open))

        return await once(pool, request, caller, key, effect)

    @router.post("/{assignment_id}/close", openapi_extra=CLOSING.openapi)
    async def close_assignment(
        request: Request,
        assignment_id: UUID,
        caller: Recruiter,
        body: Annotated[Closing, Depends(CLOSING)],
        key: Key = None,
    ) -> Response:
        async def effect(connection: Connection) -> Answer:
            return _answer(
                await _apply(
                    connection, assignment_id, lambda assignment, now: assignment.close(body.reason, now)
                )
            )

        return await once(pool, request, caller, key, effect)

    return router


async def _apply(
    connection: Connection,
    assignment_id: UUID,
    rule: Callable[[Assignment, datetime], Change],
    condition: str | None = None,
) -> Assignment:
    """Run one rule on an assignment whose row is held, and store what it says."""
    assignment = await store.get(connection, assignment_id, lock=True)
    if assignment is None:
        raise not_found("assignment")
    if condition is not None:
        check_version(condition, assignment.version)
    now = datetime.now(UTC)
    change = _allowed(lambda: rule(assignment, now))
    await store.save(connection, change)
    return change[0]


def _allowed(rule: Callable[[], Change]) -> Change:
    try:
        return rule()
    except WrongState as reason:
        raise Problem(409, str(reason)) from None
    except RespondByPassed:
        raise Problem(
            422,
            "the body is not valid",
            [("/respond_by", "must be in the future while the assignment is open")],
        ) from None


def _shown(assignment: Assignment) -> dict[str, Any]:
    return {
        "assignment_id": str(assignment.assignment_id),
        "version": assignment.version,
        "state": assignment.state,
        "closed_reason": assignment.closed_reason,
        **assignment.facts.model_dump(mode="json", exclude={"open"}),
    }


def _answer(assignment: Assignment) -> Answer:
    return 200, {"ETag": etag(assignment.version)}, _shown(assignment)
