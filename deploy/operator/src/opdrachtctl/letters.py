"""Dead letters as the operator handles them: read, published again where they came from, or set aside.

What was handled is deleted from its topic, up to the first letter that was not. Letters that were handled out
of order wait for that in the metadata of an offset that the operator's group commits.

A letter of a compacted topic is overtaken once its key has a later record there. Published again it would be
the last of its key: whoever builds a copy from the topic would get older state, and an erased person back.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata
from chassis.delivery.dead_letters import OPERATOR_GROUP, PREFIX, handled_by
from chassis.kafka.placing import partitions_of
from chassis.retrying import retry
from contracts.topics import broker_topics

from opdrachtctl.records import COMPACTED, partitions, read_all

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Place:
    """Where a record lay that a consumer could not take in."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Letter:
    """A dead letter. `why`: the headers that the consumer added; `headers`: those that came with it;
    `came_from`: None where no consumer says so, since anything may be written to a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    why: dict[str, str]
    came_from: Place | None

    @property
    def name(self) -> str:
        """Return what the operator calls it by."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    @property
    def is_whole(self) -> bool:
        """Tell whether it carries its whole record: one that was too large for its topic was cut."""
        return "cut" not in self.why


def letter(record: "ConsumerRecord[bytes, bytes]") -> Letter:
    """Read a record of a dead topic."""
    own = {
        name: (text or b"").decode(errors="backslashreplace")
        for name, text in record.headers
        if name.startswith(PREFIX)
    }
    headers = [(name, text) for name, text in record.headers if not name.startswith(PREFIX)]
    why = {name.removeprefix(PREFIX): text for name, text in own.items()}
    value = None if why.pop("value", "") == "null" else record.value
    return Letter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=value,
        headers=headers,
        why=why,
        came_from=_came_from(why),
    )


def _came_from(why: Mapping[str, str]) -> Place | None:
    try:
        return Place(why["topic"], int(why["partition"]), int(why["offset"]))
    except (KeyError, ValueError):
        return None


class Letters:
    """The dead letters that are not handled yet."""

    def __init__(
        self, arguments: dict[str, Any], admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer
    ) -> None:
        self._arguments = arguments
        self._admin = admin
        self._consumer = consumer
        self._handled: dict[TopicPartition, set[int]] = {}
        self._first: dict[TopicPartition, int] = {}

    async def read(self) -> list[Letter]:
        """Return every letter that was neither replayed nor discarded, oldest first in each topic."""
        dead = await partitions(self._admin, [name for name in broker_topics() if name.endswith(".dead")])
        self._first = await self._consumer.beginning_offsets(dead)
        committed = await retry(
            partial(self._admin.list_consumer_group_offsets, OPERATOR_GROUP),
            on=GroupCoordinatorNotAvailableError,  # a new cluster makes what keeps offsets when it is asked
            log_as="the cluster has no offsets yet",
            seconds=30,
        )
        for partition in dead:
            kept = committed.get(partition)
            handled = handled_by(kept.metadata) if kept is not None else ()
            self._handled[partition] = {offset for offset in handled if offset >= self._first[partition]}
        found = [
            letter(record)
            async for record in read_all(self._consumer, dead)
            if record.offset not in self._handled[TopicPartition(record.topic, record.partition)]
        ]
        return sorted(found, key=lambda one: (one.topic, one.partition, one.offset))

    async def overtaken(self, letters: Iterable[Letter]) -> set[str]:
        """Return which letters of compacted topics have a later record of their key there, by name."""
        waiting: defaultdict[TopicPartition, list[tuple[int, Letter]]] = defaultdict(list)
        for one in letters:
            if (place := one.came_from) is not None and place.topic in COMPACTED:
                waiting[TopicPartition(place.topic, place.partition)].append((place.offset, one))
        starts = {there: min(offset for offset, _ in found) + 1 for there, found in waiting.items()}
        names = set()
        async for record in read_all(self._consumer, [*starts], starts):
            for offset, one in waiting[TopicPartition(record.topic, record.partition)]:
                is_later = record.offset > offset and record.key == one.key
                if is_later and _event_id(record.headers) != _event_id(one.headers):
                    names.add(one.name)
        self._consumer.assign([*self._first])
        return names

    async def replay(self, letters: Sequence[Letter]) -> None:
        """Publish letters again where they came from, as they came, in order; then they are handled. Of
        which that is not known is left alone.

        Nothing else here takes the right to write.
        """
        async with AIOKafkaProducer(**self._arguments, acks="all", enable_idempotence=True) as producer:
            for one in letters:
                if one.came_from is None:
                    continue
                topic = one.came_from.topic
                there = len(await producer.partitions_for(topic))
                partition = None if one.key is None else partitions_of(one.key, there)[-1]
                await producer.send_and_wait(
                    topic, value=one.value, key=one.key, headers=one.headers, partition=partition
                )
                await self.discard([one])

    async def discard(self, letters: Collection[Letter]) -> None:
        """Set letters aside: they are gone, and listed no more."""
        for one in letters:
            partition = TopicPartition(one.topic, one.partition)
            first, handled = self._first[partition], self._handled[partition] | {one.offset}
            while first in handled:
                handled.discard(first)
                first += 1
            await self._consumer.commit({partition: OffsetAndMetadata(first, json.dumps(sorted(handled)))})
            if first > self._first[partition]:
                await self._admin.delete_records({partition: RecordsToDelete(before_offset=first)})
            self._first[partition], self._handled[partition] = first, handled


def _event_id(headers: Iterable[tuple[str, bytes | None]]) -> bytes | None:
    return dict(headers).get("ce_id")


@asynccontextmanager
async def letters(arguments: dict[str, Any]) -> AsyncIterator[Letters]:
    """Open the dead letters of a broker."""
    admin = AIOKafkaAdminClient(**arguments)
    consumer = AIOKafkaConsumer(
        **arguments, group_id=OPERATOR_GROUP, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with AsyncExitStack() as opened:
        for client, end in ((admin, admin.close), (consumer, consumer.stop)):
            await client.start()
            opened.push_async_callback(end)
        yield Letters(arguments, admin, consumer)
