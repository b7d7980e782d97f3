"""What taking an opdracht in asks of the desk's own tables."""

from uuid import UUID

from chassis.database import Connection


async def knows(connection: Connection, assignment_id: UUID, version: int) -> bool:
    """Tell whether an opdracht has come from its topic, at this version or a later one."""
    return bool(await connection.fetchval(_KNOWS, assignment_id, version))


_KNOWS = """
SELECT EXISTS (SELECT FROM assignments WHERE assignment_id = $1 AND version >= $2)
"""


async def live(connection: Connection, assignment_id: UUID) -> int:
    """Return how many people fit an opdracht now."""
    return int(await connection.fetchval(_LIVE, assignment_id))


_LIVE = """
SELECT count(*) FROM matches WHERE assignment_id = $1 AND live
"""
