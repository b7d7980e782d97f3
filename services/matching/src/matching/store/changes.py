"""What changed in both halves since a replica last looked, in one statement: a catch-up begins every batch,
every reach, every why-not."""

from chassis.database import Connection

from matching.engine.profiles import ENCODING
from matching.store.profiles import ProfilesPage, as_page
from matching.store.replicated import AssignmentsRead, as_read
from matching.store.snapshots import Seen, seen_in


async def changes_since(connection: Connection, since: Seen) -> tuple[Seen, ProfilesPage, AssignmentsRead]:
    """Return the profiles, and the assignments, closed ones too, that were written by transactions which were
    not seen; and first, which the reading of both sees."""
    rows = await connection.fetch(_SINCE, since.xmax, since.xip, ENCODING)
    return (
        seen_in(rows[0]),
        as_page([row for row in rows if row["profile_id"] is not None]),
        as_read([row for row in rows if row["assignment_id"] is not None]),
    )


_SINCE = """
WITH current AS MATERIALIZED (
    SELECT
        pg_postmaster_start_time() || ' ' || (SELECT stats_reset FROM pg_stat_wal) AS server,
        pg_current_snapshot()::text AS snapshot
)
SELECT server, snapshot, changed.*
FROM current
LEFT JOIN (
    SELECT profile_id, NULL::uuid AS assignment_id, version, erased, encoded, probe,
        CASE WHEN encoding = $3 AND encoded_version = version THEN NULL ELSE facts::text END AS facts,
        NULL::boolean AS open, NULL::timestamptz AS known_since
    FROM profiles
    WHERE changed >= $1::text::xid8 OR changed = ANY($2::text[]::xid8[])
    UNION ALL
    SELECT NULL, assignment_id, version, NULL, NULL, NULL, facts::text, open, known_since
    FROM assignments
    WHERE changed >= $1::text::xid8 OR changed = ANY($2::text[]::xid8[])
) AS changed ON true
"""
