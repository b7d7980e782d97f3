"""How long requests take, by route and status."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.metrics import HTTP_DURATION
from chassis.telemetry import QUIET_PATHS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


class Durations:
    """ASGI middleware: measures every request up to the beginning of its answer.

    A caller chooses neither paths nor methods that become a label: what fits no route, and a method that no
    route knows, are `other`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request; its route is known once it is answered."""
        if scope["type"] != "http" or scope["path"] in QUIET_PATHS:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in METHODS else OTHER
                route = getattr(scope.get("route"), "path", None) or OTHER
                measured = HTTP_DURATION.labels(method, route, str(message["status"]))
                measured.observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, watched)
