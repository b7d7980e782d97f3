"""Errors as pages for whom waits for a page; programs get the problem that every service answers."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import FastAPI, Request, Response

from chassis.http.problems import MEDIA_TYPE

KEPT = ("allow", "retry-after")
Handler = Callable[[Request, Any], Awaitable[Response]]
Page = Callable[[int], Response]


def install(app: FastAPI, page: Page, under: tuple[str, ...] = ()) -> None:
    """Let every error that the app answers so far be a page where one is asked for, and anyhow on the paths
    that begin with one of `under`, unless JSON is asked for there. `page` makes it for a status.

    A 401 stays as it is: what it leads to is signing in.
    """
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _or_page(cast("Handler", handler), page, under))


def _or_page(handler: Handler, page: Page, under: tuple[str, ...]) -> Handler:
    async def handle(request: Request, error: Any) -> Response:
        answer = await handler(request, error)
        is_problem = answer.headers.get("content-type", "").startswith(MEDIA_TYPE)
        if not is_problem or answer.status_code == 401 or not _wants_page(request, under):
            return answer
        instead = page(answer.status_code)
        for name in KEPT:
            if name in answer.headers:
                instead.headers[name] = answer.headers[name]
        return instead

    return handle


def _wants_page(request: Request, under: tuple[str, ...]) -> bool:
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or (request.url.path.startswith(under) and "json" not in accepted)
