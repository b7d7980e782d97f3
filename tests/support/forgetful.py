"""A PostgreSQL of one's own, which brings nothing to the disk that nobody waits for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import connect
from stack import postgres
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support.ports import SECOND_STACK
from support.stacks import a_folder_for_all, until


@asynccontextmanager
async def a_forgetful_postgresql() -> AsyncIterator[Layout]:
    """Run it; when it is killed it is started again."""
    with a_folder_for_all("postgres-") as folder:
        layout = Layout(SECOND_STACK, folder)
        command = [*postgres.command(layout), "-c", "wal_writer_delay=10s", "-c", "autovacuum=off"]
        supervisor = Supervisor(layout, print)
        await supervisor.start([Program("postgres", command, user=postgres.system_user())])
        try:
            await until(lambda: answers(layout))
            yield layout
        finally:
            await supervisor.stop()


async def answers(layout: Layout) -> bool:
    """Tell whether it can be asked."""
    try:
        await (await connect(layout.database_url("postgres"))).close()
    except Exception:
        return False
    return True
