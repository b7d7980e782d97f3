"""Logs: one event a line on stdout, without payloads or personal data; how much of it can be changed while
the service runs.

The work itself is told in lines of its own: one a request, a batch and a mail. They are `ordinary` where all
went well, and a share of those can be left out (`LOG_SAMPLE`); what went wrong is always told.
"""

import asyncio
import logging
import math
import re
import signal
import sys
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import stamina
import structlog
from opentelemetry import trace
from pydantic import BaseModel, SecretStr
from structlog.types import EventDict, Processor

from chassis.settings import LogSettings
from chassis.telemetry import where
from chassis.version import VERSION

log = structlog.get_logger()

OF_A_TRACE = 2**64  # its id's lower half decides, as in OpenTelemetry's `TraceIdRatioBased`
CREDENTIALS = re.compile(r"(?<=://)\S*@")
AGAIN_SECONDS = 10  # another library may say the same that often
MOST_SAID = 1000  # messages that are remembered for it
AFTER_THE_PATH = re.compile(r"[?#][^\s,]*")
MAILBOX = re.compile(r"[^\s<>,;:/@]+@")
CALLBACK = "Exception in callback"
TRACEBACK = "Traceback (most recent call last):\n"
FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)


class Volume:
    """How much is logged: from which level on, and what share of ordinary lines (0 … 1).

    SIGUSR1 goes a step up, SIGUSR2 one down: errors, warnings, the share of what is ordinary, all of it, and
    at last the requests of probes and whatever else is DEBUG.
    """

    def __init__(self, level: str, sample: float) -> None:
        below = [(name, sample) for name in ("ERROR", "WARNING")]
        shares = [("INFO", share) for share in sorted({sample, 1.0})]
        self._steps = [*below, *shares, ("DEBUG", 1.0)]
        self._at = next(at for at, (name, _) in enumerate(self._steps) if name == level)

    @property
    def level(self) -> str:
        """The least level that is logged."""
        return self._steps[self._at][0]

    @property
    def sample(self) -> float:
        """The share of ordinary lines that is logged."""
        return self._steps[self._at][1]

    def apply(self) -> None:
        """Log so much from now on; of other libraries warnings at the most."""
        level = logging.getLevelNamesMapping()[self.level]
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
        logging.getLogger().setLevel(max(level, logging.WARNING))

    def step(self, by: int) -> None:
        """Go some steps up or down, and say so, while a warning still is logged or once it is."""
        before, self._at = self._at, min(max(self._at + by, 0), len(self._steps) - 1)
        if self._at == before:
            return
        if self._at > before:
            self.apply()
        log.warning("log volume changed", least=self.level, sample=self.sample)
        self.apply()

    def obey_signals(self) -> None:
        """Change by signals from now on. Needs the main thread."""
        for number, by in ((signal.SIGUSR1, 1), (signal.SIGUSR2, -1)):
            signal.signal(number, partial(self._step_soon, by))

    def _step_soon(self, by: int, _number: int, _frame: FrameType | None) -> None:
        try:  # a signal may come while a line is written, and none can be written within another
            asyncio.get_running_loop().call_soon_threadsafe(self.step, by)
        except RuntimeError:
            self.step(by)

    def __call__(self, _logger: Any, _name: str, event: EventDict) -> EventDict:
        """Drop an ordinary line that is not in the share: of a trace all or none, in whichever service."""
        if event.pop("ordinary", False) and self.sample < 1:
            context = trace.get_current_span().get_span_context()
            if context.trace_id % OF_A_TRACE >= round(self.sample * OF_A_TRACE):
                raise structlog.DropEvent
        return event


class OncePerWhile(logging.Filter):
    """Lets what a library says from one place pass once in `AGAIN_SECONDS`, with how often it was left out
    since: a client whose server is away says it a hundred times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[Hashable, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be logged."""
        error = record.exc_info[1] if record.exc_info else None
        place = tuple(where(error).values()) if error is not None else ()
        what = (record.name, record.lineno, record.getMessage(), place)
        at, left_out = self._said.get(what, (-math.inf, 0))
        if record.created < at + AGAIN_SECONDS:
            self._said[what] = (at, left_out + 1)
            return False
        if len(self._said) >= MOST_SAID:
            self._said.clear()
        self._said[what] = (record.created, 0)
        record.left_out = left_out
        return True


def set_up_logs(settings: LogSettings, service: str) -> Volume:
    """Log as JSON or text to stdout, everything through one place; return how much."""
    volume = Volume(settings.log_level, settings.log_sample)
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    shared: list[Processor] = [
        volume,
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_ids,
        lambda _logger, _name, event: {"service": service, **event},
    ]
    structlog.configure(
        processors=[*shared, renderer], logger_factory=structlog.PrintLoggerFactory(sys.stdout)
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(OncePerWhile())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_only_message, renderer])
    )
    stamina.instrumentation.set_on_retry_hooks(())  # its own log and metric would hold an error's text
    logging.basicConfig(handlers=[handler], force=True)
    volume.apply()
    return volume


def _trace_ids(_logger: Any, _name: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _only_message(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Take the message of another library's log, and of an error its type and place only.

    asyncio writes what it knows of an error, its text and what a callback was given too, below its message
    and behind it.
    """
    record = event.pop("_record", None)
    event.pop("_from_structlog", None)
    error = (event.pop("exc_info", None) or (None, None))[1]
    if record is None:
        return event
    if record.left_out:
        event["left_out"] = record.left_out
    event["event"] = str(event["event"]).strip()
    if TRACEBACK in event["event"]:  # as uvicorn has it of a start that fails
        event.update(_read_traceback(event["event"]))
    if record.name == "asyncio":
        first = event["event"].partition("\n")[0]
        event["event"] = CALLBACK if first.startswith(CALLBACK) else first
    if error is not None:
        event.update(where(error))
    return event


def _read_traceback(text: str) -> dict[str, str]:
    """Take of a traceback that was written into a message the error's type and place, and not its text."""
    *frames, after = re.split(r"^(?! )", text.rpartition(TRACEBACK)[2], maxsplit=1, flags=re.MULTILINE)
    places = FRAME.findall("".join(frames))
    return {
        "event": "an error came through",
        "error": after.partition(":")[0].partition("\n")[0].rpartition(".")[2],
        "at": ":".join(places[-1]) if places else "unknown",
    }


class _Terminated(BaseException):
    """SIGTERM came."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


@contextmanager
def told(settings: BaseModel) -> Iterator[None]:
    """Say that a process starts, which release and with which settings; and when it ends why, and after how
    many seconds. Ends the process as SIGTERM does where that came, and with 1 by an error, whose text
    nobody sees."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _terminate)
    log.info("started", version=VERSION, settings=shown(settings))
    because, more = "done", {}
    try:
        yield
    except _Terminated:
        because = "SIGTERM"
    except KeyboardInterrupt:
        because = "SIGINT"
    except SystemExit as end:
        because = f"exit code {end.code}"
        raise
    except BaseException as error:
        because, more = "error", where(error)
        raise SystemExit(1) from None
    finally:
        log.info("ended", because=because, seconds=round(time.monotonic() - began, 1), **more)
    if because == "SIGTERM":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


def shown(settings: BaseModel) -> dict[str, Any]:
    """Return settings by their names in the environment, for a line: of a secret that it is set, of a URL
    neither user nor password nor query, of an address its domain."""
    return {name.upper(): _shown(value) for name, value in settings}


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, SecretStr):
        return "set"
    text = str(value)
    if "://" in text:
        text = AFTER_THE_PATH.sub("", CREDENTIALS.sub("", text))
    return MAILBOX.sub("…@", text)
