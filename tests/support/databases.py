"""Empty databases on a PostgreSQL that tests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from stack.layout import Layout
from uuid_utils.compat import uuid7


@asynccontextmanager
async def a_database(postgres: Layout) -> AsyncIterator[str]:
    """Make an empty database, and drop it afterwards; its URL."""
    name = f"test_{uuid7().hex}"
    server = await asyncpg.connect(postgres.database_url("postgres"))
    await server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield postgres.database_url(name)
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()
