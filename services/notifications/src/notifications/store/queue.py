"""Notices on their way out: locked when they are due, claimed, planned for later, gathered, and ended.

The states that count as on the way stand in the statements, as they stand in the partial index `notices_due`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.facts import Preferences
from uuid_utils.compat import uuid7

from notifications.domain.contact import Recipient
from notifications.domain.match import Match
from notifications.domain.notice import OF_A_MATCH, TO_RECRUITERS, Due, Ending, Kind
from notifications.domain.outbound import Decision, Gather, Send, Skip, Wait
from notifications.domain.schedule import Way
from notifications.store import assignments
from notifications.store import matches as match_store

LEASE = timedelta(minutes=2)
BATCH_SIZE = 100


async def lock_due(connection: Connection, now: datetime) -> list[Due]:
    """Lock up to a hundred due notices to professionals, urgent ones first, and as many to recruiters;
    other replicas skip them. What a notice to a professional tells of must be known: it waits until then.

    A professional's notices are locked together with the professional, so that one replica at a time counts
    and gathers what one person gets. What a crash left behind is due again when its lease ends.
    """
    to_professionals = await connection.fetch(_LOCK_DUE_TO_PROFESSIONALS, now, BATCH_SIZE, Kind.DIGEST)
    to_recruiters = await connection.fetch(_LOCK_DUE_TO_RECRUITERS, now, BATCH_SIZE, list(TO_RECRUITERS))
    return await _read(connection, [row["notice_id"] for row in (*to_professionals, *to_recruiters)])


_LOCK_DUE_TO_PROFESSIONALS = """
SELECT n.notice_id
FROM notices n JOIN contacts c USING (profile_id) LEFT JOIN assignments a USING (assignment_id)
WHERE n.state IN ('pending', 'sending') AND n.due_at <= $1 AND (n.kind = $3 OR a.assignment_id IS NOT NULL)
ORDER BY a.facts->>'urgency' = 'spoed' DESC NULLS LAST, n.due_at, n.notice_id
LIMIT $2
FOR UPDATE OF n, c SKIP LOCKED
"""
_LOCK_DUE_TO_RECRUITERS = """
SELECT n.notice_id
FROM notices n JOIN assignments USING (assignment_id)
WHERE n.kind = ANY($3) AND n.state IN ('pending', 'sending') AND n.due_at <= $1
ORDER BY n.due_at, n.notice_id
LIMIT $2
FOR UPDATE OF n SKIP LOCKED
"""


async def _read(connection: Connection, notice_ids: list[UUID]) -> list[Due]:
    """Read notices in this order, with what they might tell."""
    if not notice_ids:
        return []
    rows = await connection.fetch(_READ, notice_ids)
    of_each = await _matches(connection, notice_ids)
    assignment_ids = {row["assignment_id"] for row in rows} - {None}
    known = await assignments.by_ids(connection, assignment_ids)
    warned = {row["assignment_id"] for row in rows if row["kind"] == Kind.WARNING}
    no_interest = await assignments.no_interest_yet(connection, warned) if warned else {}
    return [
        Due(
            notice_id=row["notice_id"],
            kind=Kind(row["kind"]),
            way=Way(row["way"]),
            profile_id=row["profile_id"],
            assignment=known.get(row["assignment_id"]),
            recipient=_recipient(row),
            matches=tuple(of_each.get(row["notice_id"], ())),
            no_interest=no_interest.get(row["assignment_id"]) if row["kind"] == Kind.WARNING else None,
            attempts=row["attempts"],
            caused_at=row["caused_at"],
            traceparent=row["traceparent"],
        )
        for row in rows
    ]


_READ = """
SELECT n.notice_id, n.kind, n.way, n.profile_id, n.assignment_id, n.attempts, n.caused_at, n.traceparent,
    c.name, c.email, c.preferences::text, s.reason AS suppressed
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (notice_id, place)
JOIN notices n USING (notice_id)
LEFT JOIN contacts c USING (profile_id)
LEFT JOIN suppressions s ON s.profile_id = n.profile_id AND s.email = c.email
ORDER BY place
"""


def _recipient(row: asyncpg.Record) -> Recipient | None:
    if row["email"] is None:
        return None
    return Recipient(
        name=row["name"],
        email=row["email"],
        preferences=Preferences.model_validate_json(row["preferences"]),
        suppressed=row["suppressed"],
    )


async def _matches(connection: Connection, notice_ids: list[UUID]) -> dict[UUID, list[Match]]:
    """Return the matches of each notice, best score first."""
    rows = await connection.fetch(_MATCHES, notice_ids)
    notices_of: dict[UUID, list[UUID]] = {}
    for row in rows:
        notices_of.setdefault(row["match_id"], []).append(row["notice_id"])
    found: dict[UUID, list[Match]] = {}
    for match_id, match in (await match_store.by_ids(connection, notices_of)).items():
        for notice_id in notices_of[match_id]:
            found.setdefault(notice_id, []).append(match)
    return found


_MATCHES = """
SELECT notice_id, match_id FROM notices WHERE notice_id = ANY($1) AND match_id IS NOT NULL
UNION ALL
SELECT notice_id, match_id FROM summary_matches WHERE notice_id = ANY($1)
"""


async def sent_since(
    connection: Connection, profile_ids: Collection[UUID], since: datetime
) -> dict[UUID, int]:
    """Return how many direct mails on a match each professional got since a moment."""
    rows = await connection.fetch(_SENT_SINCE, list(profile_ids), since)
    return {row["profile_id"]: row["sent"] for row in rows}


_SENT_SINCE = """
SELECT profile_id, count(*) AS sent FROM notices WHERE profile_id = ANY($1) AND sent_at >= $2
GROUP BY profile_id
"""


async def write(connection: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    """Write what was decided on locked notices: claims, plans, digests and endings."""
    if sends := [decision for decision in decisions if isinstance(decision, Send)]:
        await _claim(connection, sends, now)
    if waits := [decision for decision in decisions if isinstance(decision, Wait)]:
        await _plan(connection, waits)
    if gathers := [decision for decision in decisions if isinstance(decision, Gather)]:
        await _gather(connection, {gather.notice.profile_id for gather in gathers}, now)
    if skips := [decision for decision in decisions if isinstance(decision, Skip)]:
        await _end(connection, skips)


async def _claim(connection: Connection, sends: Sequence[Send], now: datetime) -> None:
    """Claim notices for two minutes; those that count do so on the day of their first claim."""
    await connection.execute(
        _CLAIM,
        [send.notice.notice_id for send in sends],
        [send.notice.address for send in sends],
        [send.counts for send in sends],
        now,
        LEASE,
    )


_CLAIM = """
UPDATE notices
SET state = 'sending', due_at = $4::timestamptz + $5::interval, attempts = attempts + 1,
    address = new.address,
    sent_at = CASE WHEN new.counts THEN coalesce(sent_at, $4::timestamptz) ELSE sent_at END
FROM unnest($1::uuid[], $2::text[], $3::bool[]) AS new (notice_id, address, counts)
WHERE notices.notice_id = new.notice_id
"""


async def _plan(connection: Connection, waits: Sequence[Wait]) -> None:
    await connection.execute(
        _PLAN,
        [wait.notice.notice_id for wait in waits],
        [wait.plan.way for wait in waits],
        [wait.plan.due_at for wait in waits],
    )


_PLAN = """
UPDATE notices SET way = new.way, due_at = new.due_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (notice_id, way, due_at)
WHERE notices.notice_id = new.notice_id
"""


async def _gather(connection: Connection, profile_ids: Collection[UUID | None], now: datetime) -> None:
    """Gather all of each professional's matches that are due for a digest into one, which is due now."""
    rows = await connection.fetch(_GATHER, list(profile_ids), now, list(OF_A_MATCH), Way.DIGEST)
    digests = {profile_id: uuid7() for profile_id in dict.fromkeys(row["profile_id"] for row in rows)}
    await connection.execute(
        _ADD_DIGESTS, list(digests.values()), list(digests), Kind.DIGEST, Way.DIGEST, now
    )
    await connection.execute(
        _ADD_TO_DIGESTS, [digests[row["profile_id"]] for row in rows], [row["match_id"] for row in rows]
    )


_GATHER = """
UPDATE notices SET state = 'digested', settled_at = now()
WHERE profile_id = ANY($1) AND kind = ANY($3) AND way = $4 AND state = 'pending' AND due_at <= $2
RETURNING profile_id, match_id
"""
_ADD_DIGESTS = """
INSERT INTO notices (notice_id, kind, profile_id, way, due_at, caused_at)
SELECT notice_id, $3, profile_id, $4, $5, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, profile_id)
"""
_ADD_TO_DIGESTS = """
INSERT INTO summary_matches (notice_id, match_id)
SELECT DISTINCT notice_id, match_id FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, match_id)
"""


async def _end(connection: Connection, skips: Sequence[Skip]) -> None:
    await connection.execute(
        _END,
        [skip.notice.notice_id for skip in skips],
        [skip.ending.state for skip in skips],
        [skip.ending.detail for skip in skips],
    )


_END = """
UPDATE notices
SET state = new.state, detail = new.detail, settled_at = now(), attempts = attempts + 1, address = NULL
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (notice_id, state, detail)
WHERE notices.notice_id = new.notice_id
"""


async def release(connection: Connection, notice_ids: Collection[UUID], now: datetime) -> None:
    """Give up claims under which no mail was begun: another replica may send these at once."""
    await connection.execute(_RELEASE, list(notice_ids), now)


_RELEASE = """
UPDATE notices SET state = 'pending', due_at = $2, attempts = attempts - 1
WHERE notice_id = ANY($1) AND state = 'sending'
"""


@dataclass(frozen=True)
class Outcome:
    """How a claimed notice ended."""

    notice_id: UUID
    ending: Ending


async def record_outcomes(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write how claimed notices ended. What was reported on one meanwhile (a mail that came back) stands.

    Of a professional who was erased meanwhile, whose notices have no address, the mail server's words are
    not written: they may repeat it.
    """
    await connection.execute(
        _RECORD_OUTCOMES,
        [outcome.notice_id for outcome in outcomes],
        [outcome.ending.state for outcome in outcomes],
        [outcome.ending.detail for outcome in outcomes],
    )


_RECORD_OUTCOMES = """
UPDATE notices
SET state = new.state, settled_at = now(), detail = CASE WHEN address IS NOT NULL THEN new.detail END
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (notice_id, state, detail)
WHERE notices.notice_id = new.notice_id AND notices.state = 'sending'
"""


async def postpone(connection: Connection, notice_id: UUID, until: datetime, detail: str) -> None:
    """Try again later, after a temporary failure. The claim stays, so that only the lease ends it."""
    await connection.execute(_POSTPONE, notice_id, until, detail)


_POSTPONE = """
UPDATE notices SET due_at = $2, detail = $3 WHERE notice_id = $1 AND state = 'sending'
"""
