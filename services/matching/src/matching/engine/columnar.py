"""Rows kept as columns: a NumPy array per field, a row per id, freed rows used again."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FIRST_CAPACITY = 1024
UNKNOWN = -1
ID = "S16"  # the bytes of a UUID: they sort as the UUIDs do
NO_KEYS: Array = np.empty(0, ID)
Ids: TypeAlias = Collection[UUID] | Array  # an array is one of IDs


class View:
    """Some rows of a store, each attribute an array with an element per row.

    A selection of rows gathers an attribute when it is first asked for, so that a filter reads no more
    than it needs. `row` says where each row lies in the store.
    """

    id: Array
    version: Array
    used: Array

    def __init__(
        self,
        arrays: Mapping[str, Array],
        rows: Array | slice,
        origin: "tuple[View, Array] | None" = None,
    ) -> None:
        self._arrays = arrays
        self._rows = rows
        self._origin = origin  # the view that these were selected from, and their places there
        self._length = rows.stop - rows.start if isinstance(rows, slice) else len(rows)

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_"):
            raise AttributeError(name)
        rows = self._rows
        if isinstance(rows, slice):
            array = self._arrays[name][rows]
        elif self._origin is not None and name in self._origin[0].__dict__:
            array = self._origin[0].__dict__[name].take(self._origin[1], axis=0)
        else:
            array = self._arrays[name].take(rows, axis=0)
        self.__dict__[name] = array
        return array

    @property
    def row(self) -> Array:
        """Return the rows' places in the store."""
        rows = self._rows
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows

    def select(self, chosen: Array) -> Self:
        """Return the rows of a mask or an index array."""
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        rows = self._rows
        if isinstance(rows, slice):
            return type(self)(self._arrays, places + rows.start)
        return type(self)(self._arrays, rows[places], (self, places))

    def part(self, start: int, stop: int) -> Self:
        """Return the rows from `start` up to `stop`."""
        rows = self._rows
        if isinstance(rows, slice):
            return type(self)(self._arrays, slice(rows.start + start, min(rows.start + stop, rows.stop)))
        return type(self)(self._arrays, rows[start:stop])

    def ids(self) -> list[UUID]:
        """Return the rows' ids."""
        return list(uuids_of(self.id))

    def __len__(self) -> int:
        return self._length


class ColumnStore:
    """Rows by id, each at its latest known version. `record` is the structure that their fields come in."""

    def __init__(self, record: np.dtype[Any]) -> None:
        self.record = record
        self._arrays = self._allocate(FIRST_CAPACITY)
        self._rows = RowIndex()
        self._free: list[int] = []
        self._top = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: UUID) -> bool:
        return int(self._rows.find(keys_of([row_id]))[0]) != UNKNOWN

    def rows_of(self, ids: Ids) -> Array:
        """Return the rows of those ids that are known."""
        rows = self._rows.find(keys_of(ids))
        return rows[rows != UNKNOWN]

    def versions(self, ids: Collection[UUID]) -> list[int | None]:
        """Return the version of each id; None where it is not known, or removed."""
        rows = self._rows.find(keys_of(ids))
        versions = self._arrays["version"][rows].tolist()
        return [
            None if row == UNKNOWN else version for row, version in zip(rows.tolist(), versions, strict=True)
        ]

    def upsert(self, ids: Ids, versions: Array, records: Array) -> Array:
        """Write records, except where the same or a later version is known; return the rows that changed.

        Each id comes once.
        """
        keys = keys_of(ids)
        rows = self._rows.find(keys)
        known = rows != UNKNOWN
        newer = ~known | (self._arrays["version"][rows] < versions)
        new = np.flatnonzero(~known)
        if len(new):
            rows[new] = self._claim_rows(len(new))
            self._rows.add(keys[new], rows[new])
        written = np.flatnonzero(newer)
        again, rows, records = rows[newer & known], rows[written], records.take(written)
        self._write(rows, keys[written], versions[written], records)
        self._after_upsert(rows, records, again)
        return rows

    def append(self, ids: Ids, versions: Array, records: Array) -> Array:
        """Write records of ids none of which is known; return their rows. Nothing was removed before.

        Nobody finds them by their ids until `index` was called, once for all that were appended.
        """
        rows = self._claim_rows(len(ids))
        self._write(slice(self._top - len(rows), self._top), keys_of(ids), versions, records)
        self._after_upsert(rows, records, rows[:0])
        return rows

    def index(self) -> None:
        """Have all rows found, after `append`."""
        self._rows = RowIndex(self._arrays["id"][: self._top])

    def _write(self, rows: Array | slice, keys: Array, versions: Array, records: Array) -> None:
        self._arrays["id"][rows] = keys
        self._arrays["version"][rows] = versions
        self._arrays["used"][rows] = True
        for name in self.record.names or ():
            self._arrays[name][rows] = records[name]

    def remove(self, ids: Ids) -> Array:
        """Remove ids; return the rows that were freed."""
        if len(ids) == 0:
            return np.empty(0, np.int64)
        keys = keys_of(ids)
        rows = self._rows.find(keys)
        known = rows != UNKNOWN
        keys, rows = keys[known], rows[known]
        self._rows.remove(keys)
        self._arrays["used"][rows] = False
        self._free += rows.tolist()
        self._after_remove(rows)
        return rows

    def _after_upsert(self, rows: Array, records: Array, again: Array) -> None:
        """Follow what `upsert` did. `again`: those of the rows that were written before."""

    def _after_remove(self, rows: Array) -> None:
        """Follow what `remove` did."""

    def _allocate(self, capacity: int) -> dict[str, Array]:
        arrays = {"id": np.zeros(capacity, ID), "version": np.zeros(capacity, np.int32)}
        arrays["used"] = np.zeros(capacity, np.bool_)
        for name in self.record.names or ():
            arrays[name] = np.zeros(capacity, self.record[name])
        return arrays

    def reserve(self, capacity: int) -> None:
        """Move to arrays that have room for so many rows: memory that nothing is written to costs nothing."""
        larger = self._allocate(capacity)
        for name, array in self._arrays.items():
            larger[name][: self._top] = array[: self._top]
        self._arrays = larger

    def _claim_rows(self, count: int) -> Array:
        again = [self._free.pop() for _ in range(min(count, len(self._free)))]
        top = self._top + count - len(again)
        capacity = len(self._arrays["used"])
        if top > capacity:
            self.reserve(max(top, 2 * capacity))
        rows = np.concatenate([np.array(again, np.int64), np.arange(self._top, top)])
        self._top = top
        return rows


def keys_of(ids: Ids) -> Array:
    """Return ids as an array of IDs."""
    return ids if isinstance(ids, np.ndarray) else np.array([row_id.bytes for row_id in ids], ID)


def uuids_of(keys: Array) -> Iterator[UUID]:
    """Iterate over an array of IDs."""
    return (UUID(bytes=value) for value in keys.view("V16").tolist())


class RowIndex:
    """The row of each key: two sorted arrays for the many, at 20 bytes each, and a dict for the latest.

    A dict alone would take six times as much. Keys are arrays of IDs, each of which comes once.
    """

    def __init__(self, keys: Array = NO_KEYS) -> None:
        """Begin with keys that are the first, second, third... row's."""
        order = np.argsort(keys)
        self._ids = keys[order]
        self._places = order.astype(np.int32)
        self._recent: dict[bytes, int] = {}
        self._count = len(keys)

    def __len__(self) -> int:
        return self._count

    def find(self, keys: Array) -> Array:
        """Return each key's row, UNKNOWN where there is none."""
        rows = np.full(len(keys), UNKNOWN, np.int64)
        if len(self._ids) and len(keys):
            at = np.minimum(np.searchsorted(self._ids, keys), len(self._ids) - 1)
            rows = np.where(self._ids[at] == keys, self._places[at], rows)
        if self._recent:
            rows = np.array(list(map(self._recent.get, keys.tolist(), rows.tolist())), np.int64)
        return rows

    def add(self, keys: Array, rows: Array) -> None:
        """Add keys that are not known, with their rows."""
        self._count += len(keys)
        if len(self._recent) + len(keys) > max(FIRST_CAPACITY, len(self._ids) // 8):
            self._merge(keys, rows)
        else:
            self._recent.update(zip(keys.tolist(), rows.tolist(), strict=True))

    def remove(self, keys: Array) -> None:
        """Remove keys."""
        self._count -= int(np.count_nonzero(self.find(keys) != UNKNOWN))
        for key in keys:
            if self._recent.pop(bytes(key), None) is None and len(self._ids):
                at = min(int(np.searchsorted(self._ids, key)), len(self._ids) - 1)
                if self._ids[at] == key:
                    self._places[at] = UNKNOWN

    def _merge(self, keys: Array, rows: Array) -> None:
        """Move all that is recent, and these, to the many."""
        keys = np.concatenate([np.array(list(self._recent), ID), keys])
        rows = np.concatenate([np.array(list(self._recent.values()), np.int32), rows])
        order = np.argsort(keys)
        kept = self._places != UNKNOWN
        ids, places = self._ids[kept], self._places[kept]
        at = np.searchsorted(ids, keys[order])
        self._ids = np.insert(ids, at, keys[order])
        self._places = np.insert(places, at, rows[order])
        self._recent = {}
