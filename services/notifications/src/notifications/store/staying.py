"""Professionals who are asked whether they stay: their notices, and who of them stayed silent.

A notice is of the day on which its professional is erased otherwise; its mail tells a later one where it went
out late (`domain/staying.py`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Connection
from chassis.telemetry import current_traceparent
from contracts.vocabulary import Answer
from uuid_utils.compat import uuid7

from notifications.domain.notice import Kind, NoticeState

SET = 500
# What the mail server did not take, or was kept from it, and is told once that is over.
UNTOLD = (
    NoticeState.EXPIRED,
    NoticeState.SUPPRESSED,
    NoticeState.UNWANTED,
    NoticeState.REFUSED,
    NoticeState.BOUNCED,
)


async def add(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> None:
    """Write a notice to each of those who are asked, once for a day of erasure."""
    ids = sorted(profile_ids)
    await connection.execute(_ADD, ids, [uuid7() for _ in ids], Kind.STAY, now, current_traceparent())


_ADD = """
INSERT INTO notices (notice_id, kind, profile_id, erased_on, due_at, caused_at, traceparent)
SELECT notice_id, $3, profile_id, c.erased_on, $4, $4, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (profile_id, notice_id) JOIN contacts c USING (profile_id)
WHERE c.erased_on IS NOT NULL AND NOT c.erased
ORDER BY profile_id
ON CONFLICT DO NOTHING
"""

# Who wants no mail at all: neither on new opdrachten nor on those that they answered.
_REACHABLE = """
s.mailbox IS NULL AND ((b.unsubscribed OR c.preferences->>'frequency' = 'none') AND b.no_news) IS NOT TRUE
"""
_JOINED = """
LEFT JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
LEFT JOIN mailboxes b ON b.mailbox = lower(c.email)
"""


async def revive(connection: Connection, now: datetime) -> bool:
    """Let a set be asked anew whose notice ended untold, and whom a mail may reach by now; tell whether there
    may be more."""
    status = await connection.execute(_REVIVE, Kind.STAY, list(UNTOLD), now, SET)
    return status == f"UPDATE {SET}"


_REVIVE = f"""
UPDATE notices
SET state = 'pending', detail = NULL, due_at = $3, caused_at = $3, settled_at = NULL, attempts = 0,
    tried_at = NULL, retry_at = NULL
WHERE notice_id IN (
    SELECT n.notice_id
    FROM contacts c JOIN notices n USING (profile_id, erased_on) {_JOINED}
    WHERE c.erased_on IS NOT NULL AND n.kind = $1 AND n.state = ANY($2) AND n.retry_at IS NULL
        AND {_REACHABLE}
    LIMIT $4
    FOR UPDATE OF n SKIP LOCKED
)
"""


@dataclass(frozen=True)
class Silent:
    """Somebody who said nothing. `asked_at`: when the mail was accepted; None where none could reach them, or
    they want none."""

    profile_id: UUID
    erased_on: date
    asked_at: datetime | None


async def silent(
    connection: Connection, today: date, asked_until: datetime, after: UUID | None
) -> Sequence[Silent]:
    """Return a set of those whose day has come and who said nothing, by id, after `after`: whom a mail asked
    that was accepted before a moment, or no mail can or may reach. Not those with an open answer."""
    rows = await connection.fetch(_SILENT, Kind.STAY, today, asked_until, Answer.INTERESTED, after, SET)
    return [Silent(row["profile_id"], row["erased_on"], row["asked_at"]) for row in rows]


_SILENT = f"""
SELECT c.profile_id, c.erased_on, n.settled_at AS asked_at
FROM contacts c
LEFT JOIN notices n
    ON n.profile_id = c.profile_id AND n.erased_on = c.erased_on AND n.kind = $1 AND n.state = 'accepted'
{_JOINED}
WHERE c.erased_on <= $2 AND NOT c.erased AND (n.settled_at < $3 OR NOT ({_REACHABLE}))
    AND ($5::uuid IS NULL OR c.profile_id > $5)
    AND NOT EXISTS (
        SELECT FROM matches m LEFT JOIN assignments a USING (assignment_id)
        WHERE m.profile_id = c.profile_id AND m.live AND m.answer = $4
            AND (m.decision IS NULL OR a.open IS NOT FALSE)
    )
ORDER BY c.profile_id
LIMIT $6
"""


async def stay(connection: Connection, profile_id: UUID, now: datetime) -> str | None:
    """Note that a professional stays, and that mails may come to their address, until profiles says so;
    return the address. None: nobody is known by this id."""
    address: str | None = await connection.fetchval(_STAY, profile_id, now)
    return address


_STAY = """
UPDATE contacts
SET erased_on = NULL, confirmed_at = CASE WHEN unconfirmed THEN $2 ELSE confirmed_at END, unconfirmed = false
WHERE profile_id = $1 AND NOT erased
RETURNING email
"""


@dataclass(frozen=True)
class Answered:
    """When somebody who is asked answered a match last, and from which address."""

    profile_id: UUID
    address: str
    at: datetime


async def answered(connection: Connection, profile_ids: Collection[UUID]) -> Sequence[Answered]:
    """Return who of these, among those who are asked, answered a match after they confirmed last."""
    rows = await connection.fetch(_ANSWERED, list(profile_ids))
    return [Answered(row["profile_id"], row["email"], row["at"]) for row in rows]


_ANSWERED = """
SELECT c.profile_id, c.email, max(m.answered_at) AS at
FROM contacts c JOIN matches m USING (profile_id)
WHERE c.profile_id = ANY($1) AND c.erased_on IS NOT NULL AND m.answered_at > c.silent_since
GROUP BY c.profile_id
ORDER BY c.profile_id
"""
