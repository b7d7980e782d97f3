"""Drafts in PostgreSQL: incomplete ones in a table of their own, whole ones among the assignments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from pydantic_core import from_json, to_json

from assignments.domain.draft import Draft

SET = 500


async def save(connection: Connection, draft: Draft) -> None:
    """Store an incomplete draft that is new, or whose lock the caller holds."""
    await connection.execute(
        _SAVE,
        draft.draft_id,
        draft.version,
        to_json(draft.fields).decode(),
        draft.created_at,
        draft.updated_at,
    )


_SAVE = """
INSERT INTO drafts (draft_id, version, fields, created_at, updated_at)
VALUES ($1, $2, $3::text::jsonb, $4, $5)
ON CONFLICT (draft_id) DO UPDATE
SET version = excluded.version, fields = excluded.fields, updated_at = excluded.updated_at
"""


async def lock(connection: Connection, draft_id: UUID) -> None:
    """Wait for a draft's advisory lock, which is held until the transaction ends."""
    await connection.execute(_LOCK, str(draft_id))


_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('draft ' || $1, 0))
"""


async def get(connection: Connection, draft_id: UUID) -> Draft | None:
    """Return a draft, incomplete or whole; None where there is none."""
    row = await connection.fetchrow(_GET, draft_id)
    return None if row is None else _draft(row)


# `open` came with the facts of a whole one, and is none of them.
_GET = """
SELECT draft_id, version, fields::text, created_at, updated_at FROM drafts WHERE draft_id = $1
UNION ALL
SELECT assignment_id, version, (facts - 'open')::text, created_at, updated_at
FROM assignments
WHERE assignment_id = $1 AND state = 'draft'
"""


async def page(connection: Connection, after: UUID | None, limit: int) -> Sequence[Draft]:
    """Return drafts by id (oldest first), after `after`: incomplete ones and whole ones."""
    return [_draft(row) for row in await connection.fetch(_PAGE, after, limit)]


_PAGE = """
SELECT draft_id, version, fields::text, created_at, updated_at
FROM (
    SELECT draft_id, version, fields, created_at, updated_at FROM drafts
    UNION ALL
    SELECT assignment_id, version, facts - 'open', created_at, updated_at
    FROM assignments
    WHERE state = 'draft'
) AS every (draft_id, version, fields, created_at, updated_at)
WHERE $1::uuid IS NULL OR draft_id > $1
ORDER BY draft_id
LIMIT $2
"""


async def delete(connection: Connection, draft_ids: Collection[UUID]) -> None:
    """Delete incomplete drafts, where there are such."""
    await connection.execute(_DELETE, list(draft_ids))


_DELETE = """
DELETE FROM drafts WHERE draft_id = ANY($1::uuid[])
"""


async def delete_untouched(connection: Connection, before: datetime) -> bool:
    """Delete drafts, incomplete and whole ones, that nobody changed since a moment; tell whether there may be
    more. What somebody is changing or opening now stays."""
    untouched = await connection.fetch(_UNTOUCHED, before, SET)
    statuses = [
        await connection.execute(_DELETE_UNTOUCHED, [row["draft_id"] for row in untouched], before),
        await connection.execute(_DELETE_WHOLE, before, SET),
    ]
    return len(untouched) == SET or statuses[1] == f"DELETE {SET}"


# Whoever changes an incomplete draft holds its advisory lock, and has not written yet (`lock`).
_UNTOUCHED = """
SELECT draft_id
FROM (
    SELECT draft_id FROM drafts WHERE updated_at < $1 ORDER BY updated_at LIMIT $2
) AS oldest
WHERE pg_try_advisory_xact_lock(hashtextextended('draft ' || draft_id::text, 0))
"""
_DELETE_UNTOUCHED = """
DELETE FROM drafts WHERE draft_id = ANY($1::uuid[]) AND updated_at < $2
"""
_DELETE_WHOLE = """
DELETE FROM assignments
WHERE assignment_id IN (
    SELECT assignment_id FROM assignments WHERE state = 'draft' AND updated_at < $1
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
"""

OLDEST_DRAFT = """
SELECT min(updated_at)
FROM (
    SELECT updated_at FROM drafts UNION ALL SELECT updated_at FROM assignments WHERE state = 'draft'
) AS every
"""


def _draft(row: asyncpg.Record) -> Draft:
    return Draft(
        draft_id=row["draft_id"],
        version=row["version"],
        fields=from_json(row["fields"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
