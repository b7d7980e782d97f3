"""Which transactions a replica has seen: what it has to read is what the others have written.

`changed` is the transaction that wrote a row. What a snapshot does not see is what began after it (its xmax
or later) and what was under way in it (its xip); only rows of these are read again. So a transaction that
somebody leaves open, in whatever database of the cluster, makes nobody read more than what it wrote itself.
"""

from dataclasses import dataclass

from chassis.database import Connection

BATCH_SIZE = 2000


@dataclass(frozen=True)
class Seen:
    """All transactions that a snapshot of one server sees. `server`: when that server was started.

    Transaction ids mean something on one server only, as long as it runs: after a failover, a restore or a
    move to another cluster an id may be given out for a second time.
    """

    server: str
    snapshot: str


async def current(connection: Connection) -> Seen:
    """Return what the caller's transaction sees, which takes one snapshot for all that it reads."""
    row = await connection.fetchrow(_CURRENT)
    assert row is not None
    return Seen(server=row["server"], snapshot=row["snapshot"])


_CURRENT = """
SELECT pg_postmaster_start_time()::text AS server, pg_current_snapshot()::text AS snapshot
"""


async def renew_ids_ahead(connection: Connection) -> int:
    """Write rows whose `changed` lies ahead of this cluster's ids as changed now; return how many there were.

    A dump, or a logical copy of another cluster brings such ids along. Until this cluster's ids have passed
    them no snapshot sees them, and each catch-up would read their rows. A few at a time, locked by id.
    """
    renewed = 0
    for statement in (_RENEW_PROFILES, _RENEW_ASSIGNMENTS):
        while count := int((await connection.execute(statement, BATCH_SIZE)).split()[-1]):
            renewed += count
    return renewed


_RENEW_PROFILES = """
UPDATE profiles
SET changed = pg_current_xact_id()
WHERE profile_id IN (
    SELECT profile_id
    FROM profiles
    WHERE changed >= pg_snapshot_xmax(pg_current_snapshot())
    ORDER BY profile_id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
"""

_RENEW_ASSIGNMENTS = """
UPDATE assignments
SET changed = pg_current_xact_id()
WHERE assignment_id IN (
    SELECT assignment_id
    FROM assignments
    WHERE changed >= pg_snapshot_xmax(pg_current_snapshot())
    ORDER BY assignment_id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
"""
