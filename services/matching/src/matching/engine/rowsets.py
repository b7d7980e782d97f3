"""Sets of rows as bits, a bit per row of the whole population: for what is neither few rows nor looked up.

One rule's outcome for a million rows is 125 kB, so that unions and intersections of many never leave the
processor's cache.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from matching.engine.columnar import Array, View

BATCH_SIZE = 1 << 16  # rows at a time: what is made of their columns on the way stays in the cache
WORD = 64  # bits: a set is an array of uint64
ViewT = TypeVar("ViewT", bound=View)


def where(view: ViewT, *holds: Callable[[ViewT], Array]) -> list[Array]:
    """Return, of a view of all rows, the sets of those for which some conditions hold, a set for each.

    `holds`: a Boolean per row, or one for all of them.
    """
    sets = np.zeros((len(holds), -(-len(view) // WORD)), np.uint64)
    octets = sets.view(np.uint8)
    for start in range(0, len(view), BATCH_SIZE):
        part = view.part(start, start + BATCH_SIZE)
        for condition, written in zip(holds, octets[:, start // 8 :], strict=True):
            held = condition(part)
            packed = np.packbits(held if len(held) == len(part) else np.full(len(part), held[0]))
            written[: len(packed)] = packed
    return list(sets)


def size(those: Array) -> int:
    """Return how many rows are in a set."""
    return int(np.bitwise_count(those).sum())


def rows(those: Array) -> Array:
    """Return a set's rows, in ascending order."""
    octets = those.view(np.uint8)
    some = np.flatnonzero(octets != 0)  # most are empty in most sets that are asked for their rows
    bits = np.flatnonzero(np.unpackbits(octets.take(some)).view(np.bool_))
    return (some << 3).take(bits >> 3) + (bits & 7)
