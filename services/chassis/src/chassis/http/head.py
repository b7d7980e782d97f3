"""HEAD wherever GET: mail scanners, link checkers and load balancers send it, which FastAPI leaves out."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswerHead:
    """ASGI middleware: a HEAD is answered as the GET, up to the headers.

    The answer ends with them, also where the body would not: the server then tells the app that the client
    is gone, on which every stream ends.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request as a GET, and send what comes before the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        as_get = {**scope, "method": "GET"}

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["route"] = as_get.get("route")  # for whoever stands around this
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self._app(as_get, receive, headers_only)


def install(app: FastAPI) -> None:
    """Answer HEAD on every path that has a GET."""
    app.add_middleware(AnswerHead)
