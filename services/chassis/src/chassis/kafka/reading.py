"""Reading every record that a topic holds, also those that aiokafka cannot read.

A header's name in bytes that are no UTF-8, or a batch that cannot be unpacked, makes aiokafka's poll raise,
for ever, and what the same poll had already taken from other partitions is lost. Here such a batch is read a
second time, and leniently: of a name that is no UTF-8 the bytes are kept (PEP 383), and what cannot be read
at all is a record of its own that says so (`Unreadable`). So the partition moves on, and nothing is skipped
in silence.

A poll counts records, and these may be large: of a partition no more bytes are taken at once than
`FETCHED_BYTES`. The rest is fetched again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from chassis.kafka.unpacking import unpack_within_bounds


@dataclass
class Unreadable(ConsumerRecord[bytes, bytes]):
    """Stands for records that cannot be read, up to its offset; `unreadable` says which and why."""

    unreadable: str = ""


FETCHED_BYTES = 8 * 1024 * 1024


def read_leniently() -> None:
    """Let all consumers of this process read leniently, and within bounds, from now on."""
    unpack_within_bounds()
    fetcher.MemoryRecords = _Fetched
    fetcher.PartitionRecords = _LenientPartition


_Native: Any = fetcher.MemoryRecords
_Partition: Any = fetcher.PartitionRecords


class _Fetched(_Native):
    """What was fetched of a partition, its bytes kept for a second reading."""

    def __init__(self, contents: bytes) -> None:
        super().__init__(contents)
        self.contents = contents


class _LenientPartition(_Partition):
    """Reads as aiokafka does, and where that fails leniently, from the record on that it failed at."""

    _records: Any
    _aborted_transactions: list[Any]
    _aborted_producers: set[int]

    def _unpack_records(self) -> Iterator[Any]:
        taken = 0
        for record in self._unpack_all():
            yield record
            taken += len(record.value or b"")
            if taken > FETCHED_BYTES:
                return

    def _unpack_all(self) -> Iterator[Any]:
        aborted = list(self._aborted_transactions)
        try:
            yield from super()._unpack_records()
        except Exception:
            self._records = _LenientRecords(self._records.contents)
            self._aborted_transactions, self._aborted_producers = aborted, set()
            yield from super()._unpack_records()

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        read = super()._consumer_record(tp, record)
        if isinstance(record, _UnreadableRest):
            return Unreadable(**vars(read), unreadable=record.why)
        return read


class _LenientRecords(_MemoryRecordsPy):
    def next_batch(self, *_: Any) -> "_LenientBatch":
        found = self._next_slice
        self._cache_next()
        return _LenientBatch(found)


@dataclass(frozen=True)
class _UnreadableRest(_DefaultRecordPy):
    """A batch from its first record that cannot be read to its last; `offset` is that of the last."""

    why: str


class _LenientBatch(_DefaultRecordBatchPy):
    _is_intact = True
    _is_at_its_end = False
    _buffer: bytearray

    def validate_crc(self) -> bool:
        self._is_intact = super().validate_crc()
        return True

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Lenient(self._buffer)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self._is_at_its_end:
            raise StopIteration
        try:
            if not self._is_intact:
                raise ValueError("checksum")
            self._maybe_uncompress()
            return super().__next__()
        except StopIteration:
            raise
        except Exception as error:
            self._is_at_its_end = True
            return self._rest(error)

    def _rest(self, error: Exception) -> _UnreadableRest:
        first, last = self.base_offset + self._next_record_index, self.next_offset - 1
        why = f"offsets {first} to {last} cannot be read ({type(error).__name__})"
        return _UnreadableRest(last, self.max_timestamp, self.timestamp_type, None, None, [], why)


class _Lenient(bytearray):
    """Bytes whose parts are decoded leniently: aiokafka decodes headers' names and nothing else."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return part if isinstance(part, int) else _Lenient(part)

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        return super().decode(encoding, "surrogateescape")
