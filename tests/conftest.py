"""One real stack for all tests that need one: Kafka, PostgreSQL, the mail catcher and the four services."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from stack.layout import Layout
from support.collecting import Collector, collecting
from support.ports import STACK
from support.stacks import Stack, start_stack, stop, wait_for_line
from uuid_utils.compat import uuid7


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What the stack's services export of their traces."""
    with collecting() as made:
        yield made


@pytest.fixture(scope="session")
def stack(collector: Collector) -> Iterator[Stack]:
    """A stack without the example; the recruiter's summaries come after two seconds."""
    with tempfile.TemporaryDirectory(prefix="stack-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = {
            "SUMMARY_SECONDS": "2",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "500",
        }
        process = start_stack(STACK, folder, **settings)
        try:
            wait_for_line(process, "platform is up")
            yield Stack(Layout(STACK, folder))
        finally:
            stop(process)


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[str]:
    """An empty database of one's own; its URL."""
    name = f"test_{uuid7().hex}"
    server = await asyncpg.connect(stack.layout.database_url("postgres"))
    await server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield stack.layout.database_url(name)
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()
