"""Kafka's side of events in: one poll, one batch for the intake, one commit of the offsets.

The database says where reading begins, and where it goes on after an error (`positions`); what is committed
to Kafka tells others how far behind the group is. FastStream polls, and no more: its acknowledgements commit
and seek by what Kafka knows. Two things that it does are overridden: its parser would skip a batch whose
headers it cannot read, and it sleeps after an empty poll (`polls`). What aiokafka cannot read is read by
`reading`.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from chassis.crash_points import Point, reach
from chassis.database import UNAVAILABLE
from chassis.delivery.intake import Intake
from chassis.kafka.lag import Lag
from chassis.kafka.polls import Polls
from chassis.kafka.positions import Positions
from chassis.kafka.reading import read_leniently
from chassis.retrying import retry
from chassis.telemetry import where

log = structlog.get_logger()

Record: TypeAlias = ConsumerRecord

BATCH_SIZE = 500
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
FIRST_POLL_MS = 50
REVOKE_WAIT_SECONDS = 30
JOIN_SECONDS = 30  # a group takes some; a broker that is away keeps no service from answering its callers
RETRY_SECONDS = 15  # of a batch in hand, while the database is away; less than a rebalance waits
PAUSE_SECONDS = 1.0  # before FastStream polls again after an error
HEARTBEAT_MS = 1000  # by it a replica hears that another comes or goes; until all have, the group rests


class Consumer(ConsumerRebalanceListener):
    """Brings an intake its records, at most `batch_size` at a time.

    `instance` names this replica across restarts.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        intake: Intake,
        *,
        instance: str | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self.intake = intake
        self.assigned = False
        self._created_at = time.monotonic()
        self._polls = Polls(intake.group, self._go_back_everywhere)
        self._gate = asyncio.Lock()  # held while a batch is processed and committed
        self._in_hand_since: float | None = None
        self._lag = Lag(intake.topics, intake.group)
        self._positions = Positions(intake.pool)
        read_leniently()
        self._subscriber = broker.subscriber(
            *intake.topics,
            group_id=intake.group,
            group_instance_id=instance,
            batch=True,
            max_records=batch_size,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            batch_timeout_ms=FIRST_POLL_MS,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=45000,
            rebalance_timeout_ms=60000,
            heartbeat_interval_ms=HEARTBEAT_MS,
            listener=self,
            parser=self._parse,
            decoder=_as_records,
        )
        self._subscriber(self._handle)

    @property
    def kafka(self) -> AIOKafkaConsumer | None:
        """The underlying consumer, once started."""
        return self._subscriber.consumer

    @property
    def busy_seconds(self) -> float:
        """How long the batch in hand has been worked on; 0 without one."""
        return 0.0 if self._in_hand_since is None else time.monotonic() - self._in_hand_since

    @property
    def joining(self) -> bool:
        """Tell whether the first partitions are still waited for; for a bounded time after the start."""
        return not self.assigned and time.monotonic() - self._created_at < JOIN_SECONDS

    @property
    def healthy(self) -> bool:
        """Tell whether the group has let it in and its polls succeed."""
        return self.assigned and not self._polls.failing

    @property
    def dead_seconds(self) -> float:
        """How long the loop that polls has been broken; 0 while it is well, and while Kafka is away."""
        return self._polls.dead_seconds

    async def measure_lag(self) -> None:
        """Set the lag metrics.

        Raises:
            KafkaError: the group's coordinator is away.
        """
        if self.kafka is not None:
            await self._lag.measure(self.kafka)

    async def _parse(self, records: tuple[Record, ...]) -> KafkaMessage:
        """Wrap the raw records; never raises, for FastStream would skip the batch in silence."""
        return KafkaMessage(
            body=[record.value or b"" for record in records],
            raw_message=records,
            headers={},
            message_id=f"{records[0].topic}-{records[0].partition}-{records[0].offset}",
            consumer=FAKE_CONSUMER,  # for acknowledgements
        )

    async def _handle(self, records: tuple[Record, ...]) -> None:
        async with self._gate:
            self._in_hand_since = time.monotonic()
            try:
                reach(Point.CONSUMER_RECEIVED)
                await self._process(records)
                self._lag.handle(records)
            except Exception as error:
                log.warning("consumer goes back to its offsets", **where(error))
                self._go_back(records)
                await asyncio.sleep(PAUSE_SECONDS)
                raise
            finally:
                self._in_hand_since = None

    async def _process(self, records: Sequence[Record]) -> None:
        steps = await self._positions.steps(records)
        await retry(
            lambda: self.intake.process(records, steps),
            on=UNAVAILABLE,
            log_as="consumer waits",
            seconds=RETRY_SECONDS,
        )
        reach(Point.CONSUMER_FOLLOWED)
        self._positions.advance(steps)
        if self.kafka is not None:
            await self.kafka.commit({TopicPartition(*step.partition): step.end for step in steps})
        reach(Point.CONSUMER_ACKNOWLEDGED)

    def _go_back(self, records: Sequence[Record]) -> None:
        if self.kafka is not None:
            partitions = {TopicPartition(record.topic, record.partition) for record in records}
            self._positions.forget(self.kafka, partitions)

    async def _go_back_everywhere(self) -> None:
        """Read again what a poll had taken from other partitions before it failed: aiokafka drops that."""
        async with self._gate:
            if self.kafka is not None:
                self._positions.forget(self.kafka, self.kafka.assignment())

    async def align(self) -> None:
        """Wait for partitions that are to be placed, or some seconds, and go where the database has them.

        Raises:
            KafkaError: the group's coordinator is away.
        """
        await self._positions.wait()
        async with self._gate:
            if self.kafka is not None:
                await self._positions.align(self.kafka)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the batch in hand be committed before its partitions go to another replica."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REVOKE_WAIT_SECONDS), self._gate:
                pass
        self._lag.revoke(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Note that the group has let this replica in, and hold what has come until it is placed."""
        if self.kafka is not None:
            self._positions.assign(self.kafka, assigned)
        self.assigned = True
        self._lag.assign(assigned)
        if self.kafka is not None:
            self._polls.watch(self.kafka)


async def _as_records(message: KafkaMessage) -> tuple[Record, ...]:
    """Give the handler the records themselves, whatever is in them."""
    assert isinstance(message.raw_message, tuple)
    return message.raw_message
