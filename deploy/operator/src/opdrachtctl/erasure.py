"""What is still known of a professional: on the topics, and in the services' databases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer
from contracts.topics import broker_topics

from opdrachtctl.records import partitions, read_all


@dataclass(frozen=True)
class Trace:
    """How many records or rows in one place name a professional, and how many of them are tombstones."""

    place: str
    found: int
    tombstones: int = 0


async def on_topics(arguments: dict[str, Any], profile_id: UUID) -> list[Trace]:
    """Read every topic to its end, and count the records that name a professional in key or value."""
    wanted = str(profile_id).encode()
    found: Counter[str] = Counter()
    tombstones: Counter[str] = Counter()
    consumer = AIOKafkaConsumer(**arguments, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async for record in read_all(consumer, partitions(broker_topics())):
            if wanted in (record.key or b"") or wanted in (record.value or b""):
                found[record.topic] += 1
                tombstones[record.topic] += record.value is None
    finally:
        await consumer.stop()
    return [Trace(f"topic {name}", found[name], tombstones[name]) for name in sorted(found)]


async def in_databases(urls: Sequence[str], profile_id: UUID) -> list[Trace]:
    """Count the rows, table by table, that name a professional; JSON shows bytes as hexadecimal digits."""
    named = [f"%{profile_id}%", f"%{str(profile_id).encode().hex()}%"]
    traces = []
    for url in urls:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            tables = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            )
            for (table,) in tables:
                query = f'SELECT count(*) FROM "{table}" AS t WHERE row_to_json(t)::text LIKE ANY($1)'
                count = await connection.fetchval(query, named)
                if count:
                    traces.append(Trace(f"database {urlsplit(url).path.strip('/')}, table {table}", count))
        finally:
            await connection.close()
    return traces
