"""What was sent to whom, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection

from notifications.domain.notice import WAITING, Ending, Kind, NoticeState
from notifications.domain.timeline import Notified
from notifications.store import settled
from notifications.store.outcomes import end_parts

# What only a newer version knows is not shown; a reader of it would not know it either.
KNOWN = (list(Kind), list(NoticeState))


@dataclass(frozen=True)
class Reported:
    """The notice that a report is on: what it told, and whom; None: a recruiter, or erased since."""

    kind: Kind
    profile_id: UUID | None
    address: str | None


async def report(connection: Connection, message_id: UUID, ending: Ending, now: datetime) -> Reported | None:
    """Write that the accepted mail with this Message-ID came back or was complained of, once, and of a digest
    that what it told did; return whom it was to.

    None where no such mail was sent, or this was known. A report can be faster than the writing of the
    acceptance: then the notice is still `sending`, and `outcomes.record` leaves it as reported.
    """
    row = await connection.fetchrow(_REPORT, message_id, ending.state, ending.detail, now, KNOWN[0])
    if row is None:
        return None
    await settled.publish(connection, [row], now)
    if row["kind"] == Kind.DIGEST:
        await end_parts(connection, {row["notice_id"]: None}, now)
    return Reported(kind=Kind(row["kind"]), profile_id=row["profile_id"], address=row["address"])


# Mails of before these were written down had the notice's id.
_REPORT = """
UPDATE notices SET state = $2, detail = $3, settled_at = $4
WHERE (message_id = $1 OR notice_id = $1) AND kind = ANY($5)
    AND (state IN ('sending', 'accepted') OR state = 'bounced' AND $2 = 'complained')
RETURNING notice_id, kind, coalesce(match_id, past_match_id) AS match_id, assignment_id, profile_id, address,
    state AS outcome, coalesce(planned_at, due_at) AS due_at
"""


async def of_matches(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, list[Notified]]:
    """Return the notices that told professionals of matches, alone or in a digest, oldest first."""
    found: dict[UUID, list[Notified]] = {}
    for row in await connection.fetch(_OF_MATCHES, list(match_ids), *KNOWN):
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
    SELECT notice_id, past_match_id FROM notices WHERE past_match_id = ANY($1)
    UNION ALL
    SELECT notice_id, match_id FROM summary_matches WHERE match_id = ANY($1)
) AS told
JOIN notices n USING (notice_id)
WHERE n.profile_id IS NOT NULL AND n.kind = ANY($2) AND n.state = ANY($3)
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
    message_id: UUID | None = None


@dataclass(frozen=True)
class Filters:
    """Which notices are wanted; None: whatever it is."""

    assignment_id: UUID | None = None
    profile_id: UUID | None = None
    kind: Kind | None = None
    outcome: NoticeState | None = None


async def list_before(
    connection: Connection, before: UUID | None, limit: int, filters: Filters | None = None
) -> list[Delivery]:
    """Return notices, newest first, older than one (None: from the newest on)."""
    wanted = filters or Filters()
    rows = await connection.fetch(
        _DELIVERIES,
        before,
        limit,
        wanted.assignment_id,
        wanted.profile_id,
        wanted.kind,
        wanted.outcome,
        *KNOWN,
    )
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
            message_id=row["message_id"],
        )
        for row in rows
    ]


# A mail about several matches is one on each of their opdrachten.
_DELIVERIES = """
SELECT notice_id, kind, address, assignment_id, coalesce(match_id, past_match_id) AS match_id, profile_id,
    state, detail, attempts, created_at, settled_at,
    CASE WHEN address IS NOT NULL THEN coalesce(message_id, notice_id) END AS message_id
FROM notices n
WHERE ($1::uuid IS NULL OR notice_id < $1)
    AND ($3::uuid IS NULL OR assignment_id = $3 OR EXISTS (
        SELECT FROM summary_matches s JOIN matches m USING (match_id)
        WHERE s.notice_id = n.notice_id AND m.assignment_id = $3
    ))
    AND ($4::uuid IS NULL OR profile_id = $4)
    AND ($5::text IS NULL OR kind = $5)
    AND ($6::text IS NULL OR state = $6) AND kind = ANY($7) AND state = ANY($8)
ORDER BY notice_id DESC
LIMIT $2
"""
