"""The id below which an outbox is empty for good, so that nobody looks there again.

What is deleted is still in the table and in its indexes for as long as any snapshot is held that may see it:
by a backup, or a session that somebody forgot. A query that begins at the lowest id goes past all of it, each
time.

The greatest id that was sent is no such bound. Ids are handed out before the commit: a record with a lower
one may be committed later, and would never be sent. What is safe to say:

- Ids are handed out in order (the identity caches none). So once an id S is the last one handed out, every
  transaction with one up to S has it already, and with it, until it ends, the lock on the table that every
  INSERT takes before it asks for an id. Whoever holds such a lock is read after S.
- When all of them have ended, each record with an id up to S is either committed or will never be.
- The lowest id that is read afterwards is the lowest that is left. Below it, up to S, is nothing, and nothing
  comes.

The first two are about the records of all shards, the last about those of some: the bound is for these.
Whoever looks after another shard begins at zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Session

EVERY = 1000  # deleted records the bound is raised: a query goes past so many in a millisecond


@dataclass(frozen=True)
class _Mark:
    """The last id handed out at some moment, and the transactions that may have one up to it."""

    last_id: int
    writers: frozenset[str]


class Floor:
    """The bound for some shards; `id`: every record of them, and every one to come, is above it."""

    def __init__(self) -> None:
        self.id = 0
        self._deleted = 0
        self._mark: _Mark | None = None

    def deleted(self, count: int) -> None:
        """Count records that were deleted."""
        self._deleted += count

    async def rise(self, session: Session, shards: Sequence[int]) -> None:
        """Raise the bound as far as is safe, where enough was deleted for that to matter.

        The shards are the same each time.
        """
        if self._deleted < EVERY:
            return
        self._deleted = 0
        last_id = await session.fetchval(_LAST_ID)
        writers = frozenset(row["writer"] for row in await session.fetch(_WRITERS))
        if self._mark is not None:
            if self._mark.writers & writers:
                return
            first_id = await session.fetchval(_FIRST_ID, shards, self.id)
            self.id = self._mark.last_id if first_id is None else min(self._mark.last_id, first_id - 1)
        self._mark = _Mark(last_id, writers)


_LAST_ID = """
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0)
"""

# A transaction is known by its virtual id, which no other transaction gets.
_WRITERS = """
SELECT virtualtransaction AS writer
FROM pg_locks
WHERE relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_FIRST_ID = """
SELECT min(id)
FROM outbox
WHERE shard = ANY($1) AND id > $2
"""
