"""What is told of each request: a line in the log, a server span and how long it took, by its route and never
by its path, for ids and links are in that."""

import hashlib
import secrets
import time
from typing import Any

import structlog
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http import durations
from chassis.telemetry import QUIET_PATHS, span

log = structlog.get_logger()

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"}
OTHER_METHOD = "_OTHER"  # OpenTelemetry's name for any other
ACTOR_BYTES = 6


class TraceRequests:
    """ASGI middleware: a span under the caller's trace and a line for each request, once it is answered, and
    its duration, once its answer begins.

    The line names the caller by a hash of issuer and subject, with a key: `actor_key`, or else one of this
    process. Requests of probes have a line at DEBUG, no span and no duration.
    """

    def __init__(self, app: ASGIApp, actor_key: SecretStr | None) -> None:
        self._app = app
        key = secrets.token_bytes() if actor_key is None else actor_key.get_secret_value().encode()
        self._key = hashlib.blake2b(key).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        status: int | None = None
        quiet = scope["path"] in QUIET_PATHS

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not quiet:
                    durations.observe(scope, message["status"], time.perf_counter() - began)
            await send(message)

        if quiet:
            try:
                await self._app(scope, receive, watched)
            finally:
                log.debug("request", **self._line(scope, method, status, began))
            return
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        known = {"http.request.method": method, "url.scheme": scope["scheme"]}
        with span(method, kind=SpanKind.SERVER, parents=[parent], **known) as opened:
            try:
                await self._app(scope, receive, watched)
            finally:
                if route := _route(scope):
                    opened.update_name(f"{method} {route}")
                    opened.set_attribute("http.route", route)
                if status is not None:
                    opened.set_attribute("http.response.status_code", status)
                    if status >= 500:
                        opened.set_attribute("error.type", str(status))
                        opened.set_status(StatusCode.ERROR)
                ordinary = status is not None and status < 500
                log.info("request", **self._line(scope, method, status, began), ordinary=ordinary)

    def _line(self, scope: Scope, method: str, status: int | None, began: float) -> dict[str, Any]:
        line = {
            "method": method,
            "route": _route(scope) or durations.OTHER,
            "status": status,
            "ms": round((time.perf_counter() - began) * 1000, 1),
        }
        if (caller := scope.get("state", {}).get("caller")) is not None:
            who = f"{caller.issuer}\n{caller.subject}".encode()
            line["actor"] = hashlib.blake2b(who, key=self._key, digest_size=ACTOR_BYTES).hexdigest()
        return line


def _route(scope: Scope) -> str | None:
    """Return the template of a request's route; None where it has none."""
    if (path := getattr(scope.get("route"), "path", None)) is not None:
        return str(path)
    mounted = scope.get("root_path", "")
    return f"{mounted}/{{path}}" if mounted else None
