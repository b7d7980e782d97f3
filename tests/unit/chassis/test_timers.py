"""Of every periodic job it is known when it last did its work, also while it hangs or fails."""

import asyncio

import pytest
from chassis import retrying, timers
from chassis.jobs import repeat
from chassis.metrics import UNKNOWN, Reading
from chassis.timers import Timer
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest


class Clock:
    """Takes the place of the module `time`, and stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(retrying, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(retrying, "JITTER_SECONDS", 0)
    made = Clock()
    monkeypatch.setattr(timers, "time", made)
    return made


def last_success(name: str = "a job") -> float | None:
    return REGISTRY.get_sample_value("timer_last_success_timestamp_seconds", {"timer": name})


def interval(name: str = "a job") -> float | None:
    return REGISTRY.get_sample_value("timer_interval_seconds", {"timer": name})


async def test_a_job_that_fails_keeps_the_moment_at_which_it_last_succeeded(clock: Clock) -> None:
    outcomes: list[Exception | None] = [None, OSError(), TimeoutError()]
    stands = asyncio.Event()

    async def step() -> None:
        clock.now += 60
        if not outcomes:
            stands.set()
            await asyncio.Event().wait()
        if (error := outcomes.pop(0)) is not None:
            raise error

    job = asyncio.create_task(repeat(step, name="a job", every=0.001))
    async with asyncio.timeout(60):
        await stands.wait()
    assert (clock.now, last_success(), interval()) == (1240, 1060, 0.001)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert (last_success(), interval()) == (None, None)


async def test_a_job_that_never_did_anything_shows_since_it_began(clock: Clock) -> None:
    job = asyncio.create_task(repeat(asyncio.Event().wait, name="a job", rests=30))
    await asyncio.sleep(0)
    clock.now += 500
    assert (last_success(), interval()) == (1000, 30)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


def test_of_two_of_one_name_the_one_shows_that_stands_still(clock: Clock) -> None:
    with Timer("a job", 1) as stuck:
        clock.now += 10
        with Timer("a job", 1) as well:
            clock.now += 10
            well.succeed()
            assert last_success() == 1000
            stuck.succeed()
            assert last_success() == 1020
        assert last_success() == 1020
    stuck.succeed()  # it is over: nobody waits for it any more
    assert last_success() is None


@pytest.mark.parametrize("labels", [(), ("one",)])
def test_what_is_not_known_is_absent_and_no_number(labels: tuple[str, ...]) -> None:
    registry = CollectorRegistry()
    gauge = Reading("waiting", "What waits.", ["what"] if labels else [], registry=registry)
    child = gauge.labels(*labels) if labels else gauge

    def shown() -> list[str]:
        lines = generate_latest(registry).decode().splitlines()
        return [line for line in lines if not line.startswith("#")]

    assert shown() == []
    child.set(0)
    assert len(shown()) == 1
    child.set(UNKNOWN)
    assert shown() == []
