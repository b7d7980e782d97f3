"""A collector of traces: takes what services export (OTLP over HTTP) and keeps it."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from support.ports import free_port


@dataclass(frozen=True)
class Span:
    """One span: whose, of what, in which trace, and under which others, its parent and linked ones; its kind
    by OTLP's name, and what it says."""

    service: str
    name: str
    trace: str
    id: str
    under: frozenset[str]
    kind: str = "SPAN_KIND_INTERNAL"
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Collector:
    """What was collected, and where it listens."""

    spans: list[Span] = field(default_factory=list)
    endpoint: str = ""

    def take(self, content: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(content)
        for resource in request.resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.spans += [
                Span(
                    names["service.name"],
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    frozenset({span.parent_span_id.hex(), *(link.span_id.hex() for link in span.links)}),
                    OtlpSpan.SpanKind.Name(span.kind),
                    {one.key: _value(one.value) for one in span.attributes},
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")


@contextmanager
def collecting() -> Iterator[Collector]:
    """Collect until the end of the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            collector.take(gzip.decompress(content) if zipped else content)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    collector.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
