"""Trainings over HTTP: what one can learn, and what that gives."""

from typing import Annotated
from uuid import UUID

from chassis.audit import Action, changed_fields
from chassis.database import Connection
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import not_found, problems, with_headers
from chassis.http.requests import (
    BODY_PROBLEMS,
    ETAG,
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
from contracts.values import Version
from contracts.vocabulary import PEOPLE, Certificate, Role, Specialism
from fastapi import APIRouter, Depends, Path, Query, Response
from uuid_utils.compat import uuid7

from profiles import training_store
from profiles.domain.training import Terms, Training


class TrainingView(Terms):
    """A training."""

    training_id: UUID
    version: Version


Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]
Body = Annotated[Terms, Depends(JsonBody(Terms))]
TrainingId = Annotated[UUID, Path(description="The training's id, as the answer to `POST` gave it.")]
Specialisms = Annotated[
    list[Specialism],
    Query(
        max_length=len(Specialism),
        alias="specialism",
        description="Those that give this; may be sent many times.",
    ),
]
Certificates = Annotated[
    list[Certificate],
    Query(
        max_length=len(Certificate),
        alias="certificate",
        description="Those that give this; may be sent many times.",
    ),
]

LOCATION = {"Location": "Where the new training is."}

router = APIRouter(prefix="/trainings", tags=["trainings"], responses=problems(401, 403, 503))


@router.post(
    "",
    status_code=201,
    response_model=TrainingView,
    responses={201: with_headers(LOCATION | ETAG), **problems(*BODY_PROBLEMS)},
)
async def create(
    caller: Recruiter,
    body: Body,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CREATE, "training")],
) -> Response:
    """Enter a training.

    Professionals see it beside what it gives, where that would bring them opdrachten.
    """

    async def effect(connection: Connection) -> Answer:
        training = Training(uuid7(), 1, body)
        await training_store.insert(connection, training)
        await act.record(connection, training.training_id, fields=changed_fields(None, body))
        headers = {"Location": f"/trainings/{training.training_id}", "ETag": etag(training.version)}
        return Answer(201, view(training), headers)

    return await once(caller, effect)


@router.get("", responses=problems(422))
async def list_trainings(
    _caller: Anyone,
    pool: Database,
    specialisms: Specialisms = [],  # noqa: B006 - FastAPI copies it
    certificates: Certificates = [],  # noqa: B006
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TrainingView]:
    """List the trainings.

    All, or those that give one of the specialisms or certificates that are asked for; the oldest first.
    `next` leads to the page after this one.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Training]:
        async with pool.acquire() as connection:
            return await training_store.page(
                connection, after, rows, specialisms=specialisms, certificates=certificates
            )

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.training_id))
    return Page(items=[view(training) for training in items], next=following)


@router.get("/{training_id}", responses={200: with_headers(ETAG), **problems(404)})
async def read(training_id: TrainingId, _caller: Anyone, pool: Database, response: Response) -> TrainingView:
    """Show a training.

    What it is, and what it gives.
    """
    async with pool.acquire() as connection:
        training = await training_store.get(connection, training_id)
    if training is None:
        raise not_found("training")
    response.headers["ETag"] = etag(training.version)
    return view(training)


@router.put("/{training_id}", responses={200: with_headers(ETAG), **problems(404, 412, 428, *BODY_PROBLEMS)})
async def change(
    training_id: TrainingId,
    _caller: Recruiter,
    condition: IfMatch,
    body: Body,
    pool: Database,
    response: Response,
    act: Annotated[Recording, audited(Action.CHANGE, "training")],
) -> TrainingView:
    """Change a training.

    The body replaces it; `If-Match` names the version that it was made from.
    """
    async with pool.acquire() as connection, connection.transaction():
        training = await training_store.get_for_update(connection, training_id)
        if training is None:
            raise not_found("training")
        check_version(condition, training.version)
        changed = training.change(body)
        await training_store.update(connection, changed)
        await act.record(connection, training_id, fields=changed_fields(training.terms, body))
    response.headers["ETag"] = etag(changed.version)
    return view(changed)


@router.delete("/{training_id}", status_code=204, responses=problems(404))
async def delete(
    training_id: TrainingId,
    _caller: Recruiter,
    pool: Database,
    act: Annotated[Recording, audited(Action.DELETE, "training")],
) -> None:
    """Delete a training.

    It is shown to nobody any more.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await training_store.delete(connection, training_id):
            raise not_found("training")
        await act.record(connection, training_id)


def view(training: Training) -> TrainingView:
    """Show a training."""
    terms = training.terms
    return TrainingView.model_construct(
        **{name: getattr(terms, name) for name in Terms.model_fields},
        training_id=training.training_id,
        version=training.version,
    )
