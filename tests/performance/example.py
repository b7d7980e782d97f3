"""The whole platform with the example: from a posted opdracht to the mail, the second start, the memory."""

import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from performance import bare_start
from performance.rows import Row, alone, better
from stack.layout import SERVICES, Layout
from support.ports import BENCH
from support.stacks import Stack, process_of, start_stack, stop, until, wait_for_line

ROUNDS = 60
WARM_UP = 5
REST_SECONDS = 10
CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = $1 AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@contextmanager
def running(folder: Path) -> Iterator[tuple[Stack, float, subprocess.Popen[str]]]:
    """Run the stack with the example; gives it, the seconds until it was up, and its process."""
    started = time.monotonic()
    process = start_stack(BENCH, folder, "run")
    try:
        wait_for_line(process, "platform is up")
        yield Stack(Layout(BENCH, folder)), time.monotonic() - started, process
    finally:
        stop(process)


def memory(process: subprocess.Popen[str]) -> float:
    """Return the memory of all the stack's processes in MiB, what they share counted once."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return float(sum(one.memory_full_info().pss for one in family)) / 2**20


async def each_service(stack: Stack) -> list[Row]:
    """Return what each service takes at rest: memory, what is shared counted once, and connections."""
    rows = []
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    try:
        for service in SERVICES:
            pid = process_of(stack.layout, service)
            held = psutil.Process(pid).memory_full_info().pss / 2**20
            connections = await connection.fetchval(CONNECTIONS, service)
            rows += [
                alone(f"rest_memory_{service}", held, "MiB"),
                alone(f"rest_connections_{service}", connections, "connections"),
            ]
    finally:
        await connection.close()
    return rows


@asynccontextmanager
async def proposals(stack: Stack) -> AsyncIterator[dict[str, float]]:
    """Read `matches` from now on: assignment id → the moment its first proposal was read."""
    seen: dict[str, float] = {}
    consumer = AIOKafkaConsumer("matches", bootstrap_servers=stack.layout.kafka)
    await consumer.start()

    async def read() -> None:
        async for record in consumer:
            if dict(record.headers).get("ce_type") == b"MatchProposed.v1":
                seen.setdefault(record.key.decode(), time.time())

    reading = asyncio.create_task(read())
    try:
        yield seen
    finally:
        reading.cancel()
        await consumer.stop()


def assignment() -> dict[str, Any]:
    """Return an opdracht that several people of the example fit, some of whom want mail at once."""
    path = Path(__file__).parents[2] / "deploy/local/src/stack/data/opdrachten.ndjson"
    body = json.loads(path.read_text().splitlines()[11])
    respond_by = (datetime.now().astimezone() + timedelta(days=30)).isoformat()
    return {
        **{name: value for name, value in body.items() if name not in {"source", "assumed"}},
        "respond_by": respond_by,
        "urgency": "spoed",  # passes the limit of three direct mails a day
    }


async def floor(stack: Stack) -> float:
    """Return the median ms of one bare write to Kafka and one read of it: what no design gets below."""
    consumer = AIOKafkaConsumer("answers.matching.dead", bootstrap_servers=stack.layout.kafka)
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka, acks="all", enable_idempotence=True)
    await consumer.start()
    await producer.start()
    times = []
    try:
        for number in range(ROUNDS):
            started = time.time()
            await producer.send_and_wait("answers.matching.dead", str(number).encode())
            await consumer.getone()
            times.append(time.time() - started)
    finally:
        await producer.stop()
        await consumer.stop()
    return statistics.median(times) * 1000


async def latencies(stack: Stack) -> list[Row]:
    """Post opdrachten one by one; measure until the first proposal and until the first mail is accepted."""
    body, to_proposed, to_mailed = assignment(), [], []
    async with (
        proposals(stack) as seen,
        stack.client("assignments") as http,
        stack.client("notifications") as deliveries,
    ):
        for number in range(WARM_UP + ROUNDS):
            started = time.time()
            answer = await http.post("/assignments", json=body)
            answer.raise_for_status()
            assignment_id = answer.json()["assignment_id"]
            mailed = await until(partial(first_mail, deliveries, assignment_id))
            if number >= WARM_UP:
                to_proposed.append(seen[assignment_id] - started)
                to_mailed.append(mailed - started)
            await http.post(f"/assignments/{assignment_id}/close", json={"reason": "withdrawn"})
            await asyncio.sleep(0.1)
    bare = await floor(stack)
    rows = []
    for name, times in (("posted_to_proposed_p50", to_proposed), ("posted_to_mailed_p50", to_mailed)):
        median = statistics.median(times) * 1000
        rows.append(
            Row(
                name, round(median, 1), "ms", "bare_kafka_round_trip", round(bare, 1), round(bare / median, 3)
            )
        )
    return rows


async def first_mail(http: httpx.AsyncClient, assignment_id: str) -> float | None:
    """Return when the mail server accepted the assignment's first mail."""
    items = (await http.get("/deliveries?limit=100")).json()["items"]
    moments = [
        datetime.fromisoformat(item["settled_at"]).timestamp()
        for item in items
        if item["assignment_id"] == assignment_id
        and item["kind"] == "match"
        and item["outcome"] == "accepted"
    ]
    return min(moments, default=None)


async def measure(folder: Path) -> list[Row]:
    """Start twice; measure the second start beside a bare one, the latencies, and the memory at rest."""
    with running(folder) as (_, _, process):
        wait_for_line(process, "an opdracht is withdrawn")
    with running(folder) as (stack, seconds, process):
        await asyncio.sleep(REST_SECONDS)
        at_rest = memory(process)
        of_services = await each_service(stack)
        rows = await latencies(stack)
    bare = await asyncio.to_thread(bare_start.seconds, BENCH, folder)
    return [
        *rows,
        *of_services,
        better("stack_second_start", seconds, "s", "kafka_and_postgresql", bare),
        Row("stack_memory", round(at_rest), "MiB"),
    ]


def run(folder: Path) -> list[Row]:
    """Measure, on a stack of its own in a folder."""
    return asyncio.run(measure(folder))
