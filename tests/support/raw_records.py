"""Records as no client of ours would write them: any bytes, any codec, any time; straight to a partition."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from contracts.envelope import Event, encode

from support.stacks import Stack


class Codec(IntEnum):
    """How a batch is compressed, as its attributes say it."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


@dataclass(frozen=True)
class RawRecord:
    """A record in bytes. `timestamp`: ms since 1970; None: now."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[bytes, bytes | None]] = field(default_factory=list)
    timestamp: int | None = None


class _Name(str):
    """A header's name in bytes that are perhaps no text."""

    raw: bytes

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.raw


def _name(raw: bytes) -> _Name:
    name = _Name("?")
    name.raw = raw
    return name


def raw(event: Event, *more: tuple[bytes, bytes | None]) -> RawRecord:
    """Return an event's record, with more headers."""
    key, value, headers = encode(event)
    return RawRecord(key, value, [*((name.encode(), text) for name, text in headers), *more])


class RawProducer:
    """Writes batches as they are given."""

    def __init__(self, client: AIOKafkaProducer) -> None:
        self._client = client

    async def send(
        self, topic: str, partition: int, records: Sequence[RawRecord], codec: Codec = Codec.NONE
    ) -> int:
        """Write one batch; return the offset of its first record. Raises KafkaError where it is refused."""
        batch = BatchBuilder(1, codec)
        batch._builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 100_000_000)
        for record in records:
            batch.append(
                timestamp=record.timestamp,
                key=record.key,
                value=record.value,
                headers=[(_name(name), value) for name, value in record.headers],
            )
        sending = await self._client.send_batch(batch, topic, partition=partition)
        offset: int = (await sending).offset
        return offset


@asynccontextmanager
async def raw_producer(stack: Stack) -> AsyncIterator[RawProducer]:
    """Open a producer of raw records."""
    client = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka, acks="all")
    await client.start()
    try:
        yield RawProducer(client)
    finally:
        await client.stop()
