"""Deleting what has been kept long enough, a set at a time, each in a transaction of its own.

Of an opdracht everything goes at once, long after it closed: neither topics nor dead letters that could bring
one of its events again reach back as far, save its last state, which is compacted and read by a new database
alone.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.retention import SET, deleted

OPDRACHTEN = 20  # each has up to some hundred matches


async def delete_closed(connection: Connection, before: datetime) -> bool:
    """Delete opdrachten that closed before a moment and whose placements were over by then, with all that
    was said of them; tell whether there may be more."""
    async with connection.transaction():
        rows = await connection.fetch(_CLOSED, before, OPDRACHTEN)
        await _delete_of(connection, [row["assignment_id"] for row in rows])
    return len(rows) == OPDRACHTEN


_CLOSED = """
SELECT assignment_id
FROM assignments a
WHERE NOT open AND closed_at < $1 AND NOT EXISTS (
    SELECT FROM placements p
    WHERE p.assignment_id = a.assignment_id AND coalesce(p.ended_on, p.ends_on) >= $1::date
)
LIMIT $2
FOR UPDATE SKIP LOCKED
"""


OLDEST_CLOSED = """
SELECT min(greatest(closed_at, (
    SELECT max(coalesce(p.ended_on, p.ends_on))::timestamptz
    FROM placements p WHERE p.assignment_id = a.assignment_id
)))
FROM assignments a
WHERE NOT open
"""


async def _delete_of(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    if assignment_ids:
        for statement in _DELETE_OF:
            await connection.execute(statement, list(assignment_ids))


_DELETE_OF = (
    "DELETE FROM notes WHERE assignment_id = ANY($1)",
    "DELETE FROM notices WHERE assignment_id = ANY($1)",
    "DELETE FROM matches WHERE assignment_id = ANY($1)",
    "DELETE FROM checkins USING placements AS p WHERE p.placement_id = checkins.placement_id"
    " AND p.assignment_id = ANY($1)",
    "DELETE FROM placements WHERE assignment_id = ANY($1)",
    "DELETE FROM advice WHERE assignment_id = ANY($1)",
    "DELETE FROM assignment_versions WHERE assignment_id = ANY($1)",
    "DELETE FROM assignments WHERE assignment_id = ANY($1)",
)


async def delete_notices(connection: Connection, before: datetime) -> bool:
    """Delete what mails on no opdracht, or on several, came to before a moment; tell whether there may be
    more."""
    return deleted(await connection.execute(_DELETE_NOTICES, before, SET)) == SET


_DELETE_NOTICES = """
DELETE FROM notices
WHERE notice_id IN (SELECT notice_id FROM notices WHERE assignment_id IS NULL AND at < $1 LIMIT $2)
"""
