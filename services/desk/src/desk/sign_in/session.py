"""Who is signed in, and the token with which the desk calls the owners for them."""

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller, bearer_token, let_in, verified
from chassis.http.problems import Problem
from contracts.vocabulary import Role
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie

from desk.sign_in.door import door_of
from desk.sign_in.professionals import Person
from desk.sign_in.provider import ProviderAway
from desk.sign_in.sessions import key_of

READERS = (Role.RECRUITER, Role.OPERATOR)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = APIKeyCookie(
    name="__Host-session",
    scheme_name="session",
    description="The session of who signed in at `/sign-in`.",
    auto_error=False,
)


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in. `token`: theirs, for calls on their behalf; never shown to a browser. `session`: the
    key of their session; null where they sent the token themselves. `is_new`: a professional who is not
    registered yet."""

    caller: Caller
    token: str
    session: bytes | None = None
    is_new: bool = False

    @property
    def may_change(self) -> bool:
        """Whether they may decide and change: recruiters; operators look."""
        return Role.RECRUITER in self.caller.roles


class SignInNeeded(Exception):
    """Nobody is signed in."""


class LinkNeeded(Exception):
    """No professional is signed in."""


class RegistrationNeeded(Exception):
    """A professional is signed in who is not registered yet."""


class NotAllowed(Exception):
    """Somebody is signed in without one of the roles that this needs."""

    def __init__(self, caller: Caller, *needed: Role) -> None:
        super().__init__(f"this needs the role {' or '.join(needed)}")
        self.caller = caller
        self.needed = needed


async def by_cookie(request: Request, *, used: bool) -> SignedIn | None:
    """Return whose session the browser has, whatever their roles; None without a session that lives.

    `used`: whether somebody does something. Raises ProviderAway where that cannot be told now.
    """
    door, pool = door_of(request), request.app.state.resources.pool
    cookie = request.cookies.get(door.cookie)
    held = await door.sessions.read(pool, cookie, used=used) if cookie else None
    if not cookie or held is None:
        return None
    if isinstance(held, Person):
        caller, token = door.signer.of_professional(held)
        return SignedIn(let_in(request, caller), token, key_of(cookie), held.is_new)
    try:
        return SignedIn(await verified(request, held.access), held.access, key_of(cookie))
    except Problem as problem:
        if problem.status == 429:
            raise
        if problem.status != 401:
            raise ProviderAway from None
    await door.sessions.end(pool, cookie)
    return None


def is_used(request: Request) -> bool:
    """Tell whether a person does something: what a page fetches by itself keeps no session alive."""
    return request.method not in SAFE or request.headers.get("sec-fetch-mode", "navigate") == "navigate"


async def signed_in(
    request: Request,
    token: Annotated[str | None, Depends(bearer_token)],
    _documented: Annotated[str | None, Depends(COOKIE)],  # the cookie's name depends on the settings
) -> SignedIn:
    """Return the member of staff who is signed in, by a bearer token or the session's cookie."""
    who = await _anybody(request, token)
    if who is None:
        raise SignInNeeded
    return _admit(who, *READERS)


async def _anybody(request: Request, token: str | None) -> SignedIn | None:
    if token is not None:
        return SignedIn(await verified(request, token), token)
    return await by_cookie(request, used=is_used(request))


async def recruiter(who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Return a recruiter who is signed in."""
    return _admit(who, Role.RECRUITER)


async def operator(who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Return an operator who is signed in."""
    return _admit(who, Role.OPERATOR)


async def link_holder(
    request: Request,
    token: Annotated[str | None, Depends(bearer_token)],
    _documented: Annotated[str | None, Depends(COOKIE)],
) -> SignedIn:
    """Return the professional who is signed in, registered or not. Staff are not let in: who is both has an
    address for each."""
    who = await _anybody(request, token)
    if who is None or (token is None and Role.PROFESSIONAL not in who.caller.roles):
        raise LinkNeeded
    return _admit(who, Role.PROFESSIONAL)


async def professional(who: Annotated[SignedIn, Depends(link_holder)]) -> SignedIn:
    """Return a professional who is signed in and registered: the token's `sub` is their profile's id."""
    if who.is_new:
        raise RegistrationNeeded
    return who


def _admit(who: SignedIn, *roles: Role) -> SignedIn:
    if who.caller.roles.isdisjoint(roles):
        raise NotAllowed(who.caller, *roles)
    return who


LinkHolder = Annotated[SignedIn, Depends(link_holder)]
Professional = Annotated[SignedIn, Depends(professional)]
Staff = Annotated[SignedIn, Depends(signed_in)]
Recruiter = Annotated[SignedIn, Depends(recruiter)]
Operator = Annotated[SignedIn, Depends(operator)]
