"""Signing in and out, and ending somebody's sessions."""

from typing import Annotated, Any
from uuid import UUID

import structlog
from chassis.audit import Action, Actor
from chassis.database import Connection
from chassis.http.audited import Recording, audited
from chassis.http.auth import verified
from chassis.http.problems import Problem, problems
from chassis.http.resources import Database
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from desk.domain.own_path import HOME, own_path
from desk.rendering import rendered
from desk.settings import DeskSettings
from desk.sign_in import refusing
from desk.sign_in.door import NO_STORE, Door, door_of
from desk.sign_in.professionals import Person
from desk.sign_in.provider import Attempt, Provider, Refused, Tokens
from desk.sign_in.refusing import SignInFailed
from desk.sign_in.same_site import SameSite
from desk.sign_in.session import Operator
from desk.sign_in.sessions import Ending, Held
from desk.store import sessions

log = structlog.get_logger()

router = APIRouter(tags=["signing in"])
OurDoor = Annotated[Door, Depends(door_of)]


def install(app: FastAPI, settings: DeskSettings, provider: Provider | None = None) -> None:
    """Let people sign in: what `Staff` and `Recruiter` stand on, and the guard of changes by cookie."""
    app.state.door = Door.of(settings, provider)
    app.include_router(router)
    app.add_middleware(SameSite)
    refusing.install(app)


@router.get("/sign-in", include_in_schema=False)
async def sign_in(
    door: OurDoor, next_path: Annotated[str | None, Query(alias="next")] = None
) -> RedirectResponse:
    """Send the browser to the provider."""
    attempt = Attempt.begin(own_path(next_path))
    response = RedirectResponse(await door.provider.sign_in_address(attempt), 303, NO_STORE)
    door.keep(response, attempt)
    return response


@router.get("/sign-in/callback", include_in_schema=False)
async def come_back(
    request: Request,
    door: OurDoor,
    pool: Database,
    act: Annotated[Recording, audited(Action.SIGN_IN, "session")],
    state: str = "",
    code: str = "",
    iss: str | None = None,
) -> RedirectResponse:
    """Begin a session for whom the provider sends back."""
    attempt = door.attempt(request, state)
    if attempt is None or not code or iss not in {None, door.issuer}:
        raise SignInFailed(attempt.next if attempt else HOME, state)
    try:
        tokens, subject = await door.provider.redeem(code, attempt)
    except Refused:
        raise SignInFailed(attempt.next, state) from None
    if not await _speaks_for(request, tokens, subject):
        raise SignInFailed(attempt.next, state)
    if before := request.cookies.get(door.cookie):
        await door.sessions.end(pool, before)
    response = RedirectResponse(door.desk_url + attempt.next, 303, NO_STORE)
    door.set(response, door.cookie, await door.sessions.begin(pool, subject, tokens, act))
    door.remember(response, subject)
    door.unset(response, door.attempts_cookie(state))
    return response


async def _speaks_for(request: Request, tokens: Tokens, subject: str) -> bool:
    """Tell whether services honour an access token, for the subject of the ID token."""
    try:
        caller = await verified(request, tokens.access)
    except Problem as problem:
        if problem.status != 401:
            raise
        log.error("the provider's access token is not for AUTH_AUDIENCE, or not one that services can check")
        return False
    return caller.subject == subject


@router.get("/.well-known/jwks.json", include_in_schema=False)
async def publish_keys(door: OurDoor) -> dict[str, Any]:
    """Show the public keys of the desk's tokens: a JWK set (RFC 7517)."""
    return door.signer.public


@router.post("/sign-out", include_in_schema=False)
async def sign_out(
    request: Request,
    door: OurDoor,
    pool: Database,
    act: Annotated[Recording, audited(Action.SIGN_OUT, "session")],
) -> RedirectResponse:
    """End the session, here and at the provider."""
    cookie = request.cookies.get(door.cookie)
    held = await door.sessions.end(pool, cookie, _ended(door, act)) if cookie else None
    address = await door.provider.sign_out_address(held) if isinstance(held, Tokens) else None
    response = RedirectResponse(address or f"{door.desk_url}/signed-out", 303, NO_STORE)
    door.unset(response, door.cookie)
    return response


def _ended(door: Door, act: Recording) -> Ending:
    async def record(connection: Connection, subject: str, held: Held | None) -> None:
        actor = door.signer.actor(held) if isinstance(held, Person) else Actor(door.issuer, subject)
        await act.record(connection, actor=actor)

    return record


@router.get("/signed-out", include_in_schema=False)
async def signed_out(door: OurDoor) -> Response:
    """Say that one is signed out."""
    return rendered("sign_in.html", case="signed out", sign_in=door.sign_in(HOME))


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int


@router.delete("/sessions", responses=problems(401, 403, 422, 503))
async def end_sessions(
    _who: Operator,
    pool: Database,
    act: Annotated[Recording, audited(Action.DELETE, "sessions")],
    subject: Annotated[str, Query(min_length=1, max_length=255, description="Whose: the token's `sub`.")],
) -> Ended:
    """End all sessions of somebody.

    They can sign in again until the identity provider refuses them: block them there first.
    """
    async with pool.acquire() as connection, connection.transaction():
        ended = await sessions.end_all_of(connection, subject)
        await act.record(connection, _as_id(subject))
    return Ended(ended=ended)


def _as_id(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None
