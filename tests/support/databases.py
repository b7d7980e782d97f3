"""Databases of one's own on a PostgreSQL that tests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from chassis.database import migrate
from stack.layout import Layout
from uuid_utils.compat import uuid7


@asynccontextmanager
async def a_database(postgres: Layout, service: str | None = None) -> AsyncIterator[str]:
    """Make a database, empty or as a service's migrations leave it, and drop it afterwards; its URL."""
    name = f"test_{uuid7().hex}"
    server = await asyncpg.connect(postgres.database_url("postgres"))
    template = "template1" if service is None else await _migrated(server, postgres, service)
    await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield postgres.database_url(name)
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()


async def _migrated(server: asyncpg.Connection, postgres: Layout, service: str) -> str:
    """Return the database that those of a service are copies of: copying takes a tenth of migrating."""
    name = f"migrated_{service}"
    if not await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await server.execute(f'CREATE DATABASE "{name}"')
        await migrate(postgres.database_url(name), "chassis", service)
    return name
