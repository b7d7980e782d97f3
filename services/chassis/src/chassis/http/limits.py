"""What stands in front of every route: how often an address calls, and how much comes in with a request.

How long that may take is `connections`' to bound. A body is counted while it is read, whatever it says of its
length, and read by nobody before its route wants it.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.problems import Problem, answer
from chassis.http.rates import Rates
from chassis.telemetry import QUIET_PATHS

MAX_BODY_BYTES = 1024 * 1024
MAX_FORM_BYTES = 512 * 1024
MULTIPART = "multipart/form-data"
FORMS = ("application/x-www-form-urlencoded", MULTIPART)


class Limits:
    """ASGI middleware: 429 for an address that calls too often, and 413 where a body is read that is too
    large; 415 for a form in parts, in which files may come, where the service takes none.
    """

    def __init__(self, app: ASGIApp, rates: Rates, *, multipart: bool) -> None:
        self._app = app
        self._rates = rates
        self._multipart = multipart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind == MULTIPART and not self._multipart:
                raise Problem(415, "send a form as application/x-www-form-urlencoded")
            if scope["path"] not in QUIET_PATHS and scope["client"]:
                await self._rates.take_address(scope["client"][0], (scope.get("peer") or scope["client"])[0])
        except Problem as problem:
            response = await answer(Request(scope), problem)
            await response(scope, receive, send)
            return
        most = MAX_FORM_BYTES if kind in FORMS else MAX_BODY_BYTES
        await self._app(scope, _bounded(scope, receive, most), send)


def _bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """Return `receive` that raises 413 once it is asked for more than `most` bytes of a body.

    An HTTPException, which FastAPI passes on where it reads a form.
    """
    declared = Headers(scope=scope).get("content-length", "")
    seen = int(declared) if declared.isdecimal() and len(declared) < 20 else 0
    if seen <= most:
        seen = 0

    async def counted() -> Message:
        nonlocal seen
        if seen > most:
            raise HTTPException(413, f"a body of this kind holds at most {most} bytes")
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, f"a body of this kind holds at most {most} bytes")
        return message

    return counted
