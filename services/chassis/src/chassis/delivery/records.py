"""The records that come in and go out, as the delivery sees them: without Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from contracts.values import UNSTORABLE, storable_moment

# A name that came in bytes that are no UTF-8 holds them as lone surrogates (PEP 383).
RecordHeaders = Sequence[tuple[str, bytes | None]]

IN_HEX = "\\x"  # how a column begins that holds a header's name as hexadecimal bytes
RECORD_BYTES = 128  # lengths, time and offset of a record, and the head of its batch
HEADER_BYTES = 10  # two lengths
EPOCH = datetime.fromtimestamp(0, UTC)


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

    @property
    def size(self) -> int:
        """How many bytes it is on the wire, at the most and but for its batch's few."""
        contents = len(self.key or b"") + len(self.value or b"")
        return contents + headers_size(self.headers) + RECORD_BYTES


def headers_size(headers: RecordHeaders) -> int:
    """Return how many bytes headers are on the wire, at the most."""
    return sum(
        len(name.encode("utf-8", "surrogateescape")) + len(value or b"") + HEADER_BYTES
        for name, value in headers
    )


def traceparent_of(headers: RecordHeaders) -> str | None:
    """Return the W3C trace context that a record was written in."""
    return next((value.decode("latin-1") for name, value in headers if name == "traceparent" and value), None)


def names_to_columns(headers: RecordHeaders) -> list[str]:
    """Return the headers' names as the database keeps them: it holds no NUL, and nothing but UTF-8."""
    return [_column(name) for name, _ in headers]


@lru_cache(maxsize=1024)  # but for strangers' records all have the same few
def _column(name: str) -> str:
    if UNSTORABLE.search(name) or name.startswith(IN_HEX):
        return IN_HEX + name.encode("utf-8", "surrogateescape").hex()
    return name


def headers_from_columns(names: Sequence[str], values: Sequence[bytes | None]) -> RecordHeaders:
    """Read back what `names_to_columns` wrote, beside the headers' values."""
    return [
        (
            bytes.fromhex(name.removeprefix(IN_HEX)).decode("utf-8", "surrogateescape")
            if name.startswith(IN_HEX)
            else name,
            value,
        )
        for name, value in zip(names, values, strict=True)
    ]


def moment_written(record: ReceivedRecord) -> datetime:
    """Return when a record was written. What its producer wrote that is no moment counts as 1970."""
    try:
        return storable_moment(datetime.fromtimestamp(record.timestamp / 1000, UTC))
    except (OverflowError, ValueError, OSError):
        return EPOCH
