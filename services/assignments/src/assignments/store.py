"""Assignments in PostgreSQL.

Rows that this version cannot read stay as they are, and out of pages and of what closes by itself. They are
read strictly: what would be left out of a reading would be lost with the next change.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible, read_row
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason

from assignments.domain.assignment import Assignment, AssignmentState

TABLE = "assignments"


@dataclass(frozen=True)
class RespondByPassed:
    """Assignments whose `respond_by` has passed, and the ids of those that cannot be read."""

    readable: list[Assignment]
    unreadable: list[UUID]


async def save(connection: Connection, assignment: Assignment) -> None:
    """Store an assignment that is new, or whose row the caller has locked."""
    await connection.execute(_SAVE, *_values(assignment))


_SAVE = """
INSERT INTO assignments
    (assignment_id, version, state, closed_reason, facts, created_at, updated_at, respond_by, opened_at,
        probe)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10)
ON CONFLICT (assignment_id) DO UPDATE
SET version = excluded.version, state = excluded.state, closed_reason = excluded.closed_reason,
    facts = excluded.facts, updated_at = excluded.updated_at, respond_by = excluded.respond_by,
    opened_at = excluded.opened_at, probe = excluded.probe
"""


async def take_back(connection: Connection, assignments: Sequence[Assignment]) -> bool:
    """Store assignments, each once, where their version is newer; tell whether one was."""
    ordered = sorted(assignments, key=lambda one: one.assignment_id)
    written = [await connection.fetchval(_TAKE_BACK, *_values(assignment)) for assignment in ordered]
    return any(written)


_TAKE_BACK = """
INSERT INTO assignments AS stored
    (assignment_id, version, state, closed_reason, facts, created_at, updated_at, respond_by, opened_at,
        probe)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10)
ON CONFLICT (assignment_id) DO UPDATE
SET version = excluded.version, state = excluded.state, closed_reason = excluded.closed_reason,
    facts = excluded.facts, updated_at = excluded.updated_at, respond_by = excluded.respond_by,
    opened_at = excluded.opened_at, probe = excluded.probe
WHERE excluded.version > stored.version
RETURNING true
"""


async def get(connection: Connection, assignment_id: UUID) -> Assignment | None:
    """Return an assignment, None where there is none; raises UnreadableRow."""
    row = await connection.fetchrow(_GET, assignment_id)
    return None if row is None else read_row(TABLE, assignment_id, row, _assignment)


_ASSIGNMENTS = """
SELECT assignment_id, version, state, closed_reason, facts::text, created_at, updated_at, opened_at
FROM assignments
"""
_GET = f"""
{_ASSIGNMENTS}
WHERE assignment_id = $1
"""


async def get_for_update(connection: Connection, assignment_id: UUID) -> Assignment | None:
    """Return an assignment as `get` does, and lock its row until the transaction ends."""
    row = await connection.fetchrow(_GET_FOR_UPDATE, assignment_id)
    return None if row is None else read_row(TABLE, assignment_id, row, _assignment)


_GET_FOR_UPDATE = f"""
{_GET}
FOR UPDATE
"""


async def delete_draft(connection: Connection, assignment_id: UUID) -> None:
    """Delete an assignment that never opened, where there is one: nobody knows of it."""
    await connection.execute(_DELETE_DRAFT, assignment_id)


_DELETE_DRAFT = """
DELETE FROM assignments WHERE assignment_id = $1 AND state = 'draft'
"""


async def page(
    connection: Connection, state: AssignmentState | None, after: UUID | None, limit: int
) -> list[Assignment]:
    """Return assignments by id (oldest first), after `after`, of one state or of all; none of the probe."""
    found: list[Assignment] = []
    while len(found) < limit:
        rows = await connection.fetch(_PAGE, state, after, limit - len(found))
        if not rows:
            break
        found += filter(None, map(_if_readable, rows))
        after = rows[-1]["assignment_id"]
    return found


_PAGE = f"""
{_ASSIGNMENTS}
WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR assignment_id > $2) AND NOT probe
ORDER BY assignment_id
LIMIT $3
"""


async def page_for_update(
    connection: Connection, after: UUID | None, limit: int
) -> dict[UUID, Assignment | None]:
    """Return assignments that opened, by id, after `after`; lock their rows until the transaction ends. None
    for one that cannot be read.

    One that closed before it opened was never published; of rows of before `opened_at` nobody knows, and they
    count as published.
    """
    rows = await connection.fetch(_PAGE_FOR_UPDATE, after, limit)
    return {row["assignment_id"]: _if_readable(row) for row in rows}


_PAGE_FOR_UPDATE = f"""
{_ASSIGNMENTS}
WHERE state <> 'draft' AND (state = 'open' OR opened_at IS NOT NULL OR created_at < (
        SELECT applied_at FROM migrations WHERE name = 'assignments/0002_opened_at.sql'
    )) AND ($1::uuid IS NULL OR assignment_id > $1)
ORDER BY assignment_id
LIMIT $2
FOR UPDATE
"""


async def respond_by_passed(
    connection: Connection, moment: datetime, now: datetime, limit: int, without: Collection[UUID]
) -> RespondByPassed:
    """Return open assignments whose `respond_by` had passed at `moment`, of the probe at `now`, the longest
    passed first, and lock their rows; other replicas skip them. `without`: those that are to be left out.
    """
    rows = await connection.fetch(_RESPOND_BY_PASSED, moment, limit, list(without), now)
    found = {row["assignment_id"]: _if_readable(row) for row in rows}
    return RespondByPassed(
        readable=[assignment for assignment in found.values() if assignment is not None],
        unreadable=[assignment_id for assignment_id, assignment in found.items() if assignment is None],
    )


_RESPOND_BY_PASSED = f"""
{_ASSIGNMENTS}
WHERE state = 'open' AND (respond_by <= $1 OR probe AND respond_by <= $4) AND assignment_id <> ALL($3::uuid[])
ORDER BY respond_by
LIMIT $2
FOR UPDATE SKIP LOCKED
"""


async def delete_probes(connection: Connection, before: datetime, limit: int) -> list[UUID]:
    """Delete some of the probe's assignments that closed before a moment; return their ids."""
    return [row["assignment_id"] for row in await connection.fetch(_DELETE_PROBES, before, limit)]


_DELETE_PROBES = """
DELETE FROM assignments
WHERE assignment_id IN (
    SELECT assignment_id FROM assignments
    WHERE probe AND state = 'closed' AND updated_at < $1
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
RETURNING assignment_id
"""
OLDEST_PROBE = """
SELECT min(updated_at) FROM assignments WHERE probe AND state = 'closed'
"""


async def forget(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Delete assignments of the probe that were deleted before."""
    await connection.execute(_FORGET, list(assignment_ids))


_FORGET = """
DELETE FROM assignments WHERE assignment_id = ANY($1) AND probe
"""


def _values(assignment: Assignment) -> tuple[object, ...]:
    return (
        assignment.assignment_id,
        assignment.version,
        assignment.state,
        assignment.closed_reason,
        assignment.facts.model_dump_json(),
        assignment.created_at,
        assignment.updated_at,
        assignment.facts.respond_by,
        assignment.opened_at,
        assignment.facts.probe,
    )


def _if_readable(row: asyncpg.Record) -> Assignment | None:
    return read_if_possible(TABLE, row["assignment_id"], row, _assignment)


def _assignment(row: asyncpg.Record) -> Assignment:
    reason, state = row["closed_reason"], AssignmentState(row["state"])
    opened_at = row["opened_at"]
    if opened_at is None and state is not AssignmentState.DRAFT:
        opened_at = row["created_at"]  # a row of before the column
    return Assignment(
        assignment_id=row["assignment_id"],
        version=row["version"],
        state=state,
        closed_reason=None if reason is None else ClosedReason(reason),
        facts=AssignmentFacts.model_validate_json(row["facts"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        opened_at=opened_at,
    )
