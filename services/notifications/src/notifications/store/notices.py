"""Notices: a row first, sent after, each outcome kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import MatchProposed
from contracts.facts import AssignmentFacts
from uuid_utils.compat import uuid7

from notifications.domain.notice import Kind, Match, Recipient, State
from notifications.store import known

LEASE = timedelta(minutes=2)
AT_ONCE = 50


@dataclass(frozen=True)
class Due:
    """A notice to be sent now, with what it tells. `recipient` is None for a recruiter, or once erased."""

    notice_id: UUID
    kind: Kind
    assignment_id: UUID
    facts: AssignmentFacts
    open: bool
    recipient: Recipient | None
    matches: list[Match]
    attempts: int
    caused_at: datetime
    traceparent: str | None


async def add_for_matches(
    connection: Connection, proposals: Sequence[MatchProposed], now: datetime, traceparent: str | None
) -> None:
    """Write a notice per new match. One that was cancelled before it was sent is wanted again."""
    await connection.execute(
        "INSERT INTO notices AS kept"
        " (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at, traceparent)"
        " SELECT id, 'match', assignment_id, match_id, profile_id, $5, at, $7"
        " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $6::timestamptz[])"
        " AS new (id, assignment_id, match_id, profile_id, at) ORDER BY match_id"
        " ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE"
        " SET state = 'pending', detail = NULL, due_at = excluded.due_at, settled_at = NULL,"
        " caused_at = excluded.caused_at WHERE kept.state = 'cancelled'",
        [uuid7() for _ in proposals],
        [one.assignment_id for one in proposals],
        [one.match_id for one in proposals],
        [one.profile_id for one in proposals],
        now,
        [one.proposed_at for one in proposals],
        traceparent,
    )


async def add_to_summaries(
    connection: Connection, proposals: Sequence[MatchProposed], now: datetime, window: timedelta
) -> None:
    """Add new matches to their assignment's open summary; the first one opens it, for `window`."""
    assignments = sorted({one.assignment_id for one in proposals})
    rows = await connection.fetch(
        "INSERT INTO notices AS kept (notice_id, kind, assignment_id, due_at, caused_at)"
        " SELECT id, 'summary', assignment_id, $3, $4"
        " FROM unnest($1::uuid[], $2::uuid[]) AS new (id, assignment_id) ORDER BY assignment_id"
        # updating the open one holds it, so that it cannot be sent before these matches are in it
        " ON CONFLICT (assignment_id) WHERE kind = 'summary' AND state = 'pending'"
        " DO UPDATE SET caused_at = kept.caused_at RETURNING notice_id, assignment_id",
        [uuid7() for _ in assignments],
        assignments,
        now + window,
        now,
    )
    summaries = {row["assignment_id"]: row["notice_id"] for row in rows}
    await connection.execute(
        "INSERT INTO summary_matches (notice_id, match_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])"
        " ON CONFLICT DO NOTHING",
        [summaries[one.assignment_id] for one in proposals],
        [one.match_id for one in proposals],
    )


async def cancel(connection: Connection, match_ids: Collection[UUID], detail: str) -> None:
    """Cancel what is not sent yet."""
    await connection.execute(
        "UPDATE notices SET state = 'cancelled', detail = $2, settled_at = now()"
        " WHERE match_id = ANY($1) AND state = 'pending'",
        list(match_ids),
        detail,
    )


async def claim(connection: Connection, now: datetime) -> list[Due]:
    """Claim up to fifty due notices whose other halves are known; other replicas skip them.

    A claim lasts two minutes: what a crash leaves behind is claimed again then, and sent with the same
    Message-ID. Who wants a digest keeps waiting here.
    """
    rows = await connection.fetch(
        "UPDATE notices SET state = 'sending', due_at = $1 + $2::interval, attempts = attempts + 1"
        " WHERE notice_id IN (SELECT n.notice_id FROM notices n JOIN assignments a USING (assignment_id)"
        " LEFT JOIN contacts c USING (profile_id)"
        " WHERE n.state IN ('pending', 'sending') AND n.due_at <= $1 AND (n.kind = 'summary' OR c.erased"
        " OR c.preferences->>'frequency' IN ('direct', 'none'))"
        " ORDER BY n.due_at, n.notice_id LIMIT $3 FOR UPDATE OF n SKIP LOCKED)"
        " RETURNING notice_id",
        now,
        LEASE,
        AT_ONCE,
    )
    return await _due(connection, [row["notice_id"] for row in rows])


async def _due(connection: Connection, notice_ids: list[UUID]) -> list[Due]:
    if not notice_ids:
        return []
    rows = await connection.fetch(
        "SELECT n.notice_id, n.kind, n.assignment_id, n.attempts, n.caused_at, n.traceparent,"
        " a.facts, a.open, c.name, c.email, c.preferences"
        " FROM notices n JOIN assignments a USING (assignment_id) LEFT JOIN contacts c USING (profile_id)"
        " WHERE notice_id = ANY($1) ORDER BY n.notice_id",
        notice_ids,
    )
    told = await connection.fetch(
        "SELECT told.notice_id, m.match_id, m.profile_id, m.live, m.score, m.growth, m.explanation, c.name"
        " FROM (SELECT notice_id, match_id FROM notices WHERE notice_id = ANY($1) AND match_id IS NOT NULL"
        " UNION ALL SELECT notice_id, match_id FROM summary_matches WHERE notice_id = ANY($1)) AS told"
        " JOIN matches m USING (match_id) LEFT JOIN contacts c USING (profile_id)"
        " ORDER BY m.score DESC, m.profile_id",
        notice_ids,
    )
    matches: dict[UUID, list[Match]] = {}
    for row in told:
        matches.setdefault(row["notice_id"], []).append(_match(row))
    return [_one_due(row, matches.get(row["notice_id"], [])) for row in rows]


def _match(row: asyncpg.Record) -> Match:
    names = ("match_id", "profile_id", "live", "score", "growth", "explanation", "name")
    return Match(**{name: row[name] for name in names})


def _one_due(row: asyncpg.Record, matches: list[Match]) -> Due:
    return Due(
        row["notice_id"],
        Kind(row["kind"]),
        row["assignment_id"],
        known.facts(row),
        row["open"],
        known.recipient(row),
        matches,
        row["attempts"],
        row["caused_at"],
        row["traceparent"],
    )


async def settle(
    connection: Connection, notice_id: UUID, state: State, detail: str, address: str | None = None
) -> None:
    """Write a notice's final outcome."""
    await connection.execute(
        "UPDATE notices SET state = $2, detail = $3, settled_at = now(),"
        " address = CASE WHEN profile_id IS NULL OR EXISTS (SELECT FROM contacts c WHERE NOT c.erased"
        " AND c.profile_id = notices.profile_id) THEN coalesce($4, address) END WHERE notice_id = $1",
        notice_id,
        state,
        detail,
        address,
    )


async def postpone(connection: Connection, notice_id: UUID, until: datetime, detail: str) -> None:
    """Try again later, after a temporary failure. The claim stays, so that only the lease ends it."""
    await connection.execute(
        "UPDATE notices SET due_at = $2, detail = $3 WHERE notice_id = $1", notice_id, until, detail
    )


async def deliveries(connection: Connection, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Return notices, newest first, after one."""
    return await connection.fetch(
        "SELECT notice_id, kind, assignment_id, match_id, profile_id, state, detail, address, attempts,"
        " created_at, settled_at FROM notices WHERE $1::uuid IS NULL OR notice_id < $1"
        " ORDER BY notice_id DESC LIMIT $2",
        after,
        limit,
    )
