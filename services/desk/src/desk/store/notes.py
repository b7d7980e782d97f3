"""Notes that recruiters write about people. They stay inside: no professional reads them."""

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection


@dataclass(frozen=True)
class Note:
    """A note on somebody; `assignment_id`: for which opdracht, None: on the person alone; `writer`: the
    subject of whom `written_by` names."""

    note_id: UUID
    assignment_id: UUID | None
    text: str
    written_by: str
    writer: str
    written_at: datetime


async def write(connection: Connection, profile_id: UUID, note: Note) -> bool:
    """Write a note on somebody; tell whether it was written: a second time with the same id is once, and on
    who is erased, or about an opdracht that is not known, nothing is written."""
    return bool(await connection.fetchval(_WRITE, profile_id, *astuple(note)))


_WRITE = """
INSERT INTO notes (profile_id, note_id, assignment_id, text, written_by, writer, written_at)
SELECT profile_id, $2, $3, $4, $5, $6, $7 FROM people
WHERE profile_id = $1 AND NOT erased
    AND ($3::uuid IS NULL OR EXISTS (SELECT FROM assignments WHERE assignment_id = $3))
FOR SHARE OF people
ON CONFLICT (note_id) DO NOTHING
RETURNING true
"""


async def about(connection: Connection, profile_id: UUID, assignment_id: UUID | None = None) -> list[Note]:
    """Return the notes on somebody, the latest first; `assignment_id`: of this opdracht and of the person."""
    rows = await connection.fetch(_ABOUT, profile_id, assignment_id)
    return [Note(*row) for row in rows]


_ABOUT = """
SELECT note_id, assignment_id, text, written_by, writer, written_at
FROM notes
WHERE profile_id = $1 AND ($2::uuid IS NULL OR assignment_id IS NULL OR assignment_id = $2)
ORDER BY written_at DESC, note_id
"""


async def delete(connection: Connection, note_id: UUID, profile_id: UUID, writer: str) -> bool:
    """Delete a note, if it is the writer's own (their subject); tell whether it was."""
    return bool(await connection.fetchval(_DELETE, note_id, profile_id, writer))


_DELETE = """
DELETE FROM notes WHERE note_id = $1 AND profile_id = $2 AND writer = $3 RETURNING true
"""
