"""Steps are repeated through outages, and end the job on any other error."""

import asyncio

import pytest
from chassis import retrying
from chassis.jobs import repeat
from chassis.retrying import retry


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(retrying, "JITTER_SECONDS", 0)


class Steps:
    """A step that does one thing after another: it returns or raises; after the last it waits for ever."""

    def __init__(self, *outcomes: bool | Exception) -> None:
        self._outcomes = list(outcomes)
        self.done = asyncio.Event()

    async def __call__(self) -> bool:
        if not self._outcomes:
            self.done.set()
            await asyncio.Event().wait()
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def run_to_the_end(step: Steps, every: float) -> None:
    job = asyncio.create_task(repeat(step, name="test", every=every))
    async with asyncio.timeout(60):
        await step.done.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job


async def test_a_step_that_says_there_is_more_is_run_again_at_once() -> None:
    await run_to_the_end(Steps(True, True, True), every=1000)


async def test_a_step_that_is_through_is_run_again_after_a_while() -> None:
    await run_to_the_end(Steps(False, False), every=0.001)


async def test_a_step_is_tried_again_after_an_outage() -> None:
    await run_to_the_end(Steps(OSError(), TimeoutError(), OSError(), True), every=1000)


async def test_any_other_error_ends_the_job() -> None:
    with pytest.raises(ValueError, match="a fault of ours"):
        await repeat(Steps(OSError(), ValueError("a fault of ours")), name="test")


async def test_an_outage_that_lasts_too_long_is_let_through() -> None:
    async def step() -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await retry(step, on=OSError, log_as="test", seconds=0.01)
