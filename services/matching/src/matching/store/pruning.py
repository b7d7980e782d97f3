"""Deleting closed assignments and their matches once they have been kept long enough.

Replicas forget a closed one a year after it opened, so they need not hear of it. What was decided on a pair
ends with its assignment, which does not open again; one that still has a live match stays, unless it is
placed.
"""

from datetime import datetime

from chassis.database import Connection

SET = 20  # assignments, each with up to some hundred matches
SET_OF_PROBES = 500  # each with one


async def delete_closed(connection: Connection, before: datetime) -> bool:
    """Delete assignments that closed before a moment, with their matches; tell whether there may be more."""
    return await _delete(connection, _CLOSED, before, SET)


async def delete_probes(connection: Connection, before: datetime) -> bool:
    """Delete those of the probe, as `delete_closed` does."""
    return await _delete(connection, _CLOSED_PROBES, before, SET_OF_PROBES)


async def _delete(connection: Connection, query: str, before: datetime, limit: int) -> bool:
    async with connection.transaction():
        rows = await connection.fetch(query, before, limit)
        assignment_ids = [row["assignment_id"] for row in rows]
        await connection.execute(_DELETE_MATCHES, assignment_ids)
        await connection.execute(_DELETE_PLACEMENTS, assignment_ids)
        await connection.execute(_DELETE_ASSIGNMENTS, assignment_ids)
    return len(rows) == limit


# The last event of an assignment is that it closed.
_WHERE_CLOSED = """
SELECT assignment_id
FROM assignments AS a
WHERE NOT open
    AND event_at < $1
    AND reconciliation_requested IS NULL
    AND NOT EXISTS (
        SELECT FROM matches AS m WHERE m.assignment_id = a.assignment_id AND m.live AND NOT m.placed
    )
"""
_FIRST = """
LIMIT $2
FOR UPDATE SKIP LOCKED
"""
_CLOSED = f"{_WHERE_CLOSED}{_FIRST}"
_CLOSED_PROBES = f"""{_WHERE_CLOSED} AND facts @> '{{"probe": true}}'{_FIRST}"""

OLDEST_CLOSED = """
SELECT min(event_at) FROM assignments WHERE NOT open
"""

_DELETE_MATCHES = """
DELETE FROM matches WHERE assignment_id = ANY($1)
"""

_DELETE_PLACEMENTS = """
DELETE FROM placements WHERE assignment_id = ANY($1)
"""

_DELETE_ASSIGNMENTS = """
DELETE FROM assignments WHERE assignment_id = ANY($1)
"""
