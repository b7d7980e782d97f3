"""A desk whose people sign in at a real Keycloak, and a service that it calls."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from stack import issuer, kafka, postgres, processes
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support.keycloak import Keycloak
from support.stacks import until


@dataclass
class Platform:
    """What runs: Keycloak, the desk, and the service of opdrachten."""

    layout: Layout
    keycloak: Keycloak
    _desk: Supervisor | None = None

    def program(self, name: str, **settings: str) -> Program:
        (found,) = (one for one in processes.services(self.layout) if one.name == name)
        trusting = self.keycloak.trust() | self.keycloak.client() | settings
        return replace(found, environment=found.environment | trusting)

    async def start_desk(self, **settings: str) -> None:
        """Start the desk, anew where it runs, and wait until it is ready."""
        await self.stop_desk()
        self._desk = Supervisor(self.layout, print)
        await self._desk.start([self.program("desk", **settings)])
        await until(lambda: ready(self.layout, "desk"), what="the desk is ready")

    async def stop_desk(self) -> None:
        if self._desk is not None:
            await self._desk.stop()

    async def refresh_is_due(self) -> datetime | None:
        """Return when the token of the newest session is refreshed; None without a session."""
        connection = await asyncpg.connect(self.layout.database_url("desk"))
        try:
            due: datetime | None = await connection.fetchval(
                "SELECT refresh_at FROM sessions ORDER BY started_at DESC LIMIT 1"
            )
        finally:
            await connection.close()
        return due


async def ready(layout: Layout, name: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=5) as http:
            return (await http.get(f"{layout.url(name)}/readyz")).status_code == 200
    return False


async def prepared(layout: Layout) -> bool:
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, KafkaError):
        await postgres.prepare(layout)
        await kafka.prepare(layout)
        return True
    return False


@asynccontextmanager
async def running(layout: Layout) -> AsyncIterator[Platform]:
    """Run it all."""
    made = Platform(layout, Keycloak(layout))
    issuer.key(layout)
    below, service = Supervisor(layout, print), Supervisor(layout, print)
    infrastructure = processes.infrastructure(layout, kafka.jars())
    await below.start([one for one in infrastructure if one.name in ("kafka", "postgres")])
    try:
        await made.keycloak.start()
        await made.keycloak.take_in_realm()
        await until(lambda: prepared(layout), 120, "Kafka and PostgreSQL are there")
        await service.start([made.program("assignments")])
        await made.start_desk()
        await until(lambda: ready(layout, "assignments"), what="assignments is ready")
        yield made
    finally:
        await made.stop_desk()
        for supervisor in (service, below):
            await supervisor.stop()
        await made.keycloak.stop()
