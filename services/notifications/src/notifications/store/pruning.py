"""Deleting what has been kept long enough, a set at a time, each in a transaction of its own.

Of an opdracht everything goes at once, long after it closed: its matches, their notices, and with them the
memory of who was told of what. Nobody is mailed again for that: nothing is proposed for a closed opdracht,
and topics and dead letters that could bring one of its events again do not reach back as far. Where something
still waits to be sent, the opdracht stays.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.retention import SET, deleted

OPDRACHTEN = 20  # each has up to some hundred matches
PROBES = 500  # each has one


async def delete_closed(connection: Connection, before: datetime) -> bool:
    """Delete opdrachten that closed before a moment, with all that was said of them; tell whether there may
    be more."""
    return await _delete_closed(connection, _CLOSED, before, OPDRACHTEN)


async def delete_probes(connection: Connection, before: datetime) -> bool:
    """Delete those of the probe, as `delete_closed` does."""
    return await _delete_closed(connection, _CLOSED_PROBES, before, PROBES)


async def _delete_closed(connection: Connection, query: str, before: datetime, limit: int) -> bool:
    async with connection.transaction():
        rows = await connection.fetch(query, before, before.date().isoformat(), limit)
        await _delete_of(connection, [row["assignment_id"] for row in rows])
    return len(rows) == limit


# Of one that closed before that was noted, nothing is known but when its work ended, which is later.
_WHERE_CLOSED = """
SELECT assignment_id
FROM assignments AS a
WHERE NOT open
    AND (closed_at < $1 OR closed_at IS NULL AND facts->>'ends_on' < $2)
    AND NOT EXISTS (
        SELECT FROM notices AS n
        WHERE n.assignment_id = a.assignment_id AND n.state IN ('pending', 'sending')
    )
"""
_FIRST = """
LIMIT $3
FOR UPDATE SKIP LOCKED
"""
_CLOSED = f"{_WHERE_CLOSED}{_FIRST}"
_CLOSED_PROBES = f"""{_WHERE_CLOSED} AND facts @> '{{"probe": true}}'{_FIRST}"""


OLDEST_CLOSED = """
SELECT min(coalesce(closed_at, (facts->>'ends_on')::date))
FROM assignments
WHERE NOT open
"""


async def _delete_of(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    if assignment_ids:
        for statement in _DELETE_OF:
            await connection.execute(statement, list(assignment_ids))


_DELETE_OF = (
    """
    DELETE FROM summary_matches
    USING matches
    WHERE matches.assignment_id = ANY($1) AND summary_matches.match_id = matches.match_id
    """,
    """
    DELETE FROM summary_matches
    USING notices
    WHERE notices.assignment_id = ANY($1) AND summary_matches.notice_id = notices.notice_id
    """,
    """
    DELETE FROM check_ins USING placements
    WHERE placements.assignment_id = ANY($1) AND check_ins.placement_id = placements.placement_id
    """,
    "DELETE FROM notices WHERE assignment_id = ANY($1)",
    "DELETE FROM placements WHERE assignment_id = ANY($1)",
    "DELETE FROM matches WHERE assignment_id = ANY($1)",
    "DELETE FROM advice WHERE assignment_id = ANY($1)",
    "DELETE FROM assignment_versions WHERE assignment_id = ANY($1)",
    "DELETE FROM assignments WHERE assignment_id = ANY($1)",
)


async def delete_gathered(connection: Connection, before: datetime) -> bool:
    """Delete digests and summaries that ended before a moment, and tell of no match that is still kept; tell
    whether there may be more."""
    return deleted(await connection.execute(_DELETE_GATHERED, before, SET)) == SET


_DELETE_GATHERED = """
DELETE FROM notices
WHERE notice_id IN (
    SELECT notice_id
    FROM notices AS n
    WHERE assignment_id IS NULL
        AND settled_at < $1
        AND state NOT IN ('pending', 'sending')
        AND NOT EXISTS (SELECT FROM summary_matches AS s WHERE s.notice_id = n.notice_id)
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
"""


async def delete_of_addresses(connection: Connection, before: datetime) -> bool:
    """Delete what told of changed addresses, and ended before a moment: the former ones with it; tell whether
    there may be more. With it end the links in which one says that it was not them."""
    return deleted(await connection.execute(_DELETE_OF_ADDRESSES, before, SET)) == SET


_DELETE_OF_ADDRESSES = """
DELETE FROM notices
WHERE notice_id IN (
    SELECT notice_id FROM notices
    WHERE kind IN ('moved', 'left') AND settled_at < $1 AND state IN
        ('accepted', 'refused', 'bounced', 'complained', 'suppressed', 'cancelled', 'expired')
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
"""


async def delete_questions(connection: Connection, before: datetime) -> bool:
    """Delete what colleagues asked before a moment; tell whether there may be more."""
    return deleted(await connection.execute(_DELETE_QUESTIONS, before, SET)) == SET


_DELETE_QUESTIONS = """
DELETE FROM questions
WHERE question_id IN (SELECT question_id FROM questions WHERE asked_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
