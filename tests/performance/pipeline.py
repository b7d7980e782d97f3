"""The floor under the way from an opdracht to its proposals: the same path with nothing of ours in between.

A row in an outbox, a relay that is told of it, Kafka, a batch that writes as many rows and events as matching
proposes, in one transaction, their relay in the same process, Kafka, a reader. Both processes are on uvloop,
every statement is prepared, each batch is one statement a table, and nothing is decoded, judged or validated.
What one transaction may leave to the next flush of the disk (the deletion of what was sent) is left to it.
"""

import asyncio
import json
import multiprocessing
import multiprocessing.synchronize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from stack.layout import Layout
from uuid_utils.compat import uuid7

TOLD, PROPOSED = "pipeline-told", "pipeline-proposed"  # topics
PARTITIONS = 6
AT_ONCE = 500
SCHEMA = """
CREATE TABLE told (id bigserial PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL);
CREATE TABLE kept (id uuid PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE proposals (id uuid PRIMARY KEY, assignment uuid NOT NULL, value bytea NOT NULL);
CREATE TABLE proposed (id bigserial PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL);
"""


async def prepare(layout: Layout) -> str:
    """Make the floor's database and topics on a stack; return the database's URL."""
    connection = await asyncpg.connect(layout.database_url("postgres"))
    await connection.execute("CREATE DATABASE pipeline")
    await connection.close()
    connection = await asyncpg.connect(layout.database_url("pipeline"))
    await connection.execute(SCHEMA)
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=layout.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (TOLD, PROPOSED)])
    await admin.close()
    return layout.database_url("pipeline")


@contextmanager
def running(layout: Layout, url: str, answers: Sequence[Sequence[bytes]]) -> Iterator[None]:
    """Run both processes. `answers`: the values that each opdracht is answered with, by its number."""
    context = multiprocessing.get_context("spawn")
    ready = [context.Event(), context.Event()]
    processes = [
        context.Process(target=_run_teller, args=(layout.kafka, url, ready[0]), daemon=True),
        context.Process(target=_run_digester, args=(layout.kafka, url, answers, ready[1]), daemon=True),
    ]
    for process in processes:
        process.start()
    try:
        for one in ready:
            if not one.wait(60):
                raise TimeoutError("the pipeline's processes do not start")
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join(10)


async def tell(connection: asyncpg.Connection, one: UUID, number: int, content: bytes) -> None:
    """Write an opdracht's row into the outbox, and wake its relay."""
    value = json.dumps({"number": number}).encode() + b"\n" + content
    async with connection.transaction():
        await connection.execute("INSERT INTO told (key, value) VALUES ($1, $2)", str(one).encode(), value)
        await connection.execute("NOTIFY told")


class _Relay:
    """Sends a table's rows to a topic by id, and deletes what was confirmed."""

    def __init__(self, connection: asyncpg.Connection, producer: AIOKafkaProducer, topic: str) -> None:
        self._connection, self._producer, self._topic = connection, producer, topic
        self.woken = asyncio.Event()

    async def run(self, table: str) -> None:
        """Send until cancelled."""
        await self._connection.execute("SET synchronous_commit = off")  # a repeat is allowed
        read = await self._connection.prepare(
            f"SELECT id, key, value FROM {table} ORDER BY id LIMIT {AT_ONCE}"
        )
        delete = await self._connection.prepare(f"DELETE FROM {table} WHERE id = ANY($1)")
        while True:
            await self.woken.wait()
            self.woken.clear()
            while rows := await read.fetch():
                sent = [await self._producer.send(self._topic, row["value"], row["key"]) for row in rows]
                await asyncio.gather(*sent)
                await delete.fetch([row["id"] for row in rows])


def _run_teller(kafka: str, url: str, ready: multiprocessing.synchronize.Event) -> None:
    uvloop.run(_teller(kafka, url, ready))


async def _teller(kafka: str, url: str, ready: multiprocessing.synchronize.Event) -> None:
    connection = await asyncpg.connect(url)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        relay = _Relay(connection, producer, TOLD)
        listening = await asyncpg.connect(url)
        await listening.add_listener("told", lambda *_: relay.woken.set())
        relay.woken.set()
        ready.set()
        await relay.run("told")


def _run_digester(
    kafka: str, url: str, answers: Sequence[Sequence[bytes]], ready: multiprocessing.synchronize.Event
) -> None:
    uvloop.run(_digester(kafka, url, answers, ready))


async def _digester(
    kafka: str, url: str, answers: Sequence[Sequence[bytes]], ready: multiprocessing.synchronize.Event
) -> None:
    consumer = AIOKafkaConsumer(
        TOLD,
        bootstrap_servers=kafka,
        group_id="pipeline",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    connection, relaying = await asyncpg.connect(url), await asyncpg.connect(url)
    async with (
        AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer,
        consumer,
        asyncio.TaskGroup() as group,
    ):
        relay = _Relay(relaying, producer, PROPOSED)
        group.create_task(relay.run("proposed"))
        write = await _writer(connection)
        ready.set()
        while True:
            batches = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
            records = [record for batch in batches.values() for record in batch]
            if records:
                await write(records, answers)
                relay.woken.set()
                await consumer.commit()


async def _writer(connection: asyncpg.Connection) -> Any:
    upsert = await connection.prepare(
        "INSERT INTO kept SELECT * FROM unnest($1::uuid[], $2::bytea[]) ON CONFLICT (id) DO UPDATE"
        " SET value = excluded.value"
    )
    match = await connection.prepare(
        "INSERT INTO proposals SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[])"
    )
    put = await connection.prepare(
        "INSERT INTO proposed (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[])"
    )

    async def write(records: Sequence[Any], answers: Sequence[Sequence[bytes]]) -> None:
        kept = {record.key: record.value for record in records}
        said = [
            (key, value)
            for key, content in kept.items()
            for value in answers[json.loads(content[: content.index(b"\n")])["number"] % len(answers)]
        ]
        async with connection.transaction():
            await upsert.fetch([key.decode() for key in kept], list(kept.values()))
            keys, values = [key for key, _ in said], [value for _, value in said]
            await match.fetch([uuid7() for _ in said], [key.decode() for key in keys], values)
            await put.fetch(keys, values)

    return write
