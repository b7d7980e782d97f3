"""Assignments in PostgreSQL, each change with its event in the outbox."""

from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.delivery import outbox
from contracts.facts import AssignmentFacts
from contracts.topics import ASSIGNMENTS
from contracts.vocabulary import ClosedReason

from assignments.domain.assignment import Assignment, Change, State

SERVICE = "assignments"
COLUMNS = "assignment_id, version, state, closed_reason, facts, created_at, updated_at"


async def save(connection: Connection, change: Change) -> None:
    """Store an assignment, new or with its row held by the caller, and publish the change."""
    assignment, event = change
    await connection.execute(
        f"INSERT INTO assignments ({COLUMNS}, respond_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (assignment_id) DO UPDATE SET version = excluded.version, state = excluded.state,"
        " closed_reason = excluded.closed_reason, facts = excluded.facts,"
        " updated_at = excluded.updated_at, respond_by = excluded.respond_by",
        assignment.assignment_id,
        assignment.version,
        assignment.state,
        assignment.closed_reason,
        assignment.facts.model_dump(mode="json"),
        assignment.created_at,
        assignment.updated_at,
        assignment.facts.respond_by,
    )
    if event is not None:
        record = outbox.event_record(
            ASSIGNMENTS, SERVICE, assignment.assignment_id, event, assignment.updated_at
        )
        await outbox.put(connection, [record])


async def get(connection: Connection, assignment_id: UUID, *, lock: bool = False) -> Assignment | None:
    """Return an assignment; with `lock`, hold its row until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM assignments WHERE assignment_id = $1{' FOR UPDATE' if lock else ''}",
        assignment_id,
    )
    return None if row is None else _assignment(row)


async def page(
    connection: Connection, state: State | None, after: UUID | None, limit: int
) -> list[Assignment]:
    """Return assignments by id (oldest first), after `after`, of one state or of all."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM assignments WHERE ($1::text IS NULL OR state = $1)"
        " AND ($2::uuid IS NULL OR assignment_id > $2) ORDER BY assignment_id LIMIT $3",
        state,
        after,
        limit,
    )
    return [_assignment(row) for row in rows]


async def expired(connection: Connection, now: datetime, limit: int) -> list[Assignment]:
    """Return and hold open assignments whose closing moment has passed; other replicas skip them."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM assignments WHERE state = 'open' AND respond_by <= $1"
        " ORDER BY respond_by LIMIT $2 FOR UPDATE SKIP LOCKED",
        now,
        limit,
    )
    return [_assignment(row) for row in rows]


def _assignment(row: asyncpg.Record) -> Assignment:
    reason = row["closed_reason"]
    return Assignment(
        row["assignment_id"],
        row["version"],
        State(row["state"]),
        None if reason is None else ClosedReason(reason),
        AssignmentFacts.model_validate(row["facts"], strict=False),
        row["created_at"],
        row["updated_at"],
    )
