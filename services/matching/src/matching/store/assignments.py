"""Assignments in PostgreSQL, each at its latest version."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.delivery.projection import latest
from chassis.unreadable import read_if_possible, read_row
from contracts.envelope import Event
from contracts.events import AssignmentClosed, AssignmentOpened
from contracts.facts import AssignmentFacts
from contracts.reading import read

from matching.domain.match import INTEREST

TABLE = "assignments"
# An advisory lock, any number: whoever writes of assignments that are not known yet.
NEW_ASSIGNMENTS_LOCK = 0x6E6577


@dataclass(frozen=True)
class Assignment:
    """An assignment at its latest version. `event_at` is the moment of the event that brought it.

    `facts`: None once it is closed, for then nothing is judged by them.
    """

    assignment_id: UUID
    version: int
    facts: AssignmentFacts | None
    event_at: datetime

    @property
    def open(self) -> bool:
        """Tell whether the assignment is open."""
        return self.facts is not None


def _assignment(row: asyncpg.Record) -> Assignment:
    return Assignment(
        assignment_id=row["assignment_id"],
        version=row["version"],
        facts=None if row["facts"] is None else facts_of(row["facts"]),
        event_at=row["event_at"],
    )


def _readable(rows: Iterable[asyncpg.Record]) -> list[Assignment]:
    found = (read_if_possible(TABLE, row["assignment_id"], row, _assignment) for row in rows)
    return [assignment for assignment in found if assignment is not None]


@lru_cache(maxsize=1024)
def facts_of(stored: str) -> AssignmentFacts:
    """Return an assignment's facts as they are stored: one object for the same text, which nobody changes.

    The same opdrachten are read for every batch of profiles, and a new one by the replica and under its lock.
    Raises Undecodable and Unfamiliar.
    """
    return read(AssignmentFacts, stored).data


async def upsert_assignments(connection: Connection, events: Sequence[Event]) -> None:
    """Write assignments whose version is newer than the stored one, and lock the rows of all, by id.

    Where one is not known yet, it waits for its turn first, as `lock_assignments` does.
    Each is known since it opened, or since its event where that does not say when it was: a database that is
    filled anew from the topics counts from the same moment.
    """
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
        [data.opened_at or at for _, data, at in rows],
        NEW_ASSIGNMENTS_LOCK,
    )


# No row is written before the turn has come: each is joined with the count of turns. ON CONFLICT locks every
# row that is there, also one that came meanwhile, and where its condition says not to update it.
_UPSERT = """
WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock($7)
    WHERE EXISTS (
        SELECT FROM unnest($1::uuid[]) AS wanted (assignment_id)
        WHERE NOT EXISTS (SELECT FROM assignments AS a WHERE a.assignment_id = wanted.assignment_id)
    )
)
INSERT INTO assignments AS stored (assignment_id, version, facts, open, event_at, known_since)
SELECT assignment_id, version, facts::jsonb, open, event_at, least(since, now())
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::timestamptz[], $6::timestamptz[])
    AS new (assignment_id, version, facts, open, event_at, since)
CROSS JOIN (SELECT count(*) FROM turn) AS turns
ORDER BY assignment_id
ON CONFLICT (assignment_id) DO UPDATE SET
    version = excluded.version,
    facts = excluded.facts,
    open = excluded.open,
    event_at = excluded.event_at,
    known_since = least(stored.known_since, excluded.known_since),
    changed = pg_current_xact_id()
WHERE excluded.version > stored.version
"""


async def lock_assignments(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Lock assignments by id, until the transaction ends.

    A row that is not there cannot be locked. So whoever means to write of one that is not known yet waits for
    all others who do: after that nobody else adds one, and all that were added are there to be locked.
    """
    if not assignment_ids:
        return
    await connection.execute(_LOCK_NEW, list(assignment_ids), NEW_ASSIGNMENTS_LOCK)
    await connection.execute(_LOCK, list(assignment_ids))


_LOCK_NEW = """
SELECT pg_advisory_xact_lock($2)
WHERE EXISTS (
    SELECT FROM unnest($1::uuid[]) AS wanted (assignment_id)
    WHERE NOT EXISTS (SELECT FROM assignments AS a WHERE a.assignment_id = wanted.assignment_id)
)
"""

_LOCK = """
SELECT FROM assignments WHERE assignment_id = ANY($1) ORDER BY assignment_id FOR UPDATE
"""


async def rehearse(connection: Connection) -> None:
    """Have the server prepare, on this connection, how an opdracht is written and locked; to no effect."""
    await connection.execute(_UPSERT, [], [], [], [], [], [], NEW_ASSIGNMENTS_LOCK)
    await get_assignments_for_update(connection, [])


async def get_assignments_for_update(
    connection: Connection, assignment_ids: Iterable[UUID]
) -> list[Assignment]:
    """Return those assignments that are known, by id, and lock their rows until the transaction ends.

    Those that this version cannot read are left out.
    """
    return _readable(await connection.fetch(_GET_FOR_UPDATE, list(assignment_ids)))


_GET_FOR_UPDATE = """
SELECT assignment_id, version, CASE WHEN open THEN facts::text END AS facts, event_at
FROM assignments
WHERE assignment_id = ANY($1)
ORDER BY assignment_id
FOR UPDATE
"""


async def lock_assignment(connection: Connection, assignment_id: UUID) -> bool:
    """Lock a known assignment's row until the transaction ends; tell whether the assignment is open."""
    return bool(await connection.fetchval(_LOCK_ONE, assignment_id))


_LOCK_ONE = """
SELECT open FROM assignments WHERE assignment_id = $1 FOR UPDATE
"""


async def get_assignment(connection: Connection, assignment_id: UUID) -> Assignment | None:
    """Return an assignment, None where it is not known; raises UnreadableRow where it cannot be read."""
    row = await connection.fetchrow(_GET, assignment_id)
    return None if row is None else read_row(TABLE, assignment_id, row, _assignment)


_GET = """
SELECT assignment_id, version, CASE WHEN open THEN facts::text END AS facts, event_at
FROM assignments
WHERE assignment_id = $1
"""


async def get_facts(connection: Connection, assignment_id: UUID) -> AssignmentFacts | None:
    """Return the facts of an assignment, open or closed, None where it is not known; raises UnreadableRow."""
    facts = await connection.fetchval(_GET_FACTS, assignment_id)
    if facts is None:
        return None
    return read_row(TABLE, assignment_id, facts, facts_of)


_GET_FACTS = """
SELECT facts::text FROM assignments WHERE assignment_id = $1
"""


async def is_known(connection: Connection, assignment_id: UUID) -> bool:
    """Tell whether an assignment is known, whether it can be read or not."""
    return bool(await connection.fetchval(_IS_KNOWN, assignment_id))


_IS_KNOWN = """
SELECT EXISTS (SELECT FROM assignments WHERE assignment_id = $1)
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


@dataclass(frozen=True)
class Deadline:
    """Until when people may react to an assignment, by one version of it."""

    assignment_id: UUID
    version: int
    respond_by: datetime


async def claim_warning(
    connection: Connection, deadlines: Sequence[Deadline], now: datetime, before: timedelta, last_part: float
) -> Assignment | None:
    """Return one of these assignments that it is time to warn of, for nobody is interested, and mark it.

    It is time `before` its `respond_by`, or in the `last_part` (a share) of the time since it opened,
    whichever is later. None where no assignment is left to warn of, or where other transactions have locked
    those that are. The moments are the caller's to read: PostgreSQL does not take every text that we do.
    """
    row = await connection.fetchrow(
        _CLAIM_WARNING,
        [deadline.assignment_id for deadline in deadlines],
        [deadline.version for deadline in deadlines],
        [deadline.respond_by for deadline in deadlines],
        now,
        before,
        last_part,
        list(INTEREST),
    )
    return None if row is None else _assignment(row)


_CLAIM_WARNING = """
UPDATE assignments AS marked
SET warned_for = due.respond_by
FROM (
    SELECT a.assignment_id, new.respond_by
    FROM assignments AS a
    JOIN unnest($1::uuid[], $2::int[], $3::timestamptz[]) AS new (assignment_id, version, respond_by)
        USING (assignment_id, version)
    WHERE a.open
        AND a.warned_for IS DISTINCT FROM new.respond_by
        AND $4 >= new.respond_by - least($5::interval, (new.respond_by - a.known_since) * $6::float8)
        AND NOT EXISTS (
            SELECT FROM matches AS m
            WHERE m.assignment_id = a.assignment_id
                AND (placed OR live AND (answer = ANY($7::text[]) OR decision = ANY($7::text[])))
        )
    LIMIT 1
    FOR UPDATE OF a SKIP LOCKED
) AS due
WHERE marked.assignment_id = due.assignment_id
RETURNING marked.assignment_id, marked.version, marked.facts::text AS facts, marked.event_at
"""
