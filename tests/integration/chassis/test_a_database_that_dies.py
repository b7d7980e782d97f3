"""What a PostgreSQL that dies may lose is what does not wait for the disk, and that comes again."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
from chassis.database import connect, migrate, open_pool
from chassis.delivery.relay import Relay
from chassis.jobs import running
from stack import postgres as stack_postgres
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor
from support.ports import SECOND_STACK
from support.relaying import Broker, all_published, write
from support.stacks import a_folder_for_all, process_of, until


async def answers(layout: Layout) -> bool:
    try:
        await (await connect(layout.database_url("postgres"))).close()
    except Exception:
        return False
    return True


@pytest.fixture
async def layout() -> AsyncIterator[Layout]:
    """A PostgreSQL of one's own, which brings nothing to the disk that nobody waits for."""
    with a_folder_for_all("postgres-") as folder:
        made = Layout(SECOND_STACK, folder)
        command = [*stack_postgres.command(made), "-c", "wal_writer_delay=10s", "-c", "autovacuum=off"]
        supervisor = Supervisor(made, print)
        await supervisor.start([Program("postgres", command, user=stack_postgres.system_user())])
        try:
            await until(lambda: answers(made))
            yield made
        finally:
            await supervisor.stop()


async def test_what_a_relay_deleted_comes_again_in_order_and_nothing_is_lost(layout: Layout) -> None:
    url, broker = layout.database_url("postgres"), Broker()
    await migrate(url, "chassis")
    async with open_pool(url) as pool, running(Relay(url, broker).run()):
        first = await write(pool, range(100), key=b"one")
        await until(lambda: all_published(pool))
        second = await write(pool, range(100, 200), key=b"one")
        await until(lambda: all_published(pool))
        sent, first_time = len(broker.records), list(broker.values)

        os.kill(process_of(layout, "postgres"), signal.SIGKILL)
        await until(lambda: answers(layout), 30)
        third = await write(pool, range(200, 300), key=b"one")
        await until(lambda: all_published(pool))
    again = broker.values[sent:]
    assert first_time == [*first, *second]
    assert again[-100:] == third
    repeated = again[:-100]
    # What is lost of a log is its end: the deletions from some moment on. So what comes again is in order.
    assert repeated
    assert repeated == first_time[-len(repeated) :]
