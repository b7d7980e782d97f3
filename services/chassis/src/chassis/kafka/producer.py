"""An idempotent producer in order: the relay's publisher."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTopicError,
    KafkaError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    OutOfOrderSequenceNumber,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
)
from opentelemetry.trace import SpanKind

from chassis.delivery.records import OutboxRecord, traceparent_of
from chassis.delivery.relay import Sent
from chassis.kafka.broker import connection_arguments
from chassis.kafka.placing import partitions_of
from chassis.settings import KafkaSettings
from chassis.telemetry import LINKED_TRACES, fail, messaging, span

MAX_REQUEST_BYTES = 4 * 1024 * 1024
LARGE_BYTES = 512 * 1024  # well below what any topic of ours takes; so is a batch of smaller records
# What is said of one assignment at once has one key, so one partition, whose batches go one after another.
BATCH_BYTES = 256 * 1024
STOP_SECONDS = 5
METADATA_SECONDS = 1  # to hear where a topic is; a broker that is there says it in some milliseconds

AWAY = (KafkaError, OSError, TimeoutError)
TOPIC_TAKES_NOTHING = (
    InvalidTopicError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
OF_THE_CLIENT = (
    ClusterAuthorizationFailedError,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    OutOfOrderSequenceNumber,
    SaslAuthenticationFailed,
    UnknownProducerId,
)


class Producer:
    """Makes its client anew after an error, for an idempotent one that is stuck stays stuck."""

    def __init__(self, settings: KafkaSettings, service: str) -> None:
        self._arguments = connection_arguments(settings) | {"client_id": service}
        self._client: AIOKafkaProducer | None = None

    async def _started(self) -> AIOKafkaProducer:
        if self._client is None:
            self._client = AIOKafkaProducer(
                **self._arguments,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=BATCH_BYTES,
                max_request_size=MAX_REQUEST_BYTES,
                request_timeout_ms=15000,
            )
            try:
                await self._client.start()
            except BaseException:
                await self.close()
                raise
        return self._client

    async def close(self) -> None:
        """Close the connection; the next send opens a new one."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(STOP_SECONDS):
                    await client.stop()

    async def send_all(self, records: Sequence[OutboxRecord]) -> Sent:
        """Send records in order and wait for all; after an error, send the unconfirmed again, in order."""
        faults = await self._send(records)
        for index in _suspects(records, faults):
            # The broker refuses a batch whole: whether it means this record shows when it is sent alone.
            [faults[index]] = await self._send([records[index]])
        return _sent(records, faults)

    async def _send(self, records: Sequence[OutboxRecord]) -> list[Exception | None]:
        """Send records, each topic's in order; return for each why it is not confirmed, None where it is."""
        try:
            client = await self._started()
        except AWAY as error:
            return [error] * len(records)
        faults: list[Exception | None] = [None] * len(records)
        by_topic: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            by_topic.setdefault(record.topic, []).append(index)

        async def send_topic(topic: str, indexes: list[int]) -> None:
            found = await _send_traced(client, topic, [records[index] for index in indexes])
            for index, fault in zip(indexes, found, strict=True):
                faults[index] = fault

        await asyncio.gather(*(send_topic(topic, indexes) for topic, indexes in by_topic.items()))
        if any(faults):
            await self.close()
        return faults


async def _send_traced(
    client: AIOKafkaProducer, topic: str, records: Sequence[OutboxRecord]
) -> list[Exception | None]:
    """Send one topic's records in a span: it goes on with the traces of its events, which keep their own."""
    known = messaging("send", [topic]) | {"messaging.batch.message_count": len(records)}
    parents = [traceparent_of(record.headers) for record in records[:LINKED_TRACES]]
    with span(f"send {topic}", kind=SpanKind.PRODUCER, parents=parents, **known) as opened:
        faults = await _send_to(client, topic, records)
        if (fault := next(filter(None, faults), None)) is not None:
            fail(opened, fault)
        return faults


async def _send_to(
    client: AIOKafkaProducer, topic: str, records: Sequence[OutboxRecord]
) -> list[Exception | None]:
    """Send one topic's records in order, and none behind one of its key that is known to have failed."""
    try:
        async with asyncio.timeout(METADATA_SECONDS):
            there = len(await client.partitions_for(topic))
    except TimeoutError:
        return [UnknownTopicOrPartitionError()] * len(records)
    except AWAY as error:
        return [error] * len(records)
    outcomes: list[asyncio.Future[Any] | Exception] = []
    failed: dict[bytes, Exception] = {}
    for record in records:
        outcome = failed.get(record.key or b"") or await _begin(client, record, there)
        if isinstance(outcome, asyncio.Future) and record.size > LARGE_BYTES:
            await asyncio.wait([outcome])  # the topic may refuse it: nothing of its key overtakes it
        if record.key and (fault := _fault(outcome)) is not None:
            failed[record.key] = fault
        outcomes.append(outcome)
    if under_way := [outcome for outcome in outcomes if isinstance(outcome, asyncio.Future)]:
        await asyncio.wait(under_way)
    return [_fault(outcome) for outcome in outcomes]


async def _begin(
    client: AIOKafkaProducer, record: OutboxRecord, there: int
) -> asyncio.Future[Any] | Exception:
    """Send a record to its key's partition of `there`, a tombstone to every one that its key ever had."""
    partitions = [None] if record.key is None else partitions_of(record.key, there)
    try:
        sending: list[asyncio.Future[Any]] = [
            await client.send(
                record.topic,
                value=record.value,
                key=record.key,
                partition=partition,
                headers=list(record.headers),
            )
            for partition in (partitions if record.value is None else partitions[-1:])
        ]
    except Exception as error:
        return error
    return sending[0] if len(sending) == 1 else asyncio.gather(*sending)


def _fault(outcome: asyncio.Future[Any] | Exception) -> Exception | None:
    """Return why a record is not confirmed; None where it is, or is still under way."""
    if isinstance(outcome, Exception):
        return outcome
    error = outcome.exception() if outcome.done() else None
    return error if isinstance(error, Exception) else None


class _Blame(Enum):
    """What an error of sending is about."""

    RECORD = auto()
    TOPIC = auto()
    BROKER = auto()


def _blame(error: Exception) -> _Blame:
    if isinstance(error, TOPIC_TAKES_NOTHING):
        return _Blame.TOPIC
    if not isinstance(error, AWAY):
        return _Blame.RECORD  # the client cannot even write it
    if not isinstance(error, BrokerResponseError) or isinstance(error, OF_THE_CLIENT) or error.retriable:
        return _Blame.BROKER
    return _Blame.RECORD


def _suspects(records: Sequence[OutboxRecord], faults: Sequence[Exception | None]) -> list[int]:
    """Return the records that the broker may mean, if there is doubt: the first of each key that failed."""
    first: dict[tuple[str, bytes | int], tuple[int, Exception]] = {}
    for index, (record, fault) in enumerate(zip(records, faults, strict=True)):
        if fault is not None:
            first.setdefault((record.topic, record.key or index), (index, fault))
    if len(records) == 1:
        return []
    return [index for index, fault in first.values() if _blame(fault) is _Blame.RECORD]


def _sent(records: Sequence[OutboxRecord], faults: Sequence[Exception | None]) -> Sent:
    failed: set[tuple[str, bytes | int]] = set()
    confirmed: list[bool] = []
    refused: dict[int, Exception] = {}
    shut: dict[str, Exception] = {}
    error: Exception | None = None
    for index, (record, fault) in enumerate(zip(records, faults, strict=True)):
        place = (record.topic, record.key or index)
        if fault is not None and place not in failed:
            failed.add(place)
            blame = _blame(fault)
            if blame is _Blame.RECORD:
                refused[index] = fault
            elif blame is _Blame.TOPIC:
                shut[record.topic] = fault
            else:
                error = error or fault
        confirmed.append(place not in failed)
    return Sent(confirmed, error, refused, shut)
