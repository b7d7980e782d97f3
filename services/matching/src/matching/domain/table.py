"""Things kept as columns: a NumPy array per fact, a row per thing, freed rows used again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self
from uuid import UUID

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FIRST_CAPACITY = 1024
UNKNOWN = -1
ID = "S16"  # the bytes of a UUID: they sort as the UUIDs do


class Columns:
    """Some rows of a table, each attribute an array with an element per row.

    A choice of rows gathers an attribute when it is first asked for, so that a sieve reads no more
    than it needs. `row` says where each row lies in the table.
    """

    id: Array
    version: Array
    used: Array

    def __init__(
        self,
        arrays: Mapping[str, Array],
        rows: Array | slice,
        origin: "tuple[Columns, Array] | None" = None,
    ) -> None:
        self._arrays = arrays
        self._rows = rows
        self._origin = origin  # the columns that these were chosen from, and where they stood there
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
        """Return the rows' places in the table."""
        rows = self._rows
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows

    def take(self, chosen: Array) -> Self:
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
        return [UUID(bytes=one) for one in self.id.view("V16").tolist()]

    def __len__(self) -> int:
        return self._length


class Table:
    """Things by id, each at its latest known version. `record` is the structure that their facts come in."""

    def __init__(self, record: np.dtype[Any]) -> None:
        self.record = record
        self._arrays = self._allocate(FIRST_CAPACITY)
        self._rows = Rows()
        self._free: list[int] = []
        self._top = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, one: UUID) -> bool:
        return int(self._rows.find([one])[0]) != UNKNOWN

    def rows_of(self, ids: Collection[UUID]) -> Array:
        """Return the rows of those that are known."""
        rows = self._rows.find(ids)
        return rows[rows != UNKNOWN]

    def versions(self, ids: Collection[UUID]) -> list[int | None]:
        """Return the versions; None for what is not known, or forgotten."""
        rows = self._rows.find(ids)
        versions = self._arrays["version"][rows].tolist()
        return [
            None if row == UNKNOWN else version for row, version in zip(rows.tolist(), versions, strict=True)
        ]

    def put(self, ids: Sequence[UUID], versions: Array, records: Array) -> Array:
        """Take versions in, except where the same or a later one is known; return the rows that changed.

        Each id comes once.
        """
        rows = self._rows.find(ids)
        known = rows != UNKNOWN
        newer = ~known | (self._arrays["version"][rows] < versions)
        new = np.flatnonzero(~known)
        if len(new):
            rows[new] = self._take_rows(len(new))
            self._rows.add([ids[place] for place in new.tolist()], rows[new])
        taken = np.flatnonzero(newer)
        rows, records = rows[taken], records[taken]
        self._arrays["id"][rows] = np.array([ids[place].bytes for place in taken.tolist()], ID)
        self._arrays["version"][rows] = versions[taken]
        self._arrays["used"][rows] = True
        for name in self.record.names or ():
            self._arrays[name][rows] = records[name]
        self._taken(rows, records)
        return rows

    def remove(self, ids: Collection[UUID]) -> Array:
        """Forget things; return the rows that fell free."""
        rows = self.rows_of(ids)
        self._rows.remove(ids)
        self._arrays["used"][rows] = False
        self._free += rows.tolist()
        self._freed(rows)
        return rows

    def _taken(self, rows: Array, records: Array) -> None:
        """Follow what `put` did."""

    def _freed(self, rows: Array) -> None:
        """Follow what `remove` did."""

    def _allocate(self, capacity: int) -> dict[str, Array]:
        arrays = {"id": np.zeros(capacity, ID), "version": np.zeros(capacity, np.int32)}
        arrays["used"] = np.zeros(capacity, np.bool_)
        for name in self.record.names or ():
            arrays[name] = np.zeros(capacity, self.record[name])
        return arrays

    def _take_rows(self, count: int) -> Array:
        again = [self._free.pop() for _ in range(min(count, len(self._free)))]
        top = self._top + count - len(again)
        capacity = len(self._arrays["used"])
        if top > capacity:
            larger = self._allocate(max(top, 2 * capacity))  # pages that nothing is written to cost nothing
            for name, array in self._arrays.items():
                larger[name][: self._top] = array[: self._top]
            self._arrays = larger
        rows = np.array([*again, *range(self._top, top)], np.int64)
        self._top = top
        return rows


class Rows:
    """The row of each id: two sorted arrays for the many, at 20 bytes each, and a dict for the latest.

    A dict alone would take six times as much.
    """

    def __init__(self) -> None:
        self._ids: Array = np.empty(0, ID)
        self._places: Array = np.empty(0, np.int32)
        self._recent: dict[bytes, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def find(self, ids: Collection[UUID]) -> Array:
        """Return each id's row, UNKNOWN where there is none."""
        keys = [one.bytes for one in ids]
        rows = np.full(len(keys), UNKNOWN, np.int64)
        if len(self._ids) and keys:
            wanted = np.array(keys, ID)
            at = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
            rows = np.where(self._ids[at] == wanted, self._places[at], rows)
        if self._recent:
            for place, key in enumerate(keys):
                rows[place] = self._recent.get(key, rows[place])
        return rows

    def add(self, ids: Sequence[UUID], rows: Array) -> None:
        """Take ids in that are not known."""
        self._recent.update(zip((one.bytes for one in ids), rows.tolist(), strict=True))
        self._count += len(ids)
        if len(self._recent) > max(FIRST_CAPACITY, len(self._ids) // 8):
            self._merge()

    def remove(self, ids: Collection[UUID]) -> None:
        """Forget ids."""
        self._count -= int(np.count_nonzero(self.find(ids) != UNKNOWN))
        for one in ids:
            if self._recent.pop(one.bytes, None) is None and len(self._ids):
                at = min(int(np.searchsorted(self._ids, np.array(one.bytes, ID))), len(self._ids) - 1)
                if self._ids[at] == np.array(one.bytes, ID):
                    self._places[at] = UNKNOWN

    def _merge(self) -> None:
        keys = np.array(list(self._recent), ID)
        places = np.array(list(self._recent.values()), np.int32)
        order = np.argsort(keys)
        kept = self._places != UNKNOWN
        ids, rows = self._ids[kept], self._places[kept]
        at = np.searchsorted(ids, keys[order])
        self._ids = np.insert(ids, at, keys[order])
        self._places = np.insert(rows, at, places[order])
        self._recent = {}
