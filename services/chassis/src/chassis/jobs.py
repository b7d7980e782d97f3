"""Work beside the requests: steps that are repeated until the service ends."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import structlog

from chassis.database import UNAVAILABLE
from chassis.retrying import retry
from chassis.telemetry import where
from chassis.timers import Timer

log = structlog.get_logger()


async def repeat(
    step: Callable[[], Awaitable[bool | None]],
    *,
    name: str,
    every: float = 0,
    rests: float | None = None,
    on: tuple[type[Exception], ...] = UNAVAILABLE,
) -> NoReturn:
    """Run `step` until cancelled: at once again where it returns True ("there is more"), else after `every`
    seconds. Errors of `on` are outages: they are logged with the job's `name`, and the step is tried again.

    The metrics tell when it last succeeded. `rests`: how long that may take where all is well, if the step
    itself waits for something to do.
    """
    with Timer(name, every if rests is None else rests) as timer:
        while True:
            more = await retry(step, on=on, log_as=f"{name} waits")
            timer.succeed()
            if not more:
                await asyncio.sleep(every)


@asynccontextmanager
async def running(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run jobs beside the body and cancel them after it. A job that ends by an error ends the process."""
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(_end_when_failed)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end_when_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a job failed, the process ends", **where(error))
        asyncio.get_running_loop().call_soon(sys.exit, 1)
