"""Changes come from the forms of our own pages: another site can make a browser send its cookie along, and is
refused.

A middleware, so that no route can forget it. Scripts name no page that they come from, and send no cookie by
accident.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.sign_in.refusing import Refusal, refuse
from desk.sign_in.session import SAFE

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
LONGEST = 1024 * 1024  # bytes, as of a body that the owners take


class SameSite:
    """ASGI middleware: an unsafe method that a browser sends for another site is a 403; a body that is no
    form a 415, one whose length is not told a 411, and one over 1 MiB a 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is harmless."""
        refusal = None
        if scope["type"] == "http" and scope["method"] not in SAFE:
            refusal = judge(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refuse(Request(scope), refusal)(scope, receive, send)


def judge(headers: Headers) -> Refusal | None:
    """Tell why a change is not let through, if it is not."""
    if not comes_from_us(headers):
        return Refusal.OTHER_SITE
    if "transfer-encoding" in headers:
        return Refusal.LENGTH_UNKNOWN
    length = headers.get("content-length", "0")
    kind = headers.get("content-type")
    if (kind is not None or length != "0") and (kind or "").partition(";")[0].strip().lower() not in FORMS:
        return Refusal.NO_FORM
    return Refusal.TOO_LONG if not length.isdecimal() or int(length) > LONGEST else None


def comes_from_us(headers: Headers) -> bool:
    """Tell whether a change is sent by a page of this origin, or by no page at all.

    A page without a referrer has the origin `null`, of which the browser's `Sec-Fetch-Site` tells more.
    """
    site, origin, referer = (headers.get(name) for name in ("sec-fetch-site", "origin", "referer"))
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if referer is not None and not _is_here(referer, headers):
        return False
    return origin is None or (origin == "null" and site is not None) or _is_here(origin, headers)


def _is_here(address: str, headers: Headers) -> bool:
    try:
        return urlsplit(address).netloc == headers.get("host")
    except ValueError:
        return False
