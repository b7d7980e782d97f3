"""What is still known of a professional: on the topics, and in the services' databases."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from chassis.database import connect
from contracts.topics import broker_topics

from opdrachtctl.records import COMPACTED, partitions, read_all


@dataclass(frozen=True)
class Trace:
    """How many records or rows in one place name a professional by the id.

    `tombstones`: how many of those are tombstones. `with_words`: how many records or rows hold one of the
    words that were looked for, whether or not they name the id. `compacted`: whether the place is a topic
    that holds nothing of who is erased but a tombstone.
    """

    place: str
    found: int
    tombstones: int = 0
    with_words: int = 0
    compacted: bool = False

    @property
    def is_left(self) -> bool:
        """Tell whether something of an erased person is still there."""
        return self.with_words > 0 or (self.compacted and self.found > self.tombstones)


async def on_topics(arguments: dict[str, Any], profile_id: UUID, words: Sequence[str]) -> list[Trace]:
    """Read every topic to its end, and count the records that name a professional in key or value."""
    wanted = str(profile_id).encode()
    forms = [form.encode() for word in words for form in {word, json.dumps(word)[1:-1]}]
    found: Counter[str] = Counter()
    tombstones: Counter[str] = Counter()
    with_words: Counter[str] = Counter()
    admin = AIOKafkaAdminClient(**arguments)
    consumer = AIOKafkaConsumer(**arguments, enable_auto_commit=False, auto_offset_reset="earliest")
    async with AsyncExitStack() as opened:
        for client, end in ((admin, admin.close), (consumer, consumer.stop)):
            await client.start()
            opened.push_async_callback(end)
        async for record in read_all(consumer, await partitions(admin, broker_topics())):
            key, value = record.key or b"", record.value or b""
            if wanted in key or wanted in value:
                found[record.topic] += 1
                tombstones[record.topic] += record.value is None
            whole = b"\0".join((key, value, *(text or b"" for _, text in record.headers)))
            with_words[record.topic] += any(form in whole for form in forms)
    return [
        Trace(f"topic {name}", found[name], tombstones[name], with_words[name], name in COMPACTED)
        for name in sorted(found.keys() | +with_words)
    ]


_COUNT = """
SELECT
    count(*) FILTER (WHERE content LIKE ANY($1)) AS named,
    count(*) FILTER (WHERE content LIKE ANY($2)) AS with_words
FROM (SELECT row_to_json(t)::text AS content FROM "{table}" AS t) AS rows
"""


async def in_databases(urls: Sequence[str], profile_id: UUID, words: Sequence[str]) -> list[Trace]:
    """Count the rows, table by table, that name a professional or hold one of the words."""
    traces = []
    for url in urls:
        connection = await connect(url, command_seconds=None)
        try:
            tables = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            )
            for (table,) in tables:
                row = await connection.fetchrow(
                    _COUNT.format(table=table), _patterns([str(profile_id)]), _patterns(words)
                )
                assert row is not None
                if row["named"] or row["with_words"]:
                    place = f"database {urlsplit(url).path.strip('/')}, table {table}"
                    traces.append(Trace(place, row["named"], with_words=row["with_words"]))
        finally:
            await connection.close()
    return traces


def _patterns(words: Sequence[str]) -> list[str]:
    """Return patterns of a row's JSON that holds a word: as it is, within JSON, or as hexadecimal digits."""
    plain = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    forms = plain | {form.encode().hex() for form in plain}
    escaped = (form.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for form in forms)
    return sorted(f"%{form}%" for form in escaped)
