"""Who asks, where a proxy asks for them."""

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


class Forwarded:
    """ASGI middleware: the client and the scheme are those that a trusted proxy names, in `X-Forwarded-For`
    (the last address that is not itself a trusted proxy's) and `X-Forwarded-Proto`. The connection's own end
    stays known as the scope's `peer`.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        # uvicorn types ASGI by itself: the same shapes, which mypy takes for others.
        self._app = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the client's."""
        scope["peer"] = scope.get("client")
        await self._app(scope, receive, send)  # type: ignore[arg-type]
