"""What tests stand on: a whole stack with its five services, or a PostgreSQL alone."""

import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from stack import postgres as stack_postgres
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor
from support.collecting import Collector, collecting
from support.databases import a_database
from support.ports import POSTGRES, STACK
from support.stacks import Stack, a_folder_for_all, leave_nothing, start_stack, stop, until, wait_for_line

PRODUCTION_POSTGRES = 16


def pytest_configure() -> None:
    """Let no test go by how quick or how wide something is where it runs.

    Workers are told a terminal of 80 columns, which the operator's tables would keep to.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    settings.register_profile("at any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("at any speed")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What the stack's services export of their traces."""
    with collecting() as made:
        yield made


@pytest.fixture(scope="session")
def shared_stack(collector: Collector) -> Iterator[Stack]:
    """A stack without the example; the recruiter's summaries come after two seconds, and an opdracht is in
    selection for twenty.
    """
    with a_folder_for_all("stack-") as folder:
        quickly = {
            "SUMMARY_SECONDS": "2",
            "NEWS_DELAY_SECONDS": "1",
            "SELECTION_DAYS": str(20 / 86_400),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "500",
        }
        process = start_stack(STACK, folder, **quickly)
        try:
            wait_for_line(process, "platform is up")
            yield Stack(Layout(STACK, folder))
        finally:
            stop(process)


@pytest.fixture(scope="module")
async def stack(shared_stack: Stack) -> AsyncIterator[Stack]:
    """The stack, where nobody is left of other modules, and no opdracht is open."""
    yield shared_stack
    await leave_nothing(shared_stack)


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Layout]:
    """A PostgreSQL for all tests that need nothing else: of production's version; the stack's is newer."""
    with a_folder_for_all("postgres-") as folder:
        layout = Layout(POSTGRES, folder)
        supervisor = Supervisor(layout, print)
        await supervisor.start([server_of(layout)])
        try:
            await until(lambda: answers(layout))
            yield layout
        finally:
            await supervisor.stop()


def server_of(layout: Layout) -> Program:
    # It ends with the tests, so it need not wait for the disk.
    command = [*stack_postgres.command(layout, PRODUCTION_POSTGRES), "-c", "fsync=off"]
    return Program("postgres", command, user=stack_postgres.system_user())


async def answers(layout: Layout) -> bool:
    try:
        await (await asyncpg.connect(layout.database_url("postgres"))).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True


@pytest.fixture
async def database(postgres: Layout) -> AsyncIterator[str]:
    """An empty database of one's own; its URL."""
    async with a_database(postgres) as url:
        yield url
