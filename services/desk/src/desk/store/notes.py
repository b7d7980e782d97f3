"""Notes that recruiters write about people. They stay inside: no professional reads them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection


@dataclass(frozen=True)
class Note:
    """A note on somebody; `assignment_id`: for which opdracht, None: on the person alone."""

    note_id: UUID
    assignment_id: UUID | None
    text: str
    written_by: str
    written_at: datetime


async def write(
    connection: Connection,
    note_id: UUID,
    profile_id: UUID,
    assignment_id: UUID | None,
    text: str,
    written_by: str,
    at: datetime,
) -> None:
    """Write a note; a second time with the same id is once. On who is erased nothing is written."""
    await connection.execute(_WRITE, note_id, profile_id, assignment_id, text, written_by, at)


_WRITE = """
INSERT INTO notes (note_id, profile_id, assignment_id, text, written_by, written_at)
SELECT $1, profile_id, $3, $4, $5, $6 FROM people WHERE profile_id = $2 AND NOT erased FOR SHARE
ON CONFLICT (note_id) DO NOTHING
"""


async def about(connection: Connection, profile_id: UUID, assignment_id: UUID | None = None) -> list[Note]:
    """Return the notes on somebody, the latest first; `assignment_id`: of this opdracht and of the person."""
    rows = await connection.fetch(_ABOUT, profile_id, assignment_id)
    return [Note(*row) for row in rows]


_ABOUT = """
SELECT note_id, assignment_id, text, written_by, written_at
FROM notes
WHERE profile_id = $1 AND ($2::uuid IS NULL OR assignment_id IS NULL OR assignment_id = $2)
ORDER BY written_at DESC, note_id
"""


async def delete(connection: Connection, note_id: UUID, profile_id: UUID, written_by: str) -> None:
    """Delete a note, if it is the writer's own."""
    await connection.execute(_DELETE, note_id, profile_id, written_by)


_DELETE = """
DELETE FROM notes WHERE note_id = $1 AND profile_id = $2 AND written_by = $3
"""
