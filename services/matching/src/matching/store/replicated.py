"""Assignments as the replicas read them, open and closed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.facts import AssignmentFacts

from matching.store.assignments import TABLE, facts_of


@dataclass(frozen=True)
class Replicated:
    """An assignment at its latest version. `opened_at`: when it opened first, as far as that is known."""

    assignment_id: UUID
    version: int
    open: bool
    facts: AssignmentFacts
    opened_at: datetime


@dataclass(frozen=True)
class AssignmentsRead:
    """Some assignments, and the ids of some that this version cannot read."""

    readable: list[Replicated]
    unreadable: list[UUID]


async def open_assignments(connection: Connection) -> AssignmentsRead:
    """Return all assignments that are open."""
    return as_read(await connection.fetch(_OPEN))


_OPEN = """
SELECT assignment_id, version, open, facts::text AS facts, known_since
FROM assignments
WHERE open
"""


async def closed_assignments(
    connection: Connection, opened_since: datetime, after: UUID, limit: int
) -> AssignmentsRead:
    """Return the first `limit` closed assignments after an id, by id, of those that opened since a moment."""
    return as_read(await connection.fetch(_CLOSED, opened_since, after, limit))


_CLOSED = """
SELECT assignment_id, version, open, facts::text AS facts, known_since
FROM assignments
WHERE NOT open AND known_since >= $1 AND assignment_id > $2
ORDER BY assignment_id
LIMIT $3
"""


def as_read(rows: Sequence[asyncpg.Record]) -> AssignmentsRead:
    """Return assignments as they were read."""
    found = [(row["assignment_id"], _readable(row)) for row in rows]
    return AssignmentsRead(
        readable=[assignment for _, assignment in found if assignment is not None],
        unreadable=[assignment_id for assignment_id, assignment in found if assignment is None],
    )


def _readable(row: asyncpg.Record) -> Replicated | None:
    return read_if_possible(TABLE, row["assignment_id"], row, _replicated)


def _replicated(row: asyncpg.Record) -> Replicated:
    return Replicated(
        assignment_id=row["assignment_id"],
        version=row["version"],
        open=row["open"],
        facts=facts_of(row["facts"]),
        opened_at=row["known_since"],
    )
