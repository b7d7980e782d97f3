"""Assignments, each at its latest version, and what matching advised on them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import AssignmentClosed, AssignmentOpened, InterestLacking, Relaxation
from contracts.facts import AssignmentFacts
from contracts.reading import read
from contracts.vocabulary import Answer, ClosedReason

from notifications.domain.match import Assignment, NoInterestYet

NOT_FACTS = {"assignment_id", "version", "closed_reason", "opened_at"}


async def upsert(
    connection: Connection, assignments: Sequence[AssignmentOpened], happened_at: Mapping[UUID, datetime]
) -> None:
    """Write assignments, each once, where their version is newer, and keep the versions of open ones.

    `happened_at`: of each, when the first event of this batch happened: that is when one opened or closed,
    unless it is known better.
    """
    await connection.execute(
        _UPSERT,
        [assignment.assignment_id for assignment in assignments],
        [assignment.version for assignment in assignments],
        [one.closed_reason if isinstance(one, AssignmentClosed) else None for one in assignments],
        [assignment.model_dump_json(exclude=NOT_FACTS) for assignment in assignments],
        [one.opened_at or happened_at[one.assignment_id] for one in assignments],
        [happened_at[one.assignment_id] for one in assignments],
        [one.respond_by for one in assignments],
    )
    await connection.execute(_KEEP_VERSIONS, [assignment.assignment_id for assignment in assignments])
    closed = [one.assignment_id for one in assignments if isinstance(one, AssignmentClosed)]
    await connection.execute(_FORGET_VERSIONS, closed)


_UPSERT = """
INSERT INTO assignments AS stored
    (assignment_id, version, open, closed_reason, facts, opened_at, closed_at, respond_by)
SELECT assignment_id, version, closed_reason IS NULL, closed_reason, facts::jsonb, opened_at,
    CASE WHEN closed_reason IS NOT NULL THEN happened_at END, respond_by
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
        $7::timestamptz[])
    AS new (assignment_id, version, closed_reason, facts, opened_at, happened_at, respond_by)
ORDER BY assignment_id
ON CONFLICT (assignment_id) DO UPDATE
SET version = excluded.version, open = excluded.open, closed_reason = excluded.closed_reason,
    facts = excluded.facts, respond_by = excluded.respond_by,
    closed_at = coalesce(stored.closed_at, excluded.closed_at)
WHERE excluded.version > stored.version
"""
_KEEP_VERSIONS = """
INSERT INTO assignment_versions (assignment_id, version, facts)
SELECT assignment_id, version, facts FROM assignments WHERE assignment_id = ANY($1) AND open
ON CONFLICT DO NOTHING
"""
_FORGET_VERSIONS = """
DELETE FROM assignment_versions
USING assignments
WHERE assignment_versions.assignment_id = ANY($1) AND NOT assignments.open
    AND assignments.assignment_id = assignment_versions.assignment_id
"""


async def plan_changes(connection: Connection, due: Mapping[UUID, datetime]) -> None:
    """Let changes of what mails told be told at these moments, or at the earlier one that is planned."""
    await connection.execute(_PLAN_CHANGES, list(due), list(due.values()))


_PLAN_CHANGES = """
UPDATE assignments SET changes_due_at = least(changes_due_at, new.due_at)
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (assignment_id, due_at)
WHERE assignments.assignment_id = new.assignment_id
"""


async def versions(
    connection: Connection, wanted: Collection[tuple[UUID, int]]
) -> dict[tuple[UUID, int], AssignmentFacts]:
    """Return the facts of those of these versions (assignment's id, version) that are kept."""
    rows = await connection.fetch(
        _VERSIONS, [assignment_id for assignment_id, _ in wanted], [version for _, version in wanted]
    )
    found = {
        (row["assignment_id"], row["version"]): read_if_possible(
            "assignment_versions", (row["assignment_id"], row["version"]), row, _facts
        )
        for row in rows
    }
    return {key: facts for key, facts in found.items() if facts is not None}


_VERSIONS = """
SELECT assignment_id, version, facts::text
FROM assignment_versions JOIN unnest($1::uuid[], $2::bigint[]) AS wanted (assignment_id, version)
    USING (assignment_id, version)
"""


def _facts(row: asyncpg.Record) -> AssignmentFacts:
    return read(AssignmentFacts, row["facts"]).data


async def by_ids(connection: Connection, assignment_ids: Collection[UUID]) -> dict[UUID, Assignment]:
    """Return those of these assignments that are known, and can be read."""
    rows = await connection.fetch(_BY_IDS, list(assignment_ids))
    found = (read_if_possible("assignments", row["assignment_id"], row, _assignment) for row in rows)
    return {one.assignment_id: one for one in found if one is not None}


_BY_IDS = """
SELECT assignment_id, version, facts::text, closed_reason, opened_at, closed_at
FROM assignments
WHERE assignment_id = ANY($1)
"""


def _assignment(row: asyncpg.Record) -> Assignment:
    return Assignment(
        assignment_id=row["assignment_id"],
        facts=_facts(row),
        closed_reason=row["closed_reason"] and ClosedReason(row["closed_reason"]),
        opened_at=row["opened_at"],
        version=row["version"],
        closed_at=row["closed_at"],
    )


async def save_advice(connection: Connection, advice: Sequence[InterestLacking]) -> set[UUID]:
    """Write what matching advised on each assignment; later advice replaces it. Return on which it is new: a
    matching that was rebuilt may say it a second time for one `respond_by`."""
    rows = await connection.fetch(
        _SAVE_ADVICE,
        [one.assignment_id for one in advice],
        [one.respond_by for one in advice],
        [one.live for one in advice],
        [one.relaxation and one.relaxation.model_dump_json() for one in advice],
    )
    return {row["assignment_id"] for row in rows}


_SAVE_ADVICE = """
INSERT INTO advice AS stored (assignment_id, respond_by, live, relaxation)
SELECT assignment_id, respond_by, live, relaxation::jsonb
FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::text[])
    AS new (assignment_id, respond_by, live, relaxation)
ORDER BY assignment_id
ON CONFLICT (assignment_id) DO UPDATE
SET respond_by = excluded.respond_by, live = excluded.live, relaxation = excluded.relaxation
WHERE stored.respond_by <> excluded.respond_by
RETURNING assignment_id
"""


async def no_interest_yet(
    connection: Connection, assignment_ids: Collection[UUID]
) -> dict[UUID, NoInterestYet]:
    """Return what matching advised last on those of these assignments in which it saw no interest."""
    rows = await connection.fetch(_NO_INTEREST_YET, list(assignment_ids), Answer.INTERESTED)
    found = {
        row["assignment_id"]: read_if_possible("advice", row["assignment_id"], row, _advice) for row in rows
    }
    return {assignment_id: advice for assignment_id, advice in found.items() if advice is not None}


_NO_INTEREST_YET = """
SELECT assignment_id, respond_by, live, relaxation::text,
    NOT EXISTS (
        SELECT FROM matches m WHERE m.assignment_id = advice.assignment_id AND m.live AND m.answer = $2
    ) AS holds
FROM advice
WHERE assignment_id = ANY($1)
"""


def _advice(row: asyncpg.Record) -> NoInterestYet:
    return NoInterestYet(
        respond_by=row["respond_by"],
        live=row["live"],
        relaxation=row["relaxation"] and Relaxation.model_validate_json(row["relaxation"]),
        holds=row["holds"],
    )
