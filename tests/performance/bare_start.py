"""`python -m performance.bare_start`: Kafka and PostgreSQL alone, as the stack starts them, until a signal.

The floor under the stack's start: nothing is migrated, no topic is looked at, no service runs.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from stack import kafka, processes
from stack.layout import Layout
from stack.supervisor import Supervisor
from support.stacks import start_stack, stop, wait_for_line

ALONE = {"kafka", "postgres"}
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, KafkaError)


def seconds(base: int, folder: Path) -> float:
    """Return the seconds from a start in a used folder until both answer."""
    started = time.monotonic()
    process = start_stack(base, folder, "alone", program=("-m", "performance.bare_start"))
    try:
        wait_for_line(process, "both are up")
        return time.monotonic() - started
    finally:
        stop(process)


async def _serve(layout: Layout) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    supervisor = Supervisor(layout, print)
    programs = processes.infrastructure(layout, kafka.jars())
    try:
        await supervisor.start([one for one in programs if one.name in ALONE])
        await asyncio.gather(_until(lambda: _ask_postgresql(layout)), _until(lambda: _ask_kafka(layout)))
        print("both are up", flush=True)
        await ended.wait()
    finally:
        await supervisor.stop()


async def _until(attempt: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await attempt()
            except AWAY:
                await asyncio.sleep(0.02)


async def _ask_postgresql(layout: Layout) -> None:
    connection = await asyncpg.connect(layout.database_url("postgres"))
    await connection.close()


async def _ask_kafka(layout: Layout) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=layout.kafka)
    try:
        await admin.start()
    finally:
        await admin.close()


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts while the broker starts
    asyncio.run(_serve(Layout.from_environment()))
