"""Traces, and what is told of errors: no payloads, no personal data; the trace goes along with the event."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, StatusCode

from chassis.settings import Settings
from chassis.version import VERSION

QUIET_PATHS = ("/livez", "/readyz", "/metrics")
LINKED_TRACES = 32  # of a batch


def set_up_traces(settings: Settings, service: str) -> TracerProvider:
    """Make spans; export them where an endpoint is set. The caller shuts the provider down at the end.

    Which are sampled, how they are gathered and what else each says of its process are the SDK's own
    settings: `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`.
    """
    release = {"service.name": service, "service.version": VERSION}
    provider = TracerProvider(resource=Resource.create(release))
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
    """Open a span under the first of `parents` (W3C trace contexts), linked to the next.

    Of an error that goes through it the span says the type (`error.type`): its text may hold data.
    """
    distinct = [*dict.fromkeys(parent for parent in parents if parent)][:LINKED_TRACES]
    contexts = [propagate.extract({"traceparent": parent}) for parent in distinct]
    links = [Link(trace.get_current_span(context).get_span_context()) for context in contexts[1:]]
    with trace.get_tracer("platform").start_as_current_span(
        name,
        context=contexts[0] if contexts else None,
        kind=kind,
        links=links,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except Exception as error:
            fail(opened, error)
            raise


def fail(opened: trace.Span, error: Exception) -> None:
    """Say in a span that it failed, and by what type of error."""
    opened.set_attribute("error.type", type(error).__name__)
    opened.set_status(StatusCode.ERROR)


def messaging(operation: str, topics: Collection[str], group: str | None = None) -> dict[str, str]:
    """Return what OpenTelemetry's conventions on messaging call an operation (`send`, `process`) on Kafka.

    The destination is named where there is but one.
    """
    named = {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
    if group is not None:
        named["messaging.consumer.group.name"] = group
    if len(topics) == 1:
        named["messaging.destination.name"] = next(iter(topics))
    return named


def where(error: BaseException) -> dict[str, str]:
    """Describe an error for the log by its type and place: its text may hold data."""
    trail = error.__traceback__
    while trail is not None and trail.tb_next is not None:
        trail = trail.tb_next
    place = f"{trail.tb_frame.f_code.co_filename}:{trail.tb_lineno}" if trail else "unknown"
    return {"error": type(error).__name__, "at": place}
