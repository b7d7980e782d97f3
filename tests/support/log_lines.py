"""What a service writes to its log, and the spans that it makes, as whoever reads them has them."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from typing import Any

import structlog
from chassis.logs import Volume, set_up_logs
from chassis.settings import LogSettings
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Line = dict[str, Any]


class Log:
    """A log that is written: its lines until now, and how much of what happens is in it."""

    def __init__(self, out: io.StringIO, volume: Volume) -> None:
        self._out = out
        self.volume = volume

    @property
    def text(self) -> str:
        """All of it."""
        return self._out.getvalue()

    def lines(self, event: str | None = None) -> list[Line]:
        """Return its lines, or those of one event."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if event in {None, line["event"]}]


@contextmanager
def written(level: str = "INFO", sample: float = 1) -> Iterator[Log]:
    """Write a log as a service does, until the end of the block."""
    root = logging.getLogger()
    handlers, least = root.handlers[:], root.level
    root.handlers.clear()
    out = io.StringIO()
    with redirect_stdout(out):
        volume = set_up_logs(LogSettings.model_validate({"log_level": level, "log_sample": sample}), "things")
    try:
        yield Log(out, volume)
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(least)


@cache
def _exporter() -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@contextmanager
def spans() -> Iterator[Callable[[], tuple[ReadableSpan, ...]]]:
    """Keep the spans that end in the block; yield what returns those until now."""
    exporter = _exporter()
    exporter.clear()
    yield exporter.get_finished_spans
    exporter.clear()
