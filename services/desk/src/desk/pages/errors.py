"""Errors as pages in Dutch for whom waits for a page; programs get the problem that every service answers."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import FastAPI, Request, Response

from desk.rendering import rendered

WORDS = {
    403: ("Dit mag je niet", "Je account geeft hier geen toegang toe."),
    404: ("Niet gevonden", "Deze pagina bestaat niet, of is verwijderd. Klopt het adres?"),
    405: ("Dit kan hier niet", "Ga terug en probeer het nog eens vanaf de pagina."),
    422: ("Dit adres klopt niet", "Er staat iets in het adres of het formulier dat we niet begrijpen."),
    503: (
        "We zijn even niet bereikbaar",
        "Probeer het over een minuut nog eens. Wat je al hebt vastgelegd, is bewaard.",
    ),
}
OURS = ("Er ging iets mis", "Dat ligt aan ons. Probeer het nog eens, of ga naar Vandaag.")
THEIRS = ("Dit kan nu niet", "Ga terug en probeer het nog eens.")
Handler = Callable[[Request, Any], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Let every error that the app answers so far be a page where a page is asked for."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _or_page(cast("Handler", handler)))


def _or_page(handler: Handler) -> Handler:
    async def handle(request: Request, error: Any) -> Response:
        answer = await handler(request, error)
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        if (
            not is_problem
            or answer.status_code == 401
            or "text/html" not in request.headers.get("accept", "")
        ):
            return answer
        status = answer.status_code
        title, text = WORDS.get(status, OURS if status >= 500 else THEIRS)
        page = rendered("error.html", status, title=title, text=text)
        for name in ("allow", "retry-after"):
            if name in answer.headers:
                page.headers[name] = answer.headers[name]
        return page

    return handle
