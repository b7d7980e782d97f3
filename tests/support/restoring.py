"""A stack whose parts are stopped and started one by one, and whose databases are copied and put back."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from chassis.database import migrate
from contracts.topics import TOPICS
from opdrachtctl.records import partitions, read_all
from stack import issuer, kafka, postgres, processes
from stack.layout import SERVICES, Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support.ports import SECOND_STACK
from support.stacks import Stack, a_folder_for_all, until

CONSUMED = {service: [topic.name for topic in TOPICS if service in topic.consumers] for service in SERVICES}


class Parts:
    """The parts of a stack, each of which runs or not."""

    def __init__(self, layout: Layout, settings: dict[str, str]) -> None:
        self.layout = layout
        self.stack = Stack(layout)
        self._settings = settings
        self._running: dict[str, Supervisor] = {}

    async def start(self, *names: str) -> None:
        """Start parts, and wait until services are ready."""
        for program in self._programs():
            if program.name in names:
                supervisor = self._running[program.name] = Supervisor(self.layout, print)
                await supervisor.start([program])
        for name in names:
            if name in SERVICES:
                await until(partial(self._is_ready, name), seconds=180, what=f"{name} is ready")

    async def stop(self, *names: str) -> None:
        """End parts as a rolling restart does."""
        await asyncio.gather(*(self._running.pop(name).stop() for name in names if name in self._running))

    async def stop_everything(self) -> None:
        """End what runs: the services first, then what they stand on."""
        await self.stop(*SERVICES)
        await self.stop(*self._running)

    async def restart_kafka_empty(self) -> None:
        """Kafka is gone, and comes back without a record."""
        await self.stop("kafka")
        shutil.rmtree(self.layout.folder("kafka") / "data")
        await self.start("kafka")
        await until(self.has_topics)

    async def copy(self, service: str) -> None:
        """Copy the database of a service that is stopped: a backup."""
        await self._admin(f'CREATE DATABASE "{service}_copy" TEMPLATE "{service}"')

    async def put_back(self, service: str) -> None:
        """Put the copy back in place of the database."""
        await self._admin(f'DROP DATABASE "{service}" WITH (FORCE)')
        await self._admin(f'CREATE DATABASE "{service}" TEMPLATE "{service}_copy"')

    async def empty(self, service: str) -> None:
        """Put an empty database in its place."""
        await self._admin(f'DROP DATABASE "{service}" WITH (FORCE)')
        await self._admin(f'CREATE DATABASE "{service}"')
        await migrate(self.layout.database_url(service), "chassis", service)

    async def rows(self, service: str, query: str, *values: Any) -> list[asyncpg.Record]:
        """Ask a service's database."""
        connection = await asyncpg.connect(self.layout.database_url(service))
        try:
            await connection.set_type_codec(
                "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
            )
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def republish(self, service: str) -> str:
        """Run the operator's command on one service; return what it prints."""
        (program,) = [one for one in self._programs() if one.name == service]
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "opdrachtctl", "republish", service],
            env={**program.environment, "PATH": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def under_way(self) -> str | None:
        """Return what is still to be published, read or sent; None where all that happened has arrived."""
        for service in SERVICES:
            (busy,) = await self.rows(service, _BUSY)
            if any(busy.values()):
                return f"{service}: {dict(busy)}"
        (due,) = await self.rows("notifications", _TO_SEND)
        return "mails" if due["waiting"] else await self._unread()

    async def _unread(self) -> str | None:
        async with self._kafka() as (admin, consumer):
            for service, topics in CONSUMED.items():
                rows = await self.rows(service, "SELECT topic, partition, next FROM consumed")
                taken = {(row["topic"], row["partition"]): row["next"] for row in rows}
                there = await partitions(admin, topics)
                for partition, end in (await consumer.end_offsets(there)).items():
                    if end > taken.get((partition.topic, partition.partition), 0):
                        return f"{service} on {partition}"
        return None

    def log(self, name: str) -> str:
        """Return the end of a part's log."""
        lines = (self.layout.folder("log") / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-25:])

    async def latest(self, topic: str) -> dict[str, dict[str, Any] | None]:
        """Return what a compacted topic says of each key; None where it is erased."""
        found: dict[str, dict[str, Any] | None] = {}
        async with self._kafka() as (admin, consumer):
            async for record in read_all(consumer, await partitions(admin, [topic])):
                value = None if record.value is None else json.loads(record.value)
                found[(record.key or b"").decode()] = value
        return found

    @asynccontextmanager
    async def _kafka(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.layout.kafka)
        consumer = AIOKafkaConsumer(bootstrap_servers=self.layout.kafka, auto_offset_reset="earliest")
        try:
            await admin.start()
            await consumer.start()
            yield admin, consumer
        finally:
            await consumer.stop()
            await admin.close()

    def _programs(self) -> list[Program]:
        services = [
            Program(one.name, one.command, {**one.environment, **self._settings})
            for one in processes.services(self.layout)
        ]
        return [*processes.infrastructure(self.layout, kafka.jars()), *services]

    async def _admin(self, statement: str) -> None:
        server = await asyncpg.connect(self.layout.database_url("postgres"))
        try:
            await server.execute(statement)
        finally:
            await server.close()

    async def _is_ready(self, service: str) -> bool:
        try:
            async with self.stack.client(service, role=None) as http:
                return (await http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def has_topics(self) -> bool:
        """Make the topics that are missing; tell whether the broker is there."""
        try:
            await kafka.prepare(self.layout)
        except (KafkaError, OSError):
            return False
        return True


_BUSY = """
SELECT EXISTS (SELECT FROM outbox) AS publishes, EXISTS (SELECT FROM parked) AS parked,
    EXISTS (SELECT FROM catching_up) AS catches_up
"""
_TO_SEND = """
SELECT EXISTS (
    SELECT FROM notices WHERE state IN ('pending', 'sending') AND due_at < now() + interval '2 minutes'
) AS waiting
"""


@asynccontextmanager
async def parts(**settings: str) -> AsyncIterator[Parts]:
    """Start a stack of parts, and end it."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts while the broker starts
    async with AsyncExitStack() as opened:
        folder = opened.enter_context(a_folder_for_all("parts-"))
        made = Parts(Layout(SECOND_STACK, folder), settings)
        opened.push_async_callback(made.stop_everything)
        issuer.key(made.layout)
        await made.start("kafka", "postgres", "mail")

        async def has_databases() -> bool:
            try:
                await postgres.prepare(made.layout)
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        await until(has_databases)
        await until(made.has_topics)
        await made.start(*SERVICES)
        yield made
