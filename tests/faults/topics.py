"""Everything that lies on the topics, and how far the consumers are: read past every proxy."""

import asyncio
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka import TopicPartition as PartitionOf
from chassis.delivery.sealing import Keys
from chassis.kafka.reading import read_leniently
from confluent_kafka import Consumer, TopicPartition
from contracts.envelope import Event, decode
from contracts.events import KeyMade
from contracts.reading import Undecodable
from contracts.topics import KEYS, PARTITIONS, TOPICS, broker_topics

READ_SECONDS = 60


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    written_at: datetime


@dataclass(frozen=True)
class Entry:
    """A record that can be decoded, and whether its event lay on the topic before (by `ce_id`)."""

    record: Record
    event: Event
    again: bool


@dataclass
class Log:
    """All topics: what can be decoded by topic, in the order of each partition; and what cannot."""

    entries: dict[str, list[Entry]]
    undecodable: list[Record]
    dead: dict[str, list[Record]]

    def first(self, topic: str) -> dict[UUID, list[Event]]:
        """Return each key's events in the order in which they first came."""
        by_key: dict[UUID, list[Event]] = defaultdict(list)
        for entry in self.entries[topic]:
            if not entry.again:
                by_key[entry.event.subject].append(entry.event)
        return by_key


async def read(bootstrap: str) -> Log:
    """Read every topic to its present end, also what aiokafka cannot read by itself."""
    read_leniently()
    by_topic: dict[str, list[Record]] = defaultdict(list)
    for record in await _read(bootstrap, broker_topics().keys()):
        by_topic[record.topic].append(record)
    log = Log({}, [], {})
    for topic in TOPICS:
        log.entries[topic.name], seen = [], set()
        for record in by_topic.pop(topic.name, []):
            try:
                event = decode(topic, record.key, record.value, record.headers, record.written_at)
            except Undecodable:
                log.undecodable.append(record)
                continue
            again = (event.source, event.id) in seen
            seen.add((event.source, event.id))
            log.entries[topic.name].append(Entry(record, event, again))
    log.dead = dict(by_topic)
    _open(log)
    return log


def _open(log: Log) -> None:
    """Open what is sealed, also of who was erased: the log still has every key."""
    made = [entry.event.data for entry in log.entries[KEYS.name]]
    keys = Keys({one.profile_id: b64decode(one.key) for one in made if isinstance(one, KeyMade)})
    for entries in log.entries.values():
        entries[:] = [replace(entry, event=keys.open(entry.event)) for entry in entries]


async def _read(bootstrap: str, topics: Iterable[str]) -> list[Record]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        await consumer.start()
        table = broker_topics()
        places = [PartitionOf(topic, number) for topic in topics for number in range(table[topic].partitions)]
        left = {place: end for place, end in (await consumer.end_offsets(places)).items() if end > 0}
        consumer.assign(list(left))
        await consumer.seek_to_beginning(*left)
        found: list[Record] = []
        async with asyncio.timeout(READ_SECONDS):
            while left:
                for place, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += map(_record, records)
                    if place in left and records[-1].offset + 1 >= left[place]:
                        del left[place]
    finally:
        await _stop(consumer)
    return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))


def _record(record: "ConsumerRecord[bytes, bytes]") -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        written_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )


def _ends(consumer: Consumer, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    table = broker_topics()
    return {
        (topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1]
        for topic in topics
        for number in range(table[topic].partitions)
    }


async def behind(bootstrap: str) -> Mapping[str, int]:
    """Return by group and topic how many records its consumer has not acknowledged, where there are some."""
    return await asyncio.to_thread(_behind, bootstrap)


def _behind(bootstrap: str) -> dict[str, int]:
    groups: dict[str, list[str]] = defaultdict(list)
    for topic in TOPICS:
        for group in topic.consumers:
            groups[group].append(topic.name)
    found: dict[str, int] = {}
    for group, topics in groups.items():
        consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
        )
        try:
            ends = _ends(consumer, topics)
            places = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
            for place in consumer.committed(places, 10):
                lag = ends[place.topic, place.partition] - max(0, place.offset)
                if lag:
                    name = f"{group}<{place.topic}"
                    found[name] = found.get(name, 0) + lag
        finally:
            consumer.close()
    return found


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stop it. Where its broker is away, the end of its own task comes through as if ours were cancelled."""
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
