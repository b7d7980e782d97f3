"""The recruiter's session: a bearer token, in a cookie that scripts cannot read."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from chassis.http.auth import Authenticator, Caller, admit, bearer_token, unauthorized
from chassis.http.problems import Problem
from fastapi import Request

COOKIE = "session"


async def _verified(request: Request, token: str) -> Caller:
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.verify(token)


def check_same_site(request: Request) -> None:
    """Raise Problem 403 where another site makes the browser send its cookie along with a change."""
    origin = request.headers.get("origin")
    other = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if other or (origin is not None and urlsplit(origin).netloc != request.headers.get("host")):
        raise Problem(403, "a change by cookie must come from our own page")


async def visitor(request: Request) -> Caller | None:
    """Return who looks at a page: by bearer token or cookie; None where neither is valid."""
    token = bearer_token(request) or request.cookies.get(COOKIE)
    try:
        return await _verified(request, token) if token else None
    except Problem as problem:
        if problem.status == 401:
            return None
        raise


def allow(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """Make a dependency that takes a bearer token or the cookie: 401 without, 403 without a role."""

    async def dependency(request: Request) -> Caller:
        token = bearer_token(request) or request.cookies.get(COOKIE)
        if token is None:
            raise unauthorized("send a bearer token, or sign in on the page")
        return admit(await _verified(request, token), *roles)

    return dependency
