"""What was sent to whom, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection

from notifications.domain.notice import WAITING, Ending, Kind, NoticeState
from notifications.domain.timeline import Notified


@dataclass(frozen=True)
class Reported:
    """The notice that a report is on: what it told, and whom; None: a recruiter, or erased since."""

    kind: Kind
    profile_id: UUID | None
    address: str | None


async def report(connection: Connection, notice_id: UUID, ending: Ending) -> Reported | None:
    """Write that an accepted mail came back or was complained of, once; return whom it was to.

    None where no such mail was sent, or this was known. A report can be faster than the writing of the
    acceptance: then the notice is still `sending`, and `queue.record_outcomes` leaves it as reported.
    """
    row = await connection.fetchrow(_REPORT, notice_id, ending.state, ending.detail)
    if row is None:
        return None
    return Reported(kind=Kind(row["kind"]), profile_id=row["profile_id"], address=row["address"])


_REPORT = """
UPDATE notices SET state = $2, detail = $3, settled_at = now()
WHERE notice_id = $1 AND (state IN ('sending', 'accepted') OR state = 'bounced' AND $2 = 'complained')
RETURNING kind, profile_id, address
"""


async def of_matches(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, list[Notified]]:
    """Return the notices that told professionals of matches, alone or in a digest, oldest first."""
    found: dict[UUID, list[Notified]] = {}
    for row in await connection.fetch(_OF_MATCHES, list(match_ids)):
        state = NoticeState(row["state"])
        notified = Notified(
            kind=Kind(row["kind"]),
            state=state,
            at=row["settled_at"],
            due_at=row["due_at"] if state in WAITING else None,
            detail=row["detail"],
        )
        found.setdefault(row["match_id"], []).append(notified)
    return found


_OF_MATCHES = """
SELECT told.match_id, n.kind, n.state, n.detail, n.due_at, n.settled_at
FROM (
    SELECT notice_id, match_id FROM notices WHERE match_id = ANY($1)
    UNION ALL
    SELECT notice_id, match_id FROM summary_matches WHERE match_id = ANY($1)
) AS told
JOIN notices n USING (notice_id)
WHERE n.profile_id IS NOT NULL
ORDER BY n.notice_id
"""


@dataclass(frozen=True)
class Delivery:
    """A notice as operators see it: what was sent to which address, when, and with what outcome."""

    notice_id: UUID
    kind: Kind
    address: str | None
    assignment_id: UUID | None
    match_id: UUID | None
    profile_id: UUID | None
    state: NoticeState
    detail: str | None
    attempts: int
    created_at: datetime
    settled_at: datetime | None


async def list_before(connection: Connection, before: UUID | None, limit: int) -> list[Delivery]:
    """Return notices, newest first, older than one (None: from the newest on)."""
    rows = await connection.fetch(_DELIVERIES, before, limit)
    return [
        Delivery(
            notice_id=row["notice_id"],
            kind=Kind(row["kind"]),
            address=row["address"],
            assignment_id=row["assignment_id"],
            match_id=row["match_id"],
            profile_id=row["profile_id"],
            state=NoticeState(row["state"]),
            detail=row["detail"],
            attempts=row["attempts"],
            created_at=row["created_at"],
            settled_at=row["settled_at"],
        )
        for row in rows
    ]


_DELIVERIES = """
SELECT notice_id, kind, address, assignment_id, match_id, profile_id, state, detail, attempts, created_at,
    settled_at
FROM notices
WHERE $1::uuid IS NULL OR notice_id < $1
ORDER BY notice_id DESC
LIMIT $2
"""
