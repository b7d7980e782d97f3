"""Who asks, and below which path, where a proxy asks for them."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)


class Forwarded:
    """ASGI middleware: the client and the scheme are those that a trusted proxy names, in `X-Forwarded-For`
    (the last address that is not itself a trusted proxy's) and `X-Forwarded-Proto`. The connection's own end
    stays known as the scope's `peer`. Where such a proxy has taken a prefix off the path, which it names in
    `X-Forwarded-Prefix`, a `Location` of ours has it again.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        # uvicorn types ASGI by itself: the same shapes, which mypy takes for others.
        self._app = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the client's."""
        scope["peer"] = scope.get("client")
        if scope["type"] == "http" and (prefix := self._prefix(scope)):
            send = _below(prefix, send)
        await self._app(scope, receive, send)  # type: ignore[arg-type]

    def _prefix(self, scope: Scope) -> str | None:
        named = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
        host = (scope.get("client") or ("",))[0]
        return named if PREFIX.fullmatch(named) and host in self._app.trusted_hosts else None


def _below(prefix: str, send: Send) -> Send:
    async def send_below(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            where = headers.get("location", "")
            if where.startswith("/") and not where.startswith("//"):
                headers["location"] = prefix + where
                message = {**message, "headers": headers.raw}
        await send(message)

    return send_below
