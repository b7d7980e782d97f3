"""Lets a consumer group read again. The service's database is the truth, Kafka's offsets follow it.

While the service runs, Kafka takes a group's offsets from its members alone; they commit once they have read
on. So the database comes first, and a refusal by Kafka is no failure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError
from chassis.database import connect
from chassis.delivery import offsets
from chassis.delivery.offsets import Partition

from opdrachtctl.records import partitions


class CannotRewind(Exception):
    """The offsets stay as they are; the text says why."""


@dataclass(frozen=True)
class Rewound:
    """Offsets by partition. `is_running`: the group has members, who will tell Kafka themselves."""

    was: Mapping[Partition, int]
    now: Mapping[Partition, int]
    is_running: bool


async def rewind(
    arguments: dict[str, Any], url: str, group: str, topics: Collection[str], since: datetime | None
) -> Rewound:
    """Set a group's offsets back to the first record written at `since` or later; None: to the beginning.

    Raises:
        CannotRewind: the topics are not there, or the database is another service's.
    """
    consumer = AIOKafkaConsumer(**arguments, group_id=group, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        there = await partitions(admin, topics)
    finally:
        await admin.close()
    if not there:
        raise CannotRewind(f"this Kafka has none of {', '.join(topics)}")
    await consumer.start()
    try:
        consumer.assign(there)
        wanted = dict.fromkeys(there, 0) if since is None else await _first_since(consumer, there, since)
        was, now = await _in_database(url, group, wanted)
        return Rewound(was, now, is_running=not await _in_kafka(consumer, now))
    finally:
        await consumer.stop()


async def _first_since(
    consumer: AIOKafkaConsumer, there: Collection[TopicPartition], since: datetime
) -> dict[TopicPartition, int]:
    found = await consumer.offsets_for_times(dict.fromkeys(there, round(since.timestamp() * 1000)))
    ends = await consumer.end_offsets(there)
    return {one: ends[one] if found[one] is None else found[one].offset for one in there}


async def _in_database(
    url: str, group: str, wanted: Mapping[TopicPartition, int]
) -> tuple[dict[Partition, int], dict[Partition, int]]:
    """Set the positions back, none forward; return where they were and where they are."""
    connection = await connect(url)
    try:
        if not await connection.fetchval(_BELONGS, f"{group}/%"):
            raise CannotRewind(f"DATABASE_URL is not {group}'s database, or it is not migrated")
        async with connection.transaction():
            await offsets.begin(connection, dict.fromkeys(wanted, 0))
            known = await offsets.positions(connection, wanted, lock=True)
            now = {one: min(wanted[one], known[one].next) for one in wanted}
            await offsets.reset(connection, {one: at for one, at in now.items() if at < known[one].next})
    finally:
        await connection.close()
    return {one: known[one].next for one in wanted}, {**now}


_BELONGS = """
SELECT EXISTS (SELECT FROM migrations WHERE name LIKE $1)
"""


async def _in_kafka(consumer: AIOKafkaConsumer, now: Mapping[Partition, int]) -> bool:
    """Set the group's offsets in Kafka too; tell whether Kafka took them, which it does from nobody else."""
    try:
        await consumer.commit({TopicPartition(*one): at for one, at in now.items()})
    except CommitFailedError:
        return False
    return True
