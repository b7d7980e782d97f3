"""The recruiter's session: a bearer token, in a cookie that scripts cannot read."""

from typing import Annotated
from urllib.parse import urlsplit

from chassis.http.auth import Caller, allow, bearer_token, verified
from chassis.http.problems import Problem
from contracts.vocabulary import Role
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie

COOKIE = "session"
SESSION = APIKeyCookie(
    name=COOKIE,
    scheme_name="session",
    description="A bearer token as a cookie, which the recruiter's page gets from `POST /session`.",
    auto_error=False,
)
WITHOUT = "send a bearer token, or sign in on the page"


def _token(
    bearer: Annotated[str | None, Depends(bearer_token)], session: Annotated[str | None, Depends(SESSION)]
) -> str | None:
    return bearer or session


async def visitor(request: Request, token: Annotated[str | None, Depends(_token)]) -> Caller | None:
    """Return who looks at a page; None where neither token nor session is valid."""
    try:
        return await verified(request, token) if token else None
    except Problem as problem:
        if problem.status == 401:
            return None
        raise


READERS = (Role.RECRUITER, Role.OPERATOR)

# By bearer token or session: whoever looks, and those with a role.
Visitor = Annotated[Caller | None, Depends(visitor)]
Reader = Annotated[Caller, Depends(allow(*READERS, token=_token, without=WITHOUT))]
Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER, token=_token, without=WITHOUT))]
Operator = Annotated[Caller, Depends(allow(Role.OPERATOR, token=_token, without=WITHOUT))]


def check_same_site(request: Request) -> None:
    """Raise Problem 403 where another site makes the browser send its cookie along with a change."""
    origin = request.headers.get("origin")
    other = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if other or (origin is not None and urlsplit(origin).netloc != request.headers.get("host")):
        raise Problem(403, "a change by cookie must come from our own page")


SameSite = Depends(check_same_site)
