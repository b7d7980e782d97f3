"""What is measured, on a port of its own: callers do not see it, and who measures sees no more."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http.problems import Problem, answer

PATH = "/metrics"


class MetricsPort:
    """ASGI middleware: 404 for `/metrics` on another port than `port`, and for all else on that one."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what belongs on the port that the connection came in by, whatever the request says."""
        if scope["type"] == "http" and (scope["path"] == PATH) != (scope["server"][1] == self._port):
            response = await answer(Request(scope), Problem(404, "there is no such thing"))
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)
