"""Sets of rows as bits, a bit per row of the whole population: for what is neither few rows nor looked up.

One rule's outcome for a million rows is 125 kB, so that unions and intersections of many never leave the
processor's cache.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from matching.engine.columnar import Array, View

BATCH_SIZE = 1 << 15  # rows at a time: what is made of their columns on the way stays in the cache
WORD = 64  # bits: a set is an array of uint64
ViewT = TypeVar("ViewT", bound=View)


def where(view: ViewT, holds: Callable[[ViewT], Array]) -> Array:
    """Return, of a view of all rows, the set of those for which something holds. `holds`: a Boolean per row,
    or one for all."""
    words = np.zeros(-(-len(view) // WORD), np.uint64)
    octets = words.view(np.uint8)
    for start in range(0, len(view), BATCH_SIZE):
        part = view.part(start, start + BATCH_SIZE)
        packed = np.packbits(np.broadcast_to(holds(part), len(part)))
        octets[start // 8 : start // 8 + len(packed)] = packed
    return words


def size(those: Array) -> int:
    """Return how many rows are in a set."""
    return int(np.bitwise_count(those).sum())


def rows(those: Array) -> Array:
    """Return a set's rows, in ascending order."""
    return np.flatnonzero(_mask(those))


def holding(those: Array, some: Array) -> Array:
    """Tell which of some rows are in a set."""
    return _mask(those).take(some)


def _mask(those: Array) -> Array:
    return np.unpackbits(those.view(np.uint8)).view(np.bool_)
