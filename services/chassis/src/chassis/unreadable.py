"""Stored rows that this version of a service cannot read: set apart and counted; everything else goes on.

A newer version that was rolled back leaves such rows: a value of a list that this one does not know, a shape
that it cannot take. The row is right, and waits for a version that can read it; so nothing changes or deletes
it for that reason, and nothing ends for it.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import structlog

from chassis.metrics import UNREADABLE_ROWS
from chassis.telemetry import where

log = structlog.get_logger()

R = TypeVar("R")
T = TypeVar("T")

_unreadable: dict[str, set[Hashable]] = {}


class UnreadableRow(Exception):
    """A row was asked for that this version cannot read. Over HTTP: 503."""


def read_row(table: str, key: Hashable, row: R, read: Callable[[R], T]) -> T:
    """Return what `read`, which does no I/O, makes of a row of `table`; raises UnreadableRow where it fails.

    The row counts in `unreadable_rows{table}` by its `key`, an id, until it is read or forgotten.
    """
    try:
        found = read(row)
    except Exception as error:
        keys = _unreadable.setdefault(table, set())
        if key not in keys:
            log.error("unreadable row", table=table, key=str(key), **where(error))
            keys.add(key)
            UNREADABLE_ROWS.labels(table).set(len(keys))
        raise UnreadableRow from None
    forget(table, [key])
    return found


def read_if_possible(table: str, key: Hashable, row: R, read: Callable[[R], T]) -> T | None:
    """Return what `read` makes of a row, None where it cannot: as `read_row`."""
    try:
        return read_row(table, key, row, read)
    except UnreadableRow:
        return None


def forget(table: str, keys: Iterable[Hashable]) -> None:
    """Count these rows no longer: they are gone, or known to be readable."""
    known = _unreadable.get(table)
    if known:
        known.difference_update(keys)
        UNREADABLE_ROWS.labels(table).set(len(known))
