"""Assignments in PostgreSQL, each at its latest version."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import AssignmentClosed, AssignmentOpened
from contracts.facts import AssignmentFacts

from matching.domain.match import INTEREST


@dataclass(frozen=True)
class Assignment:
    """An assignment at its latest version. `event_at` is the moment of the event that brought it."""

    assignment_id: UUID
    version: int
    facts: AssignmentFacts
    open: bool
    event_at: datetime


def _assignment(row: asyncpg.Record) -> Assignment:
    return Assignment(
        assignment_id=row["assignment_id"],
        version=row["version"],
        facts=AssignmentFacts.model_validate_json(row["facts"]),
        open=row["open"],
        event_at=row["event_at"],
    )


async def upsert_assignments(connection: Connection, events: Sequence[Event]) -> None:
    """Write assignments whose version is newer than the stored one."""
    if not events:
        return
    rows = []
    for event in latest(events).values():
        assert isinstance(event.data, AssignmentOpened)
        rows.append((event.subject, event.data, event.time))
    await connection.execute(
        _UPSERT,
        [assignment_id for assignment_id, _, _ in rows],
        [data.version for _, data, _ in rows],
        [data.model_dump_json() for _, data, _ in rows],
        [not isinstance(data, AssignmentClosed) for _, data, _ in rows],
        [at for _, _, at in rows],
    )


_UPSERT = """
INSERT INTO assignments AS stored (assignment_id, version, facts, open, event_at)
SELECT assignment_id, version, facts::jsonb, open, event_at
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::timestamptz[])
    AS new (assignment_id, version, facts, open, event_at)
ORDER BY assignment_id
ON CONFLICT (assignment_id) DO UPDATE SET
    version = excluded.version,
    facts = excluded.facts,
    open = excluded.open,
    event_at = excluded.event_at,
    changed = pg_current_xact_id()
WHERE excluded.version > stored.version
"""


async def lock_assignments(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Lock the rows of those assignments that are known, by id, until the transaction ends."""
    if assignment_ids:
        await connection.execute(_LOCK, list(assignment_ids))


_LOCK = """
SELECT FROM assignments WHERE assignment_id = ANY($1) ORDER BY assignment_id FOR UPDATE
"""


async def get_assignments_for_update(
    connection: Connection, assignment_ids: Iterable[UUID]
) -> list[Assignment]:
    """Return those assignments that are known, by id, and lock their rows until the transaction ends."""
    rows = await connection.fetch(_GET_FOR_UPDATE, list(assignment_ids))
    return [_assignment(row) for row in rows]


_GET_FOR_UPDATE = """
SELECT assignment_id, version, facts::text AS facts, open, event_at
FROM assignments
WHERE assignment_id = ANY($1)
ORDER BY assignment_id
FOR UPDATE
"""


async def get_assignment(connection: Connection, assignment_id: UUID) -> Assignment | None:
    """Return an assignment, None where it is not known."""
    row = await connection.fetchrow(_GET, assignment_id)
    return None if row is None else _assignment(row)


_GET = """
SELECT assignment_id, version, facts::text AS facts, open, event_at
FROM assignments
WHERE assignment_id = $1
"""


async def assignments_since(connection: Connection, since: str) -> list[Assignment]:
    """Return the assignments written by transaction `since` or a later one."""
    rows = await connection.fetch(_SINCE, since)
    return [_assignment(row) for row in rows]


_SINCE = """
SELECT assignment_id, version, facts::text AS facts, open, event_at
FROM assignments
WHERE changed >= $1::text::xid8
"""


async def touch_assignments(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Let every replica's next catch-up read these assignments again: a seat may have been freed."""
    if assignment_ids:
        await connection.execute(_TOUCH, list(assignment_ids))


_TOUCH = """
UPDATE assignments SET changed = pg_current_xact_id() WHERE assignment_id = ANY($1)
"""


@dataclass(frozen=True)
class ReconciliationRequest:
    """An assignment that is to be reconciled, and the transaction that asked for it last."""

    assignment_id: UUID
    transaction: str


async def request_reconciliation(connection: Connection, assignment_id: UUID) -> None:
    """Ask for a reconciliation once this transaction is committed, and touch the assignment."""
    await connection.execute(_REQUEST, assignment_id)


_REQUEST = """
UPDATE assignments
SET changed = pg_current_xact_id(), reconciliation_requested = pg_current_xact_id()
WHERE assignment_id = $1
"""


async def requests(connection: Connection, limit: int) -> list[ReconciliationRequest]:
    """Return the requests that wait, the oldest first."""
    rows = await connection.fetch(_REQUESTS, limit)
    return [
        ReconciliationRequest(assignment_id=row["assignment_id"], transaction=row["transaction"])
        for row in rows
    ]


_REQUESTS = """
SELECT assignment_id, reconciliation_requested::text AS transaction
FROM assignments
WHERE reconciliation_requested IS NOT NULL
ORDER BY reconciliation_requested
LIMIT $1
"""


async def fulfil(connection: Connection, request: ReconciliationRequest) -> None:
    """Take a request back, unless another transaction has asked since."""
    await connection.execute(_FULFIL, request.assignment_id, request.transaction)


_FULFIL = """
UPDATE assignments
SET reconciliation_requested = NULL
WHERE assignment_id = $1 AND reconciliation_requested = $2::text::xid8
"""


async def claim_warning(
    connection: Connection, now: datetime, before: timedelta, last_part: float
) -> Assignment | None:
    """Return an open assignment that it is time to warn of, for nobody is interested, and mark it.

    It is time `before` its `respond_by`, or in the `last_part` (a share) of the time since it is known,
    whichever is later. None where no assignment is left to warn of, or where other transactions have locked
    those that are.
    """
    row = await connection.fetchrow(_CLAIM_WARNING, now, before, last_part, list(INTEREST))
    return None if row is None else _assignment(row)


_CLAIM_WARNING = """
UPDATE assignments
SET warned_for = (facts->>'respond_by')::timestamptz
WHERE assignment_id = (
    SELECT assignment_id
    FROM assignments AS a, LATERAL (SELECT (facts->>'respond_by')::timestamptz AS at) AS respond_by
    WHERE open
        AND at > $1
        AND warned_for IS DISTINCT FROM at
        AND $1 >= at - least($2::interval, (at - known_since) * $3::float8)
        AND NOT EXISTS (
            SELECT FROM matches AS m
            WHERE m.assignment_id = a.assignment_id
                AND live
                AND (answer = ANY($4::text[]) OR decision = ANY($4::text[]))
        )
    LIMIT 1
    FOR UPDATE OF a SKIP LOCKED
)
RETURNING assignment_id, version, facts::text AS facts, open, event_at
"""
