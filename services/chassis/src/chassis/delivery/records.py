"""The records that come in and go out, as the delivery sees them: without Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

RecordHeaders = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class ReceivedRecord:
    """A record as it came from a topic. `timestamp`: when it was written, in ms since 1970.

    aiokafka's `ConsumerRecord` has these attributes too and is taken as one: copying each costs time.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: RecordHeaders
    timestamp: int


@dataclass(frozen=True)
class OutboxRecord:
    """A record to publish. `caused_at` is the moment that its latency is counted from."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: RecordHeaders
    caused_at: datetime | None = None
