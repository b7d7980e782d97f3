"""Notices that ended without being told, as they are wanted once more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection

from notifications.domain.notice import Kind, NoticeState
from notifications.store.deliveries import KNOWN


@dataclass(frozen=True)
class Standing:
    """How a notice stands. `replaced`: another of its kind on the same match took its place."""

    kind: Kind
    state: NoticeState
    detail: str | None
    replaced: bool


async def lock(connection: Connection, notice_id: UUID) -> Standing | None:
    """Lock a notice and return how it stands; None where there is none."""
    row = await connection.fetchrow(_LOCK, notice_id, *KNOWN)
    if row is None:
        return None
    return Standing(Kind(row["kind"]), NoticeState(row["state"]), row["detail"], row["replaced"])


_LOCK = """
SELECT kind, state, detail, match_id IS NULL AND past_match_id IS NOT NULL AS replaced
FROM notices
WHERE notice_id = $1 AND kind = ANY($2) AND state = ANY($3)
FOR UPDATE
"""


async def revive(connection: Connection, notice_id: UUID, kind: Kind, now: datetime) -> None:
    """Let a locked notice be due now, as if it had never been tried. A digest tells again what ended with it
    and is not told elsewhere."""
    await connection.execute(_REVIVE, notice_id, now)
    if kind is Kind.DIGEST:
        await connection.execute(_TAKE_OUT, notice_id)
        await connection.execute(_GATHER_AGAIN, notice_id, now)


# Of a recruiter's summaries, and of an opdracht's reminders, one waits: this is as one given back.
_REVIVE = """
UPDATE notices
SET state = CASE WHEN kind IN ('summary', 'expiring') THEN 'sending' ELSE 'pending' END,
    way = CASE kind WHEN 'digest' THEN way ELSE 'direct' END, detail = NULL, due_at = $2, planned_at = $2,
    caused_at = $2, settled_at = NULL, attempts = 0, tried_at = NULL, retry_at = NULL, digest_id = NULL,
    claimed_until = NULL
WHERE notice_id = $1
"""
_TAKE_OUT = """
DELETE FROM summary_matches s
WHERE s.notice_id = $1 AND NOT EXISTS (
    SELECT FROM notices part
    WHERE part.digest_id = $1 AND coalesce(part.match_id, part.past_match_id) = s.match_id
)
"""
_GATHER_AGAIN = """
UPDATE notices SET state = 'digested', detail = NULL, settled_at = $2, retry_at = NULL
WHERE digest_id = $1 AND state NOT IN ('pending', 'sending')
"""
