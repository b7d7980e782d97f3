"""How many dead letters nobody has handled yet, as the metrics tell it.

They are counted by their offsets, so none is read: those that the topic still holds, without those that the
operator's group notes as handled out of their order. What is handled up to some letter is deleted.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

from contracts.topics import dead_topic

from chassis.delivery.dead_letters import OPERATOR_GROUP, handled_by
from chassis.kafka.broker import connection_arguments
from chassis.kafka.contents import bounds_of
from chassis.kafka.topics import offsets_of
from chassis.metrics import DEAD_LETTERS_WAITING, absent_on_failure
from chassis.settings import KafkaSettings

MEASURE_SECONDS = 20


class WaitingLetters:
    """The dead letters of consumer group `group` from `topics`."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], group: str) -> None:
        self._settings = settings
        self._group = group
        self._dead = {dead_topic(topic, group): topic for topic in topics}

    async def measure(self) -> None:
        """Set the metrics. Where that fails they are absent.

        Raises:
            KafkaError, TimeoutError, OSError: the broker is away, or does not let us look.
        """
        readings = {
            dead: DEAD_LETTERS_WAITING.labels(topic, self._group) for dead, topic in self._dead.items()
        }
        with absent_on_failure(*readings.values()):
            async with asyncio.timeout(MEASURE_SECONDS):
                waiting = await self._count()
        for dead, reading in readings.items():
            reading.set(waiting[dead])

    async def _count(self) -> Counter[str]:
        held = await bounds_of(self._settings, [*self._dead])
        committed = await offsets_of(connection_arguments(self._settings), OPERATOR_GROUP)
        waiting: Counter[str] = Counter()
        for partition, offsets in held.items():
            kept = committed.get(partition)
            handled = handled_by(kept.metadata) if kept is not None else set()
            waiting[partition.topic] += len(offsets) - sum(one in offsets for one in handled)
        return waiting
