"""How far a consumer is behind, as the metrics tell it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.metrics import LAG, OLDEST, UNKNOWN

MEASURE_SECONDS = 10


class Lag:
    """One consumer's lag on `topics`. Times are seconds since 1970."""

    def __init__(self, topics: Iterable[str], group: str) -> None:
        self._topics = list(topics)
        self._group = group
        self._handled_until: dict[TopicPartition, float] = {}  # what was written until then is handled

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Begin with partitions. What waits on them waits at least from now on."""
        for partition in partitions:
            self._handled_until[partition] = time.time()
            LAG.labels(partition.topic, str(partition.partition), self._group)

    def revoke(self, partitions: Iterable[TopicPartition]) -> None:
        """Leave partitions to another consumer, and their metrics."""
        for partition in self._handled_until.keys() & set(partitions):
            del self._handled_until[partition]
            LAG.remove(partition.topic, str(partition.partition), self._group)

    def handle(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        """Note that records, and all before them, are handled."""
        last = {(record.topic, record.partition): record.timestamp for record in records}
        known = self._handled_until.keys() & last.keys()
        self._handled_until |= {partition: last[partition] / 1000 for partition in known}

    async def measure(self, kafka: AIOKafkaConsumer) -> None:
        """Set the metrics. Where that fails they are absent.

        Raises:
            KafkaError, TimeoutError: the group's coordinator is away.
        """
        try:
            async with asyncio.timeout(MEASURE_SECONDS):
                await self._measure(kafka)
        except BaseException:
            for partition in self._handled_until:
                LAG.labels(partition.topic, str(partition.partition), self._group).set(UNKNOWN)
            for topic in self._topics:
                OLDEST.labels(topic, self._group).set(UNKNOWN)
            raise

    async def _measure(self, kafka: AIOKafkaConsumer) -> None:
        oldest = dict.fromkeys(self._topics, 0.0)
        for partition in kafka.assignment() & self._handled_until.keys():
            if partition not in kafka.assignment():
                continue  # it went while another was asked for, and may be nobody's yet
            now, highwater = time.time(), kafka.highwater(partition)
            committed = await kafka.committed(partition) or 0
            if partition not in self._handled_until:
                continue  # revoked meanwhile
            lag = max(0, (highwater or 0) - committed)
            LAG.labels(partition.topic, str(partition.partition), self._group).set(lag)
            if lag:
                oldest[partition.topic] = max(oldest[partition.topic], now - self._handled_until[partition])
            else:
                self._handled_until[partition] = now
        for topic, age in oldest.items():
            ages = _ages[topic, self._group]
            ages[self] = age
            OLDEST.labels(topic, self._group).set(max(ages.values()))


# Several consumers of a process may share a topic, and so its metric.
_ages: defaultdict[tuple[str, str], WeakKeyDictionary[Lag, float]] = defaultdict(WeakKeyDictionary)
