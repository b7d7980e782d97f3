"""Headers that every answer has: a middleware, so that no route can forget them."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR_SECONDS = 31_536_000
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SELF = "'self'"
CLOSED = "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
NOTHING = f"default-src 'none'; form-action 'none'; {CLOSED}"


def page_policy(form_action: Sequence[str] = ()) -> str:
    """Return what a page of ours may load: its own host's files; its forms go there, and may end at one of
    the origins `form_action`."""
    return f"default-src 'self'; form-action {' '.join([SELF, *form_action])}; {CLOSED}"


class SecurityHeaders:
    """ASGI middleware: adds each header that an answer does not have of its own.

    What is no file (which has a date) is not stored: it may be about people. `policy` is the pages'
    Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, and complete the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, completed)

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        is_page = headers.get("content-type", "").startswith("text/html")
        headers.setdefault("Content-Security-Policy", self._policy if is_page else NOTHING)
        for name, value in EVERYWHERE.items():
            headers.setdefault(name, value)
        if "last-modified" not in headers:
            headers.setdefault("Cache-Control", "no-store")
        if scope["scheme"] == "https":
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
