"""The one back-off of the platform: pauses that double up to five seconds, with jitter, by stamina."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import stamina
import structlog

from chassis.telemetry import where

log = structlog.get_logger()

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
JITTER_SECONDS = 0.2


async def retry(
    step: Callable[[], Awaitable[T]],
    *,
    on: type[Exception] | tuple[type[Exception], ...],
    log_as: str,
    seconds: float | None = None,
) -> T:
    """Run `step` until it raises none of `on`, and return what it returns.

    Each error is logged as `log_as`. After `seconds` it is let through; None: never.
    """
    async for attempt in stamina.retry_context(
        on=on,
        attempts=None,
        timeout=seconds,
        wait_initial=FIRST_PAUSE_SECONDS,
        wait_max=LONGEST_PAUSE_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            try:
                return await step()
            except on as error:
                log.warning(log_as, seconds=round(attempt.next_wait, 1), **where(error.__cause__ or error))
                raise
    raise AssertionError("stamina ends by returning or raising")


@asynccontextmanager
async def telling(log_as: str, *, every: float, **more: Any) -> AsyncIterator[None]:
    """Log that the body is not done yet, after each so many seconds."""
    began = time.monotonic()

    async def tell() -> None:
        while True:
            await asyncio.sleep(every)
            log.warning(log_as, seconds=round(time.monotonic() - began, 1), **more)

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
