"""Crashes at named points: random ones hardly ever fall between two steps that follow each other at once.

At each step every service that comes by the point is told to die there; a burst of work leads them to it. In
pairs, Kafka, the database or the mail server goes away at that moment, and is back a little later.
"""

import asyncio
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from chassis.crash_points import Point
from support.stacks import until

from faults.deployment import BACKENDS, Platform
from faults.findings import Findings
from faults.ledger import Ledger
from faults.mail_server import Mood
from faults.processes import Process
from faults.proxy import Weather
from faults.workload import Workload

AWAY_SECONDS = 3.0
REACHED_SECONDS = 60
BURST_SECONDS = 1.0  # between two bursts of work
EVERYBODY = ("profiles", "assignments", "matching", "notifications")
COMES_BY = {
    Point.REQUEST_STORED: ("profiles", "assignments", "matching"),
    Point.REQUEST_COMMITTED: ("profiles", "assignments", "matching"),
    Point.RELAY_SENT: EVERYBODY,
    Point.RELAY_DELETED: EVERYBODY,
    Point.CONSUMER_RECEIVED: ("profiles", "matching", "notifications"),
    Point.CONSUMER_COMMITTED: ("profiles", "matching", "notifications"),
    Point.CONSUMER_FOLLOWED: ("profiles", "matching", "notifications"),
    Point.CONSUMER_ACKNOWLEDGED: ("profiles", "matching", "notifications"),
    Point.SENDER_CLAIMED: ("notifications",),
    Point.SENDER_ACCEPTED: ("notifications",),
    Point.SENDER_RECORDED: ("notifications",),
}


@dataclass(frozen=True)
class Step:
    """A point at which services are to end, and what is away when they come back."""

    point: Point
    away: str | None = None

    def __str__(self) -> str:
        return self.point + (f", {self.away} away" if self.away else "")


ALONE = [Step(point) for point in Point]
IN_PAIRS = [Step(point, away) for point in Point for away in BACKENDS]


async def go_through(
    steps: Sequence[Step], platform: Platform, workload: Workload, ledger: Ledger, findings: Findings
) -> None:
    """Take one step after another; a point that nobody comes by is a violation, for it would test nothing."""
    for step in steps:
        for service in COMES_BY[step.point]:
            for one in platform.replicas(service):
                one.once = {"CRASH_AT": step.point}
        doomed = [one for service in COMES_BY[step.point] for one in platform.replicas(service)]
        with ledger.fault(f"crash at {step} of {', '.join(COMES_BY[step.point])}"):
            await _end_at(step, doomed, platform, workload, findings)


async def _end_at(
    step: Step, doomed: list[Process], platform: Platform, workload: Workload, findings: Findings
) -> None:
    """Kill each, to start it with the order to die; let work lead it there, burst after burst, for what comes
    while a service starts anew may pass it by. Go on until all are back."""
    deaths = {one.name: len(one.exits) + 2 for one in doomed}
    for one in doomed:
        one.send(signal.SIGKILL)
    all_died = asyncio.Event()
    working = asyncio.create_task(_work_until(all_died, workload))
    for one in doomed:
        if not await _died(one, deaths[one.name]):
            findings.wrong("point not reached", f"{one.name} did not come by {step.point}")
    all_died.set()
    if step.away is not None:
        with _away(platform, step.away):
            await asyncio.sleep(AWAY_SECONDS)
    await working
    await platform.ready()


async def _work_until(done: asyncio.Event, workload: Workload) -> None:
    await work(workload)
    while not done.is_set():
        await asyncio.sleep(BURST_SECONDS)
        await work(workload)


async def _died(process: Process, times: int) -> bool:
    async def so_often() -> bool:
        return len(process.exits) >= times

    try:
        await until(so_often, REACHED_SECONDS)
    except AssertionError:
        return False
    return True


@contextmanager
def _away(platform: Platform, backend: str) -> Iterator[None]:
    """Take a backend from everybody, and bring it back at the end of the block."""
    for way in platform.ways(backend):
        way.become(Weather.REFUSING)
    if backend == "mail":
        platform.mail.become(Mood.REFUSING)
    try:
        yield
    finally:
        for way in platform.ways(backend):
            way.become(Weather.FINE)
        platform.mail.become(Mood.WELL)


async def work(workload: Workload) -> None:
    """Do a little of everything, in no order: each service has something to do, to publish and to take in."""
    operations = [
        *([workload.new_person] * 2),
        *([workload.change_person] * 4),
        workload.change_opdracht,
        workload.new_opdracht,
        workload.close_opdracht,
        *([workload.answer] * 3),
        *([workload.decide] * 3),
        *([workload.choose_preferences] * 2),
    ]
    random.Random(workload.rng.getrandbits(32)).shuffle(operations)
    await asyncio.gather(*(operation() for operation in operations))
