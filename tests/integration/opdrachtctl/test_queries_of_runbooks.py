"""PostgreSQL takes every query of the runbooks, in the database of a service that has what it asks for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
from chassis.database import migrate
from stack.layout import SERVICES, Layout
from support.databases import a_database
from support.runbooks import written


@pytest.fixture
async def databases(postgres: Layout) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """Every service's database as it is at first."""
    async with AsyncExitStack() as ends:
        opened = {}
        for service in SERVICES:
            url = await ends.enter_async_context(a_database(postgres))
            await migrate(url, "chassis", service)
            opened[service] = await asyncpg.connect(url)
            ends.push_async_callback(opened[service].close)
        yield opened


async def test_every_query_runs_somewhere(databases: dict[str, asyncpg.Connection]) -> None:
    queries = written("sql")
    assert len(queries) > 10
    for query in queries:
        errors = {}
        for service, connection in databases.items():
            try:
                await connection.fetch(query.text)
            except asyncpg.PostgresError as error:
                errors[service] = str(error)
        assert len(errors) < len(databases), f"{query.runbook}: {query.text}: {errors}"
