"""What taking an opdracht in asks of the desk's own tables."""

from uuid import UUID

from chassis.database import Connection


async def knows(connection: Connection, assignment_id: UUID, version: int) -> bool:
    """Tell whether an opdracht has come from its topic, at this version or a later one."""
    return bool(await connection.fetchval(_KNOWS, assignment_id, version))


_KNOWS = """
SELECT EXISTS (SELECT FROM assignments WHERE assignment_id = $1 AND version >= $2)
"""


async def mailed(connection: Connection, assignment_id: UUID) -> int:
    """Return how many people who fit an opdracht were mailed about it."""
    return int(await connection.fetchval(_MAILED, assignment_id))


_MAILED = """
SELECT count(*)
FROM matches m
WHERE m.assignment_id = $1 AND m.live AND EXISTS (
    SELECT FROM notices n
    WHERE n.match_id = m.match_id AND n.kind IN ('match', 'later', 'digest') AND n.outcome = 'accepted'
)
"""


async def live(connection: Connection, assignment_id: UUID) -> int:
    """Return how many people fit an opdracht now."""
    return int(await connection.fetchval(_LIVE, assignment_id))


_LIVE = """
SELECT count(*) FROM matches WHERE assignment_id = $1 AND live
"""
