"""Which transactions a replica has seen: what it has to read is what the others have written.

`changed` is the transaction that wrote a row. What a snapshot does not see is what began after it (its xmax
or later) and what was under way in it (its xip); only rows of these are read again. So a transaction that
somebody leaves open, in whatever database of the cluster, makes nobody read more than what it wrote itself.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
from chassis.database import Connection

BATCH_SIZE = 5000
BEFORE_ALL_IDS = UUID(int=0)


@dataclass(frozen=True)
class Seen:
    """All transactions that a snapshot of one server sees. `server`: when that server was started, and when
    it last began to count what it writes, which it does anew where one of its processes was killed.

    Transaction ids mean something on one server only, as long as it runs: after a failover, a restore, a move
    to another cluster, or a death that took the end of its log an id may be given out for a second time.
    """

    server: str
    snapshot: str

    @property
    def xmax(self) -> str:
        """Return the first transaction that had not begun."""
        return self.snapshot.split(":")[1]

    @property
    def xip(self) -> list[str]:
        """Return the transactions before it that had not ended."""
        under_way = self.snapshot.split(":")[2]
        return under_way.split(",") if under_way else []


async def current(connection: Connection) -> Seen:
    """Return what the caller's transaction sees, which takes one snapshot for all that it reads."""
    row = await connection.fetchrow(_CURRENT)
    assert row is not None
    return seen_in(row)


def seen_in(row: asyncpg.Record) -> Seen:
    """Return what a row says that has the columns `server` and `snapshot`."""
    return Seen(server=row["server"], snapshot=row["snapshot"])


# An administrator who has it count anew has everything read once more, and no harm done.
_CURRENT = """
SELECT
    pg_postmaster_start_time() || ' ' || (SELECT stats_reset FROM pg_stat_wal) AS server,
    pg_current_snapshot()::text AS snapshot
"""


async def renew_ids_ahead(connection: Connection) -> None:
    """Write rows whose `changed` lies ahead of this cluster's ids as changed now.

    A dump, or a logical copy of another cluster brings such ids along. Until this cluster's ids have passed
    them no snapshot sees them, and each catch-up would read their rows. A few at a time, locked by id.
    """
    for any_ahead, renew in (
        (_ANY_PROFILE_AHEAD, _RENEW_PROFILES),
        (_ANY_ASSIGNMENT_AHEAD, _RENEW_ASSIGNMENTS),
    ):
        if not await connection.fetchval(any_ahead):
            continue
        after = BEFORE_ALL_IDS
        while after is not None:
            after = await connection.fetchval(renew, after, BATCH_SIZE)


_ANY_PROFILE_AHEAD = """
SELECT max(changed) >= pg_snapshot_xmax(pg_current_snapshot()) FROM profiles
"""

_ANY_ASSIGNMENT_AHEAD = """
SELECT max(changed) >= pg_snapshot_xmax(pg_current_snapshot()) FROM assignments
"""

# By id, so that each statement goes on where the one before ended. Returns the last id, null at the end.
_RENEW_PROFILES = """
WITH looked_at AS MATERIALIZED (
    SELECT profile_id, changed >= pg_snapshot_xmax(pg_current_snapshot()) AS ahead
    FROM profiles
    WHERE profile_id > $1
    ORDER BY profile_id
    LIMIT $2
    FOR UPDATE
), renewed AS (
    UPDATE profiles AS stored
    SET changed = pg_current_xact_id()
    FROM looked_at
    WHERE stored.profile_id = looked_at.profile_id AND looked_at.ahead
)
SELECT profile_id FROM looked_at ORDER BY profile_id DESC LIMIT 1
"""

_RENEW_ASSIGNMENTS = """
WITH looked_at AS MATERIALIZED (
    SELECT assignment_id, changed >= pg_snapshot_xmax(pg_current_snapshot()) AS ahead
    FROM assignments
    WHERE assignment_id > $1
    ORDER BY assignment_id
    LIMIT $2
    FOR UPDATE
), renewed AS (
    UPDATE assignments AS stored
    SET changed = pg_current_xact_id()
    FROM looked_at
    WHERE stored.assignment_id = looked_at.assignment_id AND looked_at.ahead
)
SELECT assignment_id FROM looked_at ORDER BY assignment_id DESC LIMIT 1
"""
