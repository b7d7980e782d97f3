"""What whoever is not let in gets: a page in Dutch for people, a problem for scripts."""

from collections.abc import Callable
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from chassis.http.auth import unauthorized
from chassis.http.problems import Problem, unavailable
from chassis.http.problems import response as problem_response
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from desk.domain.own_path import HOME, own_path
from desk.rendering import rendered
from desk.sign_in.door import NO_STORE, door_of
from desk.sign_in.kept import keep
from desk.sign_in.provider import ProviderAway
from desk.sign_in.session import SAFE, LinkNeeded, NotAllowed, RegistrationNeeded, SignInNeeded
from desk.store.kept_forms import KEPT

REGISTER = "/mijn/registreren"


class SignInFailed(Exception):
    """An attempt to sign in came to nothing. `next`: where it was to lead; `state`: what it was kept by."""

    def __init__(self, next_path: str, state: str) -> None:
        super().__init__("an attempt to sign in came to nothing")
        self.next = next_path
        self.state = state


def install(app: FastAPI) -> None:
    """Answer the exceptions of signing in."""
    app.add_exception_handler(SignInNeeded, _sign_in_needed)
    app.add_exception_handler(LinkNeeded, _link_needed)
    app.add_exception_handler(RegistrationNeeded, _registration_needed)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(ProviderAway, _away)
    app.add_exception_handler(SignInFailed, _failed)


def _wants_page(request: Request) -> bool:
    """Whether a person waits for a page in a browser."""
    headers = request.headers
    if "authorization" in headers or "hx-request" in headers or request.url.path.startswith("/alerts"):
        return False
    if headers.get("sec-fetch-dest", "document") != "document":
        return False
    accepted = headers.get("accept", "*/*")
    return "text/html" in accepted or (request.method in SAFE and "*/*" in accepted)


def _page(case: str, status: int, **context: Any) -> Response:
    return rendered("sign_in.html", status, case=case, **context)


def _here(request: Request) -> str:
    """Return the path to come back to: of the page that a request is for, or was sent from."""
    headers = request.headers
    if request.method not in SAFE and (sent_from := headers.get("referer")):
        return _path_of(sent_from)
    path = request.scope.get("raw_path", b"").decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    return own_path(f"{path}?{query}" if query else path)


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return HOME
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


async def _sign_in_needed(request: Request, _error: Exception) -> Response:
    return await _to_sign_in(request, door_of(request).sign_in)


async def _link_needed(request: Request, _error: Exception) -> Response:
    return await _to_sign_in(request, door_of(request).link_asked)


async def _registration_needed(request: Request, _error: Exception) -> Response:
    if not _wants_page(request):
        return problem_response(Problem(403, "register first"))
    return RedirectResponse(f"{door_of(request).desk_url}{REGISTER}", 303, NO_STORE)


async def _to_sign_in(request: Request, at: Callable[[str], str]) -> Response:
    """Lead to where one signs in, and from there back. `at`: its address, for the path to come back to."""
    address = at(_here(request))
    if not _wants_page(request):  # of htmx too: a page on which somebody types stays (`live.js` tells them)
        return problem_response(unauthorized("sign in, or send a bearer token"))
    if request.method in SAFE:
        return RedirectResponse(address, 303, NO_STORE)
    if cookie := await keep(request, _page_of(request)):
        back = RedirectResponse(at(_page_of(request)), 303, NO_STORE)
        return _with_kept(request, back, cookie)
    return _page("ended", 401, sign_in=address)


def _page_of(request: Request) -> str:
    """Return the path of the page that a form was sent from; the first, where the browser does not tell."""
    return _here(request) if "referer" in request.headers else HOME


def _with_kept(request: Request, answer: Response, cookie: tuple[str, str]) -> Response:
    door_of(request).set(answer, *cookie, int(KEPT.total_seconds()))
    return answer


async def _not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowed)
    if not _wants_page(request):
        return problem_response(Problem(403, str(error)))
    return _page("not allowed", 403, caller=error.caller, needed=error.needed)


async def _away(request: Request, _error: Exception) -> Response:
    if not _wants_page(request):
        return problem_response(unavailable("the identity provider does not answer; try again"))
    cookie = None
    if request.method in SAFE:
        again = HOME if request.url.path == "/sign-in/callback" else _here(request)
    else:
        again = _page_of(request)
        cookie = await keep(request, again)
    answer = _page("away", 503, again=again, is_kept=cookie is not None)
    answer.headers["Retry-After"] = "10"
    return answer if cookie is None else _with_kept(request, answer, cookie)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFailed)
    door = door_of(request)
    answer = _page("failed", 400, sign_in=door.sign_in(error.next))
    door.unset(answer, door.attempts_cookie(error.state))  # it counts once
    return answer


class Refusal(Enum):
    """Why a change is not even looked at: its status, and what would be right."""

    OTHER_SITE = 403, "a change must come from our own page"
    LENGTH_UNKNOWN = 411, "say how long the body is: Content-Length"
    TOO_LONG = 413, "a body holds at most 1 MiB"
    NO_FORM = 415, "send a form: application/x-www-form-urlencoded or multipart/form-data"


def refuse(request: Request, refusal: Refusal) -> Response:
    """Answer a change that is not looked at."""
    status, detail = refusal.value
    if not _wants_page(request):
        return problem_response(Problem(status, detail))
    return _page("other site" if refusal is Refusal.OTHER_SITE else "no form", status)
