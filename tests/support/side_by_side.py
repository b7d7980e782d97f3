"""Two releases on one Kafka and one PostgreSQL: this one, and the last one with its own code."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from contracts.topics import broker_topics
from stack import issuer, kafka, postgres, processes
from stack.layout import SERVICES, Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support import last_release
from support.stacks import Stack, until

HURRIED = {"SUMMARY_SECONDS": "2", "NEWS_DELAY_SECONDS": "1"}


class Release(IntEnum):
    """Which code; the value moves the ports of its services."""

    THIS = 0
    LAST = 10


# The last one has no desk.
SERVICES_OF = {Release.THIS: SERVICES, Release.LAST: tuple(name for name in SERVICES if name != "desk")}


@dataclass(frozen=True)
class ReleaseLayout(Layout):
    """A stack's layout, with ports of their own for one release's services."""

    release: Release = Release.THIS

    @property
    def ports(self) -> dict[str, int]:
        """Return the port of each listener."""
        shared = super().ports
        return {**shared, **{service: shared[service] + self.release for service in SERVICES}}


@dataclass
class SideBySide:
    """What runs of each release. `deaths` names every process that ended by itself, each time it did."""

    base: int
    folder: Path
    deaths: list[str] = field(default_factory=list)
    _running: dict[Release, Supervisor] = field(default_factory=dict)

    def stack(self, release: Release) -> Stack:
        """Return clients of one release's services."""
        return Stack(ReleaseLayout(self.base, self.folder, release))

    async def start(self, release: Release) -> None:
        """Start the services of a release, and wait until they are ready."""
        layout = ReleaseLayout(self.base, self.folder, release)
        self._running[release] = Supervisor(layout, self._note)
        await self._running[release].start(
            [_program(one, release) for one in processes.services(layout) if one.name in SERVICES_OF[release]]
        )
        await until(lambda: _are_ready(layout, release), 120, f"the services of {release.name} are ready")

    async def stop(self, release: Release) -> None:
        """End the services of a release, as a rollout does."""
        await self._running.pop(release).stop()

    async def stop_all(self) -> None:
        """End every service."""
        for release in list(self._running):
            await self.stop(release)

    def _note(self, said: str) -> None:
        self.deaths.append(said.removeprefix("[red]").partition("[/]")[0])

    async def query(self, service: str, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a statement in a service's database."""
        connection = await asyncpg.connect(self.stack(Release.THIS).layout.database_url(service))
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    async def unfinished(self) -> dict[str, int]:
        """Return what waits in outboxes and parking, by service, where anything does."""
        found = {}
        for service in SERVICES:
            for table in ("outbox", "parked"):
                (row,) = await self.query(service, f"SELECT count(*) AS rows FROM {table}")
                if row["rows"]:
                    found[f"{service}.{table}"] = row["rows"]
        return found

    async def dead_letters(self) -> dict[str, int]:
        """Return how many records each dead topic holds, where it holds any."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack(Release.THIS).layout.kafka)
        await consumer.start()
        try:
            partitions = [TopicPartition(name, 0) for name in broker_topics() if name.endswith(".dead")]
            ends = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return {partition.topic: end for partition, end in ends.items() if end}


def _program(program: Program, release: Release) -> Program:
    environment = {**program.environment, **HURRIED}
    del environment["KAFKA_GROUP_INSTANCE_ID"]  # as in a cluster: who ends leaves its group at once
    if release is Release.THIS:
        return replace(program, environment=environment)
    for name in ("AUTH_ISSUER", "AUTH_JWKS_URL"):  # it trusts one issuer: that of the scripts, the first
        environment[name] = environment[name].partition(",")[0]
    command = [str(last_release.python()), *program.command[1:]]
    return replace(program, name=f"{program.name}-last", command=command, environment=environment)


async def _are_ready(layout: Layout, release: Release) -> bool:
    async with httpx.AsyncClient(timeout=5) as http:
        with contextlib.suppress(httpx.HTTPError):
            return all(
                [
                    (await http.get(f"{layout.url(name)}/readyz")).status_code == 200
                    for name in SERVICES_OF[release]
                ]
            )
    return False


@asynccontextmanager
async def both_releases(base: int, folder: Path) -> AsyncIterator[SideBySide]:
    """Run what services stand on, with the newest schema and topics; which services run is the caller's."""
    layout = Layout(base, folder)
    below = Supervisor(layout, print)
    running = SideBySide(base, folder)
    issuer.key(layout)
    await below.start(processes.infrastructure(layout, kafka.jars()))
    try:
        await until(lambda: _prepared(layout), 120, "Kafka and PostgreSQL are there")
        yield running
    finally:
        await running.stop_all()
        await below.stop()


async def _prepared(layout: Layout) -> bool:
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, KafkaError):
        await postgres.prepare(layout)
        await kafka.prepare(layout)
        return True
    return False
