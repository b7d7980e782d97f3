"""Changes come from our own pages: another site can make a browser send its cookie along, and is refused.

A middleware, so that no route can forget it. Scripts send neither header, and no cookie by accident.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.sign_in.refusing import refuse_other_site
from desk.sign_in.session import SAFE


class SameSite:
    """ASGI middleware: an unsafe method that a browser sends for another site is a 403."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is harmless."""
        if scope["type"] != "http" or scope["method"] in SAFE or comes_from_us(Headers(scope=scope)):
            await self._app(scope, receive, send)
        else:
            await refuse_other_site(Request(scope))(scope, receive, send)


def comes_from_us(headers: Headers) -> bool:
    """Tell whether a change is sent by a page of this origin, or by no page at all.

    A page without a referrer has the origin `null`, of which the browser's `Sec-Fetch-Site` tells more.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is None or (origin == "null" and site is not None):
        return True
    return urlsplit(origin).netloc == headers.get("host")
