"""The id below which an outbox is empty for good, so that nobody looks there again.

What is deleted is still in the table and in its indexes for as long as any snapshot is held that may see it:
by a backup, or a session that somebody forgot. A query that begins at the lowest id goes past all of it, each
time.

The greatest id that was sent is no such bound. Ids are handed out before the commit: a record with a lower
one may be committed later, and would never be sent. What is safe to say:

1. Ids are handed out in order (the identity caches none). So once an id S is the last one handed out, every
transaction with one up to S has its own already, and with it, until it ends, the lock on the table that
every INSERT takes before it asks for an id. Whoever holds such a lock is read after S. 2. When all of them
have ended, each record with an id up to S is either committed or will never be. 3. A batch that is read
afterwards shows all that are left of them. Below its first record, up to S, is nothing, and    nothing comes.

The argument is about the records of all shards; that a batch holds those of some shards only makes the bound
one for these. Whoever looks after another shard begins at zero.
"""

from dataclasses import dataclass

from chassis.database import Session

EVERY = 1000  # deleted records the bound is raised: past so many one goes in a millisecond


@dataclass(frozen=True)
class _Mark:
    """The last id handed out at some moment, and the transactions that may have one up to it."""

    last_id: int
    writers: frozenset[str]


class Floor:
    """The bound for the shards of one session; `id`: every record of them, and every one to come, is
    above."""

    def __init__(self) -> None:
        self.id = 0
        self._deleted = 0
        self._mark: _Mark | None = None
        self._decided = 0  # the greatest id up to which all records are committed, or will never be

    def deleted(self, count: int) -> None:
        """Count records that were deleted."""
        self._deleted += count

    def has_read(self, first_id: int | None) -> None:
        """Raise the bound: a batch was read after the last `look`, and this is its first id; None: it is
        empty."""
        self.id = max(self.id, self._decided if first_id is None else min(self._decided, first_id - 1))

    async def look(self, session: Session) -> None:
        """Find out up to which id all records are decided, where enough were deleted for that to matter."""
        if self._deleted < EVERY:
            return
        self._deleted = 0
        last_id = await session.fetchval(_LAST_ID)
        writers = frozenset(row["writer"] for row in await session.fetch(_WRITERS))
        if self._mark is None or not self._mark.writers & writers:
            self._decided = self._mark.last_id if self._mark else 0
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
