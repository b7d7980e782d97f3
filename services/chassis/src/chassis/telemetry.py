"""Logs and traces. One event a line, no payloads, no personal data; the trace goes along with the event."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import stamina
import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.settings import LogSettings, Settings

QUIET_PATHS = ("/livez", "/readyz", "/metrics")


def set_up_logs(settings: LogSettings, service: str) -> None:
    """Log as JSON or text to stdout, everything through one place."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_ids,
        lambda _logger, _name, event: {"service": service, **event},
    ]
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_only_message, renderer])
    )
    stamina.instrumentation.set_on_retry_hooks(())  # its own log and metric would hold an error's text
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _trace_ids(_logger: Any, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _only_message(_logger: Any, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Take the message of another library's log, and of an error its type and place only."""
    record = event.pop("_record", None)
    event.pop("_from_structlog", None)
    event.pop("exc_info", None)
    if record is not None and record.exc_info and record.exc_info[1] is not None:
        event.update(where(record.exc_info[1]))
    return event


def set_up_traces(settings: Settings, service: str) -> TracerProvider:
    """Make spans; export them where an endpoint is set. The caller shuts the provider down at the end."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if settings.otel_exporter_otlp_endpoint:
        endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def current_trace_id() -> str | None:
    """Return the id of the trace of the work in hand, as logs have it; None outside of one."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def current_traceparent() -> str | None:
    """Return the W3C trace context of the work in hand."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(
    name: str, *, kind: SpanKind = SpanKind.INTERNAL, parents: Sequence[str | None] = (), **attributes: Any
) -> Iterator[trace.Span]:
    """Open a span under the first of `parents` (W3C trace contexts), linked to the others."""
    contexts = [propagate.extract({"traceparent": parent}) for parent in dict.fromkeys(parents) if parent]
    links = [Link(trace.get_current_span(context).get_span_context()) for context in contexts[1:]]
    with trace.get_tracer("platform").start_as_current_span(
        name, context=contexts[0] if contexts else None, kind=kind, links=links, attributes=attributes
    ) as opened:
        yield opened


class TraceRequests:
    """ASGI middleware: a server span for each request, under the caller's trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request inside its span."""
        if scope["type"] != "http" or scope["path"] in QUIET_PATHS:
            await self._app(scope, receive, send)
            return
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with span(scope["method"], kind=SpanKind.SERVER, parents=[parent]) as opened:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    opened.set_attribute("http.response.status_code", message["status"])
                    route = getattr(scope.get("route"), "path", None)
                    if route:
                        opened.update_name(f"{scope['method']} {route}")
                await send(message)

            await self._app(scope, receive, watched)


def where(error: BaseException) -> dict[str, str]:
    """Describe an error for the log by its type and place: its text may hold data."""
    trail = error.__traceback__
    while trail is not None and trail.tb_next is not None:
        trail = trail.tb_next
    place = f"{trail.tb_frame.f_code.co_filename}:{trail.tb_lineno}" if trail else "unknown"
    return {"error": type(error).__name__, "at": place}
