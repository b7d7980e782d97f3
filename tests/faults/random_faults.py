"""Faults at random moments, from a seed: each takes something away, and gives it back."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
from stack.layout import SERVICES

from faults import clocks, database_faults, disk
from faults.deployment import Platform
from faults.ledger import Ledger
from faults.mail_server import Mood
from faults.processes import Process
from faults.proxy import Weather

Fault = Callable[[Platform, Ledger, random.Random], Awaitable[None]]
PAUSE_SECONDS = (0.5, 4.0)


async def kill_a_service(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    one = _some(platform, rng)
    with ledger.fault(f"kill {one.name}"):
        one.send(signal.SIGKILL)
        await asyncio.sleep(rng.uniform(0.2, 3.0))


async def kill_several(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    chosen = rng.sample(platform.services(), 3)
    with ledger.fault(f"kill {' and '.join(one.name for one in chosen)}"):
        for one in chosen:
            one.send(signal.SIGKILL)
        await asyncio.sleep(rng.uniform(0.2, 3.0))


async def freeze_a_service(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    one = _some(platform, rng)
    with ledger.fault(f"freeze {one.name}"):
        one.send(signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(1.0, 12.0))
        one.send(signal.SIGCONT)


async def scale(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    """A replica goes, by itself or not, and comes back."""
    one = _some(platform, rng)
    with ledger.fault(f"scale away {one.name}"):
        await one.stop(rng.choice([signal.SIGTERM, signal.SIGKILL]))
        await asyncio.sleep(rng.uniform(1.0, 8.0))
        await one.start()


async def kill_kafka(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    kafka = platform.processes["kafka"]
    how = rng.choice([signal.SIGKILL, signal.SIGTERM])
    with ledger.fault(f"kafka ends by {how.name}"):
        await kafka.stop(how, 20)
        await asyncio.sleep(rng.uniform(0.0, 8.0))
        await kafka.start()


async def pause_kafka(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    with ledger.fault("kafka is paused"):
        platform.processes["kafka"].send(signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(1.0, 10.0))
        platform.processes["kafka"].send(signal.SIGCONT)


async def crash_postgres(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    """An immediate shutdown: what is not in the write-ahead log is lost, and recovery runs."""
    postgres = platform.processes["postgres"]
    with ledger.fault("postgres crashes"):
        await postgres.stop(signal.SIGQUIT, 20)
        await asyncio.sleep(rng.uniform(0.0, 5.0))
        await postgres.start()


async def cut_sessions(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    service = rng.choice(SERVICES)
    may_be_away = suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
    with ledger.fault(f"postgres ends the sessions of {service}"), may_be_away:
        connection = await platform.database(service)
        try:
            await connection.execute(_END_SESSIONS)
        finally:
            await connection.close()


_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def worsen_a_way(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    """The network between a service and what it stands on: cut, refused, stalled, dropped, slow."""
    way = rng.choice(list(platform.proxies.values()))
    weather = rng.choice([one for one in Weather if one is not Weather.FINE])
    with ledger.fault(f"network {weather} {way.name}"):
        way.become(weather, delay=rng.uniform(0.05, 0.3))
        await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))
        way.become(Weather.FINE)


async def cut_a_way(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    way = rng.choice(list(platform.proxies.values()))
    with ledger.fault(f"network cut {way.name}"):
        way.cut()


async def upset_the_mail_server(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    mood = rng.choice([one for one in Mood if one is not Mood.WELL])
    with ledger.fault(f"mail server {mood}"):
        platform.mail.become(mood)
        await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))
        platform.mail.become(Mood.WELL)


async def fail_commits(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    service = rng.choice(SERVICES)
    what = rng.choice([database_faults.SLOW, database_faults.SERIALIZATION, database_faults.DISK_FULL])
    with ledger.fault(f"{what.name} for {service}"):
        async with database_faults.happening(platform, service, what):
            await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))


async def step_a_clock(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    """The clock of one replica is set wrong, and right again."""
    if not platform.clocks:
        return
    name = rng.choice(sorted(platform.clocks))
    with ledger.fault(f"clock of {name}"):
        clocks.step(platform.clocks[name], rng.choice([-180, -60, 60, 180]))
        await asyncio.sleep(rng.uniform(2.0, 8.0))
        clocks.step(platform.clocks[name], 0)


async def fill_the_disk(platform: Platform, ledger: Ledger, rng: random.Random) -> None:
    """PostgreSQL's disk is full: it refuses to write, or cannot go on at all until there is room."""
    if platform.small_disk is None:
        return
    with ledger.fault("postgres has a full disk"), disk.full(platform.small_disk):
        await asyncio.sleep(rng.uniform(1.0, 5.0))


FAULTS: dict[Fault, int] = {
    kill_a_service: 20,
    kill_several: 5,
    freeze_a_service: 4,
    scale: 2,
    kill_kafka: 1,
    pause_kafka: 1,
    crash_postgres: 2,
    cut_sessions: 3,
    worsen_a_way: 6,
    cut_a_way: 4,
    upset_the_mail_server: 4,
    fail_commits: 4,
    fill_the_disk: 1,
    step_a_clock: 2,
}
MOST_AT_ONCE = 4


def _some(platform: Platform, rng: random.Random) -> Process:
    return rng.choice(platform.services())


class Storm:
    """Faults one after another, up to four at once; a part that has one gets no other meanwhile."""

    def __init__(self, platform: Platform, ledger: Ledger, rng: random.Random, every: float) -> None:
        self._platform = platform
        self._ledger = ledger
        self._rng = rng
        self._every = every
        self._running: dict[asyncio.Task[None], Fault] = {}
        self._errors: list[BaseException] = []

    async def blow(self, seconds: float) -> None:
        """Make faults for so long, and let all of them end."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._begin()
                    await asyncio.sleep(self._rng.expovariate(1 / self._every))
        except TimeoutError:
            await asyncio.gather(*self._running)
        if self._errors:
            raise self._errors[0]

    def _begin(self) -> None:
        going_on = set(self._running.values())
        (fault,) = self._rng.choices(list(FAULTS), list(FAULTS.values()))
        if len(going_on) >= MOST_AT_ONCE or fault in going_on:
            return
        task = asyncio.create_task(self._run(fault))
        self._running[task] = fault
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._errors.append(error)

    async def _run(self, fault: Fault) -> None:
        await fault(self._platform, self._ledger, self._rng)
