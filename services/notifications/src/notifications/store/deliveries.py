"""What was sent to whom, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.probe import PROFILE_ID

from notifications.domain.mail_id import MailId
from notifications.domain.notice import WAITING, Ending, Kind, NoticeState
from notifications.domain.timeline import Notified
from notifications.store import settled
from notifications.store.outcomes import end_parts

# What only a newer version knows is not shown; a reader of it would not know it either.
KNOWN = (list(Kind), list(NoticeState))
UNSEALED = timedelta(days=35)  # after which mails of the release before this one are reported no more
NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True)
class Reported:
    """The notice that a report is on: what it told, and whom; None: a recruiter, or erased since."""

    kind: Kind
    profile_id: UUID | None
    address: str | None


async def report(connection: Connection, mail: MailId, ending: Ending, now: datetime) -> Reported | None:
    """Write that the accepted mail with this id came back or was complained of, once, and of a digest that
    what it told did; return whom it was to.

    None where no such mail was sent, or this was known. A report can be faster than the writing of the
    acceptance: then the notice is still `sending`, and `outcomes.record` leaves it as reported.
    """
    row = await connection.fetchrow(
        _REPORT, mail.message_id, ending.state, ending.detail, now, KNOWN[0], mail.sealed, now - UNSEALED
    )
    if row is None:
        return None
    await settled.publish(connection, [row], now)
    if row["kind"] == Kind.DIGEST:
        await end_parts(connection, {row["notice_id"]: None}, now)
    return Reported(kind=Kind(row["kind"]), profile_id=row["profile_id"], address=row["address"])


# Mails of before these were written down had the notice's id; mails of before they were sealed have no seal.
_REPORT = """
UPDATE notices SET state = $2, detail = $3, settled_at = $4
WHERE (message_id = $1 OR notice_id = $1) AND kind = ANY($5)
    AND ($6 OR NOT sealed_id AND sent_at > $7)
    AND (state IN ('sending', 'accepted') OR state = 'bounced' AND $2 = 'complained')
RETURNING notice_id, kind, coalesce(match_id, past_match_id) AS match_id, assignment_id, profile_id, address,
    state AS outcome, coalesce(planned_at, due_at) AS due_at
"""


async def note(connection: Connection, mail: MailId, detail: str, now: datetime) -> None:
    """Note what is said of the accepted mail with this id, which does not end it."""
    await connection.execute(_NOTE, mail.message_id, detail, mail.sealed, now - UNSEALED)


_NOTE = """
UPDATE notices SET detail = $2
WHERE (message_id = $1 OR notice_id = $1) AND state = 'accepted' AND address IS NOT NULL
    AND ($3 OR NOT sealed_id AND sent_at > $4)
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
    due_at: datetime | None = None


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
    """Return notices, newest first, older than one (None: from the newest on). Those of the probe only where
    they are asked for by its profile or opdracht."""
    wanted = filters or Filters()
    kinds = KNOWN[0] if wanted.kind is None else [wanted.kind]
    states = KNOWN[1] if wanted.outcome is None else [wanted.outcome]
    most = (before or NEWEST, limit, kinds, states)
    if wanted.assignment_id is not None:
        rows = await connection.fetch(_OF_AN_ASSIGNMENT, *most, wanted.profile_id, wanted.assignment_id)
    elif wanted.profile_id is not None:
        rows = await connection.fetch(_OF_A_PROFILE, *most, wanted.profile_id)
    else:
        rows = await connection.fetch(_OF_ALL, *most)
    return [_delivery(row) for row in rows]


def _delivery(row: asyncpg.Record) -> Delivery:
    state = NoticeState(row["state"])
    return Delivery(
        notice_id=row["notice_id"],
        kind=Kind(row["kind"]),
        address=row["address"],
        assignment_id=row["assignment_id"],
        match_id=row["match_id"],
        profile_id=row["profile_id"],
        state=state,
        detail=row["detail"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        settled_at=row["settled_at"],
        message_id=row["message_id"],
        due_at=row["due_at"] if state in WAITING else None,
    )


_SHOWN = """
SELECT notice_id, kind, address, assignment_id, coalesce(match_id, past_match_id) AS match_id, profile_id,
    state, detail, attempts, created_at, settled_at, due_at,
    CASE WHEN address IS NOT NULL THEN coalesce(message_id, notice_id) END AS message_id
"""
# A mail about several matches is one on each of their opdrachten.
_OF_AN_ASSIGNMENT = f"""{_SHOWN}
FROM (
    SELECT notice_id FROM notices WHERE assignment_id = $6
    UNION
    SELECT s.notice_id FROM matches m JOIN summary_matches s USING (match_id) WHERE m.assignment_id = $6
) AS told JOIN notices USING (notice_id)
WHERE ($5::uuid IS NULL OR profile_id = $5) AND notice_id < $1 AND kind = ANY($3) AND state = ANY($4)
ORDER BY notice_id DESC LIMIT $2
"""
_OF_A_PROFILE = f"""{_SHOWN}
FROM notices
WHERE profile_id = $5 AND notice_id < $1 AND kind = ANY($3) AND state = ANY($4)
ORDER BY notice_id DESC LIMIT $2
"""
# The newest of each kind and state are read by the one index in whose order they are asked for: what is rare
# is not looked for among all.
_OF_ALL = f"""{_SHOWN}
FROM (
    SELECT newest.notice_id
    FROM unnest($3::text[]) AS wanted (of_kind)
    CROSS JOIN unnest($4::text[]) AS standing (in_state)
    CROSS JOIN LATERAL (
        SELECT notice_id FROM notices
        WHERE (state, kind, notice_id) < (in_state, of_kind, $1)
            AND (state, kind, notice_id) >= (in_state, of_kind, '00000000-0000-0000-0000-000000000000')
            AND profile_id IS DISTINCT FROM '{PROFILE_ID}'
        ORDER BY state DESC, kind DESC, notice_id DESC LIMIT $2
    ) AS newest
    ORDER BY notice_id DESC LIMIT $2
) AS shown JOIN notices USING (notice_id)
WHERE notice_id < $1
ORDER BY notice_id DESC
"""
