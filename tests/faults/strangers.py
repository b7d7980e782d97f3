"""What others put on the topics: records that nobody can read, and earlier records once more."""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from confluent_kafka import Producer
from contracts.topics import PARTITIONS, TOPICS
from support.raw_records import Codec, RawProducer, RawRecord

from faults import topics
from faults.deployment import Platform
from faults.ledger import Hostile, Ledger
from faults.topics import Record

Headers = list[tuple[str, str | bytes | None]]
COMPACTED = {topic.name for topic in TOPICS if topic.retention_days is None}
READ = [topic.name for topic in TOPICS if topic.consumers]
LARGE_BYTES = 1_500_000
LARGER_BYTES = 3_000_000


class Stranger:
    """Writes to the topics, past every proxy."""

    def __init__(self, platform: Platform, ledger: Ledger, rng: random.Random) -> None:
        self._ledger = ledger
        self._rng = rng
        self._platform = platform
        self._producer = Producer(
            {
                "bootstrap.servers": platform.layout.kafka,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # as all other clients have it
                "log_level": 0,
                "message.max.bytes": 2_000_000,
            }
        )

    async def be_hostile(self) -> None:
        """Put a record on a topic that none of its consumers can read."""
        topic = self._rng.choice(READ)
        what, key, value, headers = self._rng.choice(self._hostile(topic))
        self._ledger.hostile.append(Hostile(topic, key, value, what))
        await self._put(topic, key, value, headers)

    def _hostile(self, topic: str) -> list[tuple[str, bytes, bytes | None, Headers]]:
        key = str(UUID(int=self._rng.getrandbits(128))).encode()
        (kind, *_) = next(one.types for one in TOPICS if one.name == topic)
        well: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"hostile-{self._rng.getrandbits(64):x}".encode()),
            ("ce_source", b"/hostile"),
            ("ce_type", kind.encode()),
            ("ce_subject", key),
            ("content-type", b"application/json"),
        ]
        return [
            ("garbage", key, b"\xff\xfe\x00garbage", [("ce_type", b"\xff\xfe"), ("empty", None)]),
            ("no headers", key, b"{}", []),
            ("truncated", key, b'{"version": 1, "profile_id": "', well),
            ("huge", key, b"[" + b"1," * (LARGE_BYTES // 2), well),
            ("another's key", b"not-an-id", b"{}", well),
            ("a moment that is none", key, b"{}", [*well, ("ce_time", b"yesterday")]),
        ]

    async def be_odd(self) -> None:
        """Put a record on a topic as no client of ours would write it, or an earlier one in another codec."""
        topic = self._rng.choice(READ)
        codec = self._rng.choice(list(Codec))
        client = AIOKafkaProducer(bootstrap_servers=self._platform.layout.kafka, acks="all")
        try:
            await client.start()
            if self._rng.random() < 0.5:
                await self._in_another_codec(RawProducer(client), codec)
            else:
                await self._unreadable(RawProducer(client), topic, codec)
        except (KafkaError, OSError):
            return  # Kafka is away itself; what was sent or not, the checker sees on the topic
        finally:
            await client.stop()

    async def _in_another_codec(self, producer: RawProducer, codec: Codec) -> None:
        if not (everything := await self._everything()):
            return
        one = self._rng.choice(everything)
        headers = [(name.encode(), value) for name, value in one.headers]
        self._ledger.repeated[one.topic] += 1
        await producer.send(one.topic, one.partition, [RawRecord(one.key, one.value, headers)], codec)

    async def _unreadable(self, producer: RawProducer, topic: str, codec: Codec) -> None:
        what, key, value, _ = self._rng.choice(self._hostile(topic))
        what, value, headers = self._rng.choice(
            [
                (f"{what}, NUL in a header's name", value, [(b"a\x00b", b"x")]),
                (f"{what}, a header's name that is no UTF-8", value, [(b"\xff\xfe", b"x")]),
                ("larger than a letter may be", b"[" + b"1," * LARGER_BYTES, []),
            ]
        )
        if len(value or b"") > LARGER_BYTES:
            codec = Codec.GZIP  # few bytes on the wire
        self._ledger.hostile.append(Hostile(topic, key, value, what))
        partition = self._rng.randrange(PARTITIONS)
        await producer.send(topic, partition, [RawRecord(key, value, headers)], codec)

    async def repeat(self, records: Sequence[Record]) -> None:
        """Put records on their topics once more, as they were: late copies, in another order."""
        for record in records:
            self._ledger.repeated[record.topic] += 1
            assert record.key is not None
            await self._put(record.topic, record.key, record.value, list(record.headers))

    async def repeat_some(self, count: int = 5) -> None:
        """Repeat a few records out of all that there are."""
        everything = await self._everything()
        await self.repeat(self._rng.sample(everything, min(count, len(everything))))

    async def _everything(self) -> list[Record]:
        """Return what lies on the topics; nothing where Kafka is away itself."""
        try:
            log = await topics.read(self._platform.layout.kafka)
        except (KafkaError, TimeoutError):
            return []
        return [entry.record for name in READ for entry in log.entries[name] if not entry.again]

    async def _put(self, topic: str, key: bytes, value: bytes | None, headers: Headers) -> None:
        self._producer.produce(topic, value=value, key=key, headers=headers)
        await asyncio.to_thread(self._producer.flush, 60)
