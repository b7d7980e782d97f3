"""Addresses that get no mail: a mail server refused them for good, a mail came back, or was complained of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection

from notifications.domain.notice import Ending, NoticeState


@dataclass(frozen=True)
class Suppression:
    """A professional's address that gets no mail: by what cause, in which words, and since when."""

    profile_id: UUID
    email: str
    cause: NoticeState
    reason: str
    at: datetime


async def add(connection: Connection, profile_id: UUID, email: str, ending: Ending) -> None:
    """Send nothing more to a professional's address, unless it is another one by now."""
    await connection.execute(_ADD, profile_id, email, ending.state, ending.detail)


_ADD = """
INSERT INTO suppressions (profile_id, email, cause, reason)
SELECT profile_id, email, $3, $4 FROM contacts WHERE profile_id = $1 AND email = $2
ON CONFLICT (profile_id) DO UPDATE
SET email = excluded.email, cause = excluded.cause, reason = excluded.reason, at = now()
"""


async def release(connection: Connection, profile_id: UUID) -> bool:
    """Let a professional's address get mail again; tell whether it got none."""
    return bool(await connection.fetchval(_RELEASE, profile_id))


_RELEASE = """
DELETE FROM suppressions WHERE profile_id = $1 RETURNING true
"""


async def list_after(connection: Connection, after: UUID | None, limit: int) -> list[Suppression]:
    """Return suppressions of addresses that are still the professional's, by profile id, after one."""
    rows = await connection.fetch(_LIST, after, limit)
    return [
        Suppression(
            profile_id=row["profile_id"],
            email=row["email"],
            cause=NoticeState(row["cause"]),
            reason=row["reason"],
            at=row["at"],
        )
        for row in rows
    ]


_LIST = """
SELECT profile_id, email, cause, reason, at
FROM suppressions JOIN contacts USING (profile_id, email)
WHERE $1::uuid IS NULL OR profile_id > $1
ORDER BY profile_id
LIMIT $2
"""


async def causes(connection: Connection, profile_ids: Collection[UUID]) -> dict[UUID, NoticeState]:
    """Return whose present address gets no mail, and the cause."""
    rows = await connection.fetch(_CAUSES, list(profile_ids))
    return {row["profile_id"]: NoticeState(row["cause"]) for row in rows}


_CAUSES = """
SELECT profile_id, cause
FROM suppressions JOIN contacts USING (profile_id, email)
WHERE profile_id = ANY($1)
"""
