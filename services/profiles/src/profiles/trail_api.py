"""`/profiles/{id}/audit`: who saw or changed what of somebody."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.problems import Problem, not_found, problems
from chassis.http.requests import Cursor, Limit, Page, page
from chassis.http.resources import Database
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Path

from profiles import responses, store, trail
from profiles.responses import ActView
from profiles.trail import Position, Traced

router = APIRouter(prefix="/profiles", tags=["audit"], responses=problems(401, 403, 503))


@router.get("/{profile_id}/audit", responses=problems(404, 422))
async def list_acts(
    profile_id: Annotated[UUID, Path(description="The professional's id.")],
    caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.PROFESSIONAL))],
    pool: Database,
    act: Annotated[Recording, audited(Action.READ, "audit")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ActView]:
    """List who saw or changed what of a professional.

    In all services, the latest first; seconds after it was done. A professional sees the own list; after an
    erasure operators alone do. `next` leads to the page after this one.
    """
    operates = Role.OPERATOR in caller.roles
    if not operates and caller.subject.lower() != str(profile_id):
        raise Problem(403, "a professional reaches the own profile only")
    async with pool.acquire() as connection:
        standing = await store.standing(connection, profile_id)
    if standing is None or (standing is store.Standing.ERASED and not operates):
        raise not_found("profile")

    async def fetch(before: Position | None, rows: int) -> list[Traced]:
        async with pool.acquire() as connection:
            return await trail.of_person(connection, profile_id, before, rows)

    items, following = await page(fetch, limit, cursor, _parse, _written)
    async with pool.acquire() as connection:
        await act.record(connection, profile_id, people=[profile_id])
    return Page(items=[responses.act(item) for item in items], next=following)


def _written(last: Traced) -> str:
    return f"{last.at.astimezone(UTC).isoformat()} {last.hash.hex()}"


def _parse(text: str) -> Position:
    at, key = text.split(" ")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return Position(moment.astimezone(UTC), bytes.fromhex(key))
