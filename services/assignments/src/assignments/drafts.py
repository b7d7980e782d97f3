"""`/drafts` over HTTP: an opdracht that may be incomplete, until it is published."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import FieldError, Problem, not_found, problems, with_headers
from chassis.http.requests import (
    BODY_PROBLEMS,
    ETAG,
    Checked,
    Cursor,
    IfMatch,
    Limit,
    Page,
    Part,
    PartBody,
    Rules,
    check_version,
    etag,
    page,
)
from chassis.http.resources import Database
from contracts.requests import AssignmentFacts
from contracts.values import Moment, Version
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from uuid_utils.compat import uuid7

from assignments import SERVICE, draft_store, responses, store
from assignments.domain.assignment import Assignment, AssignmentState
from assignments.domain.draft import Draft, copied
from assignments.responses import AssignmentView

Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]
MOST_VALUES = 10_000  # of a draft, which is kept with what is wrong: many times what an opdracht has
Fields = Annotated[Part[AssignmentFacts], Depends(PartBody(AssignmentFacts, MOST_VALUES))]
DraftId = Annotated[UUID, Path(description="The draft's id, which stays the assignment's.")]
Beginning = Annotated[Recording, audited(Action.CREATE, "draft")]

LOCATION = {"Location": "Where the new draft is."}
PAST = ("/respond_by", "must be in the future when the assignment opens")
RESPOND_BY = TypeAdapter[datetime](Moment)

router = APIRouter(tags=["drafts"], responses=problems(401, 403, 503))


class DraftView(BaseModel):
    """A draft: its fields as they were sent, and what is still to be done."""

    draft_id: UUID
    version: Version
    fields: dict[str, Any]
    missing: Annotated[list[str], Field(description="Pointers to the fields that it lacks.")]
    errors: Annotated[list[FieldError], Field(description="The fields that are wrong.")]
    created_at: Moment
    updated_at: Moment


@router.post(
    "/drafts",
    status_code=201,
    response_model=DraftView,
    responses={201: with_headers(LOCATION | ETAG), **problems(*BODY_PROBLEMS)},
)
async def create(
    caller: Recruiter, fields: Fields, rules: Rules, once: Idempotent, act: Beginning
) -> Response:
    """Begin a draft.

    It may have any of an assignment's fields, right or not yet; the answer tells which are missing and which
    are wrong. A field that no assignment has is refused. No event tells of a draft.
    """

    async def effect(connection: Connection) -> Answer:
        return await _begin(connection, fields, rules, act)

    return await once(caller, effect)


@router.post(
    "/assignments/{assignment_id}/copy",
    status_code=201,
    response_model=DraftView,
    responses={201: with_headers(LOCATION | ETAG), **problems(404, 413, 422)},
)
async def copy(
    assignment_id: Annotated[UUID, Path(description="Whose facts are copied.")],
    caller: Recruiter,
    rules: Rules,
    once: Idempotent,
    act: Beginning,
) -> Response:
    """Copy an assignment as a new draft.

    With all its facts but its dates, in whatever state it is.
    """

    async def effect(connection: Connection) -> Answer:
        assignment = await store.get(connection, assignment_id)
        if assignment is None:
            raise not_found("assignment")
        fields = copied(assignment.facts.model_dump(mode="json"))
        return await _begin(connection, Part(AssignmentFacts, fields, rules), rules, act)

    return await once(caller, effect)


@router.get("/drafts", responses=problems(422))
async def list_drafts(
    _caller: Reader, rules: Rules, pool: Database, limit: Limit = 50, cursor: Cursor = None
) -> Page[DraftView]:
    """List the drafts, complete ones too.

    The oldest first. `next` leads to the page after this one.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Draft]:
        async with pool.acquire() as connection:
            return list(await draft_store.page(connection, after, rows))

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.draft_id))
    now = datetime.now(UTC)
    return Page(items=[_view(draft, rules, now) for draft in items], next=following)


class DraftCount(BaseModel):
    """How many drafts there are."""

    count: Annotated[int, Field(ge=0)]


@router.get("/draft-count")
async def count_drafts(_caller: Reader, pool: Database) -> DraftCount:
    """Count the drafts.

    Complete ones too, as the list has them.
    """
    async with pool.acquire() as connection:
        return DraftCount(count=await draft_store.count(connection))


@router.get("/drafts/{draft_id}", responses={200: with_headers(ETAG), **problems(404)})
async def read(
    draft_id: DraftId, _caller: Reader, rules: Rules, pool: Database, response: Response
) -> DraftView:
    """Show a draft.

    Once it is complete, `/assignments/{id}` shows it too, in the state `draft`; once it is published, only
    that.
    """
    async with pool.acquire() as connection:
        draft = await draft_store.get(connection, draft_id)
    if draft is None:
        raise not_found("draft")
    response.headers["ETag"] = etag(draft.version)
    return _view(draft, rules, datetime.now(UTC))


@router.put(
    "/drafts/{draft_id}",
    responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)},
)
async def change(
    draft_id: DraftId,
    _caller: Recruiter,
    condition: IfMatch,
    fields: Fields,
    rules: Rules,
    pool: Database,
    response: Response,
    act: Annotated[Recording, audited(Action.CHANGE, "draft")],
) -> DraftView:
    """Change a draft.

    The body replaces its fields; `If-Match` names the version that it was made from.
    """
    async with pool.acquire() as connection, connection.transaction():
        before = await _locked(connection, draft_id)
        check_version(condition, before.version)
        now = datetime.now(UTC)
        draft = before.change(fields.fields, now)
        await _save(connection, draft, fields.check().whole)
        await act.record(connection, draft_id, fields=_changed(before.fields, draft.fields))
    response.headers["ETag"] = etag(draft.version)
    return _view(draft, rules, now)


@router.delete("/drafts/{draft_id}", status_code=204, responses=problems(404, 409))
async def give_up(
    draft_id: DraftId,
    _caller: Recruiter,
    pool: Database,
    act: Annotated[Recording, audited(Action.DELETE, "draft")],
) -> None:
    """Delete a draft.

    No event told of it. What is published cannot be deleted, but closed.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _locked(connection, draft_id)
        await draft_store.delete(connection, [draft_id])
        await store.delete_draft(connection, draft_id)
        await act.record(connection, draft_id)


@router.post(
    "/drafts/{draft_id}/publish",
    response_model=AssignmentView,
    responses={200: with_headers(ETAG), **problems(404, 409, 413, 422)},
)
async def publish(
    draft_id: DraftId,
    caller: Recruiter,
    rules: Rules,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.OPEN, "assignment")],
) -> Response:
    """Open a draft as an assignment.

    422 names what is missing or wrong. Professionals are proposed for it from now until `respond_by`.
    """

    async def effect(connection: Connection) -> Answer:
        draft, now = await _locked(connection, draft_id), datetime.now(UTC)
        checked = Part(AssignmentFacts, draft.fields, rules).check()
        faults = [*checked.missing, *_wrong(draft, checked, now)]
        if checked.whole is None or faults:
            raise Problem(422, "the draft cannot be published yet", faults)
        assignment, events = _as_assignment(draft, checked.whole).open(now)
        await store.save(connection, assignment)
        await draft_store.delete(connection, [draft_id])
        await outbox.publish(connection, SERVICE, events, now)
        await act.record(connection, draft_id, fields=["state"])
        return Answer(200, responses.view(assignment, now), {"ETag": etag(assignment.version)})

    return await once(caller, effect)


async def _begin(connection: Connection, part: Part[AssignmentFacts], rules: Rules, act: Recording) -> Answer:
    now = datetime.now(UTC)
    draft = Draft(uuid7(), 1, part.fields, now, now)
    await _save(connection, draft, part.check().whole)
    await act.record(connection, draft.draft_id, fields=draft.fields.keys())
    headers = {"Location": f"/drafts/{draft.draft_id}", "ETag": etag(draft.version)}
    return Answer(201, _view(draft, rules, now), headers)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of the fields in which two drafts differ."""
    missing = object()
    return [
        name for name in before.keys() | after.keys() if before.get(name, missing) != after.get(name, missing)
    ]


async def _locked(connection: Connection, draft_id: UUID) -> Draft:
    """Return a draft, locked until the transaction ends; raises Problem 404, and 409 where it is published.

    A draft's row moves between two tables, and only here: who moves it, or looks for it to change it, holds
    the draft's advisory lock, so that it is looked for where it is. The assignment's row is locked besides,
    since `/assignments/{id}` changes it too.
    """
    await draft_store.lock(connection, draft_id)
    assignment = await store.get_for_update(connection, draft_id)
    if assignment is not None and assignment.state is not AssignmentState.DRAFT:
        raise Problem(409, f"the assignment is {assignment.state} already")
    draft = await draft_store.get(connection, draft_id)
    if draft is None:
        raise not_found("draft")
    return draft


async def _save(connection: Connection, draft: Draft, facts: AssignmentFacts | None) -> None:
    """Store a draft where it belongs now: a whole among the assignments, and anything else apart."""
    if facts is None:
        await draft_store.save(connection, draft)
        await store.delete_draft(connection, draft.draft_id)
    else:
        await store.save(connection, _as_assignment(draft, facts))
        await draft_store.delete(connection, [draft.draft_id])


def _as_assignment(draft: Draft, facts: AssignmentFacts) -> Assignment:
    return Assignment(
        assignment_id=draft.draft_id,
        version=draft.version,
        state=AssignmentState.DRAFT,
        closed_reason=None,
        facts=facts,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
    )


def _view(draft: Draft, rules: Rules, now: datetime) -> DraftView:
    checked = Part(AssignmentFacts, draft.fields, rules).check()
    return DraftView(
        draft_id=draft.draft_id,
        version=draft.version,
        fields=draft.fields,
        missing=[pointer for pointer, _ in checked.missing],
        errors=[
            FieldError(pointer=pointer, detail=detail) for pointer, detail in _wrong(draft, checked, now)
        ],
        created_at=draft.created_at,
        updated_at=draft.updated_at,
    )


def _wrong(draft: Draft, checked: Checked[AssignmentFacts], now: datetime) -> list[tuple[str, str]]:
    """Return the fields that would be refused at `now`, a `respond_by` that has passed too."""
    try:
        passed = RESPOND_BY.validate_python(draft.fields.get("respond_by"), strict=True) <= now
    except ValidationError:  # stands among the others
        passed = False
    return [*checked.unknown, *checked.wrong, *([PAST] if passed else [])]
