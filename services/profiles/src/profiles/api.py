"""The HTTP side of profiles."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Key, once
from chassis.http.problems import Problem, not_found
from chassis.http.requests import Cursor, JsonBody, Limit, check_version, etag, if_match, page
from contracts.facts import Contact, ProfileFacts
from contracts.values import Frozen
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Request, Response
from uuid_utils.compat import uuid7

from profiles import store
from profiles.domain.profile import Profile


class ProfileBody(Frozen):
    """A profile as it is sent: who it is, and what matching may know."""

    contact: Contact
    facts: ProfileFacts


BODY = JsonBody(ProfileBody)
STAFF = (Role.RECRUITER, Role.OPERATOR)
Staff = Annotated[Caller, Depends(allow(*STAFF))]
Anyone = Annotated[Caller, Depends(allow(*Role))]
Body = Annotated[ProfileBody, Depends(BODY)]
IfMatch = Annotated[str, Depends(if_match)]


def routes(pool: Pool) -> APIRouter:
    """Make the routes of `/profiles`."""
    router = APIRouter(prefix="/profiles", tags=["profiles"])

    @router.post("", status_code=201, openapi_extra=BODY.openapi)
    async def create(request: Request, caller: Staff, body: Body, key: Key = None) -> Response:
        async def effect(connection: Connection) -> tuple[int, dict[str, str], Any]:
            profile = Profile.create(uuid7(), body.contact, body.facts, datetime.now(UTC))
            await store.insert(connection, profile)
            headers = {"Location": f"/profiles/{profile.profile_id}", "ETag": etag(profile.version)}
            return 201, headers, {"profile_id": str(profile.profile_id), "version": profile.version}

        return await once(pool, request, caller, key, effect)

    @router.get("")
    async def list_profiles(_caller: Staff, limit: Limit = 50, cursor: Cursor = None) -> Any:
        async def fetch(after: UUID | None, rows: int) -> list[Profile]:
            async with pool.acquire() as connection:
                return await store.page(connection, after, rows)

        items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.profile_id))
        return {"items": [_shown(profile) for profile in items], "next": following}

    @router.get("/{profile_id}")
    async def read(profile_id: UUID, caller: Anyone, response: Response) -> Any:
        profile = await _own(pool, caller, profile_id)
        response.headers["ETag"] = etag(profile.version)
        return _shown(profile)

    @router.get("/{profile_id}/export")
    async def export(profile_id: UUID, caller: Anyone) -> Any:
        profile = await _own(pool, caller, profile_id)
        return {**_shown(profile), "created_at": profile.created_at, "updated_at": profile.updated_at}

    @router.put("/{profile_id}", openapi_extra=BODY.openapi)
    async def change(
        profile_id: UUID, caller: Anyone, condition: IfMatch, body: Body, response: Response
    ) -> Any:
        _check_own(caller, profile_id)
        async with pool.acquire() as connection, connection.transaction():
            profile = await store.get(connection, profile_id, lock=True)
            if profile is None:
                raise not_found("profile")
            check_version(condition, profile.version)
            changed = profile.change(body.contact, body.facts, datetime.now(UTC))
            await store.update(connection, changed)
        response.headers["ETag"] = etag(changed.version)
        return {"profile_id": profile_id, "version": changed.version}

    @router.delete("/{profile_id}", status_code=204)
    async def erase(profile_id: UUID, caller: Anyone) -> None:
        _check_own(caller, profile_id)
        async with pool.acquire() as connection, connection.transaction():
            if not await store.erase(connection, profile_id, datetime.now(UTC)):
                raise not_found("profile")

    return router


def _check_own(caller: Caller, profile_id: UUID) -> None:
    if caller.roles.isdisjoint(STAFF) and caller.subject.lower() != str(profile_id):
        raise Problem(403, "a professional reaches the own profile only")


async def _own(pool: Pool, caller: Caller, profile_id: UUID) -> Profile:
    _check_own(caller, profile_id)
    async with pool.acquire() as connection:
        profile = await store.get(connection, profile_id)
    if profile is None:
        raise not_found("profile")
    return profile


def _shown(profile: Profile) -> dict[str, Any]:
    return {
        "profile_id": profile.profile_id,
        "version": profile.version,
        "contact": profile.contact,
        "facts": profile.facts,
    }
