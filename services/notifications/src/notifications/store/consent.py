"""Professionals who are asked whether mails may come: their notices, and what waits for their yes.

Such a notice has its id from whom it asks and from the generation of links that begins with their address: so
an address is asked once, whatever is read again.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from chassis.database import Connection
from chassis.telemetry import current_traceparent

from notifications.domain.notice import Kind, NoticeState
from notifications.store import settled

NAMESPACE = UUID("5d0c8f5e-5f0b-4b61-9d1e-0a7a3f1f6b52")


async def ask(
    connection: Connection, profile_ids: Collection[UUID], anew: Collection[UUID], now: datetime
) -> None:
    """Write a notice to those of these professionals who have not said yes, once for an address; and once
    more to those `anew`, who were mailed before. What was to ask them at a former address does not go out."""
    rows = await connection.fetch(_UNCONFIRMED, list(profile_ids))
    ids = {row["profile_id"]: _notice_id(row["profile_id"], row["links_from"]) for row in rows}
    if not ids:
        return
    gone = await connection.fetch(_CANCEL, list(ids), Kind.CONSENT, list(ids.values()), now)
    await settled.publish(connection, gone, now)
    await connection.execute(
        _ASK, list(ids.values()), list(ids), Kind.CONSENT, now, current_traceparent(), list(anew)
    )


def _notice_id(profile_id: UUID, links_from: int) -> UUID:
    return uuid5(NAMESPACE, f"{profile_id} {links_from}")


_UNCONFIRMED = """
SELECT profile_id, links_from FROM contacts WHERE profile_id = ANY($1) AND unconfirmed AND NOT erased
"""
_CANCEL = """
UPDATE notices SET state = 'cancelled', detail = 'the address changed again', settled_at = $4
WHERE profile_id = ANY($1) AND kind = $2 AND notice_id <> ALL($3) AND state = 'pending'
RETURNING notice_id, kind, match_id, assignment_id, profile_id, state AS outcome, due_at
"""
_ASK = """
INSERT INTO notices AS stored (notice_id, kind, profile_id, due_at, caused_at, traceparent)
SELECT notice_id, $3, profile_id, $4, $4, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, profile_id)
ORDER BY notice_id
ON CONFLICT (notice_id) DO UPDATE
SET state = 'pending', detail = NULL, due_at = excluded.due_at, caused_at = excluded.caused_at,
    settled_at = NULL, attempts = 0, tried_at = NULL, retry_at = NULL
WHERE stored.profile_id = ANY($6) AND stored.state NOT IN ('pending', 'sending')
"""


async def ask_again(
    connection: Connection, profile_ids: Collection[UUID], ended: Collection[NoticeState], now: datetime
) -> None:
    """Let those be asked whose notice ended so, untold, and who have not said yes."""
    await connection.execute(_ASK_AGAIN, list(profile_ids), Kind.CONSENT, list(ended), now)


_ASK_AGAIN = """
UPDATE notices n
SET state = 'pending', detail = NULL, due_at = $4, caused_at = $4, settled_at = NULL, attempts = 0,
    tried_at = NULL, retry_at = NULL
FROM contacts c
WHERE n.profile_id = ANY($1) AND n.kind = $2 AND n.state = ANY($3) AND c.profile_id = n.profile_id
    AND c.unconfirmed
"""


async def release(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> None:
    """Let what waited for the yes of these professionals be due, of those who have said it or need not."""
    await connection.execute(_RELEASE, list(profile_ids), now)


_RELEASE = """
UPDATE notices n
SET way = CASE n.kind WHEN 'digest' THEN 'digest' ELSE 'direct' END, due_at = $2
FROM contacts c
WHERE n.profile_id = ANY($1) AND n.state = 'pending' AND n.way = 'asked' AND c.profile_id = n.profile_id
    AND NOT c.unconfirmed
"""
