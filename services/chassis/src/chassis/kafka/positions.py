"""Where a consumer stands in its partitions: brought from the database, before it reads them.

Kafka assigns partitions, and aiokafka would read them from the offsets that the group committed to Kafka.
They are paused as they come, before anything of them is fetched, then placed where the database has them
(`delivery.offsets`), and resumed. A partition is placed anew whenever the database has another position than
is known here: after an error, after an operator's reset, after a restore.

Kafka may have lost a log, or begun it anew: it then ends before our position. That is seen when a partition
is placed, and while it is read: aiokafka then goes to the beginning of what there is, and the next batch
begins before where it was to begin. The position is set to 0, and everything there is comes in again, which
projections and inbox bear. Where retention has deleted what was not read yet, reading goes on with the
oldest that is there.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.database import Connection, Pool
from chassis.delivery import offsets
from chassis.delivery.offsets import OffsetsMoved, Partition, Position, Step

log = structlog.get_logger()

ALIGN_SECONDS = 10  # between looks at the table, for what was reset
READ_SECONDS = 10


class Positions:
    """The positions of one consumer's partitions. Only who holds the consumer's gate may change them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[Partition, Position] = {}
        self._held: set[TopicPartition] = set()  # paused until they are placed
        self._untold: set[TopicPartition] = set()  # placed, and Kafka may not know where we are
        self._wake = asyncio.Event()

    def assign(self, kafka: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
        """Hold partitions that have come, until they are placed. Must not be preceded by an await."""
        self._held = set()
        self._hold(kafka, assigned)

    def forget(self, kafka: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Hold partitions until they are placed anew."""
        left = kafka.assignment() & set(partitions)
        self._hold(kafka, left)
        for partition in left:
            self._known.pop(partition, None)

    def _hold(self, kafka: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        kafka.pause(*partitions)
        self._held.update(partitions)
        self._wake.set()

    async def wait(self) -> None:
        """Return when partitions are to be placed, and every `ALIGN_SECONDS`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ALIGN_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def align(self, kafka: AIOKafkaConsumer) -> None:
        """Go where the database has the partitions, and read on from there.

        Raises:
            KafkaError: the group's coordinator is away.
        """
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._align(kafka)
        except BaseException:
            self._wake.set()
            raise

    async def _align(self, kafka: AIOKafkaConsumer) -> None:
        assigned = kafka.assignment()
        async with self._pool.acquire() as connection:
            kept = await _positions(connection, kafka, assigned)
            moved = {one for one in assigned if not self._agrees(one, kept[one])}
            ends = await kafka.end_offsets(moved) if moved else {}
            if anew := [Step(one, kept[one], 0) for one in moved if ends[one] < kept[one].next]:
                await _begin_anew(connection, anew)
                kept = await _positions(connection, kafka, assigned)
        for partition in moved:
            self._known[partition] = kept[partition]
        # What has come meanwhile is not known yet, and waits for the next look.
        for partition in (moved | self._held) & assigned & kafka.assignment():
            kafka.seek(partition, self._known[partition].followed_up)
            kafka.resume(partition)
            self._held.discard(partition)
            self._untold.add(partition)
        await self._tell(kafka)

    async def _tell(self, kafka: AIOKafkaConsumer) -> None:
        """Commit to Kafka where the partitions that were placed are.

        Who died once a batch was done with may not have come to it, and in a quiet topic the group would seem
        to be behind until the next record.
        """
        untold = self._untold & kafka.assignment() & self._known.keys()
        done = {one: at for one in untold if (at := self._known[one].followed_up) > 0}
        if done:
            await kafka.commit(done)
        self._untold.clear()

    def _agrees(self, partition: Partition, kept: Position) -> bool:
        known = self._known.get(partition)
        return known is not None and known.next == kept.next

    async def steps(self, records: Sequence[ConsumerRecord]) -> list[Step]:
        """Return the way of a batch through its partitions.

        Raises:
            OffsetsMoved: one of them is not placed, or its log has begun anew.
        """
        first: dict[Partition, int] = {}
        last: dict[Partition, int] = {}
        for record in records:
            partition = record.topic, record.partition
            first.setdefault(partition, record.offset)
            last[partition] = record.offset
        if self._held & first.keys() or not first.keys() <= self._known.keys():
            raise OffsetsMoved
        steps = [Step(one, self._known[one], offset + 1) for one, offset in sorted(last.items())]
        anew = [step for step in steps if first[step.partition] < step.position.followed_up]
        if anew:
            async with self._pool.acquire() as connection:
                await _begin_anew(connection, anew)
            raise OffsetsMoved
        return steps

    def advance(self, steps: Iterable[Step]) -> None:
        """Note that a batch is stored and followed up."""
        for step in steps:
            self._known[step.partition] = Position(step.end, max(step.position.next, step.end))


async def _positions(
    connection: Connection, kafka: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> dict[Partition, Position]:
    """Return the positions that are kept, after giving one to those that have none."""
    kept = await offsets.positions(connection, partitions)
    if unread := [one for one in partitions if one not in kept]:
        in_kafka = await offsets.are_in_kafka(connection)
        begun = {one: (await kafka.committed(one) or 0) if in_kafka else 0 for one in unread}
        await offsets.begin(connection, begun)
        kept = await offsets.positions(connection, partitions)
    return kept


async def _begin_anew(connection: Connection, steps: Sequence[Step]) -> None:
    """Set positions to 0 that are still where the steps begin."""
    for step in steps:
        topic, partition = step.partition
        log.warning(
            "the log ends before the offset, all of it is read",
            topic=topic,
            partition=partition,
            offset=step.position.next,
        )
    async with connection.transaction():
        await offsets.advance(connection, steps)
        await offsets.reset(connection, {step.partition: 0 for step in steps})
