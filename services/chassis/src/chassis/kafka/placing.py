"""Which partition a key's records go to: over how many partitions they are spread is in the topics table.

Kafka's clients spread keys over the partitions that are there. So where somebody adds partitions, a key's
next records go to another one than those before: its tombstone then erases nothing, for compaction looks at
one partition alone, and a reader may meet the records in either order. Here keys stay where they are until
the table says otherwise (`SPREADS`), and partitions beyond its number stay empty.

Where the table's number grows, keys do move. A tombstone goes to every partition that its key ever had, the
older first. For the rest, the pause in docs/how-to/grow-the-topics.md lets everything be read before anything
is written elsewhere; and who later reads all from the beginning takes only newer versions, and remembers
whom a tombstone erased.
"""

from functools import lru_cache

from aiokafka.partitioner import murmur2
from contracts.topics import SPREADS


def partitions_of(key: bytes, there: int) -> list[int]:
    """Return the partitions of a key in a topic that has `there` partitions: where its records go is last."""
    spreads = [spread for spread in SPREADS if spread <= there] or [there]
    homes = (_kafkas_hash(key) % spread for spread in spreads)
    return list(dict.fromkeys(reversed(list(homes))))[::-1]


@lru_cache(maxsize=4096)  # what is said of one key at once is many records
def _kafkas_hash(key: bytes) -> int:
    """Return the positive part of murmur2, which aiokafka computes in Python."""
    return int(murmur2(key)) & 0x7FFFFFFF
