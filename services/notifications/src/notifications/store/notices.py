"""Notices: a row first, sent after, each outcome kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import MatchProposed
from uuid_utils.compat import uuid7

from notifications.domain.notice import Kind, Match, Opdracht, Recipient, State
from notifications.domain.schedule import Plan, Way
from notifications.store import known

LEASE = timedelta(minutes=2)
AT_ONCE = 50


@dataclass(frozen=True)
class Due:
    """A notice that is due, with what it tells. `recipient` is None for a recruiter, or once erased.

    `opdracht` is None for a digest, whose matches are of several.
    """

    notice_id: UUID
    kind: Kind
    way: Way
    profile_id: UUID | None
    opdracht: Opdracht | None
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


async def add_news(
    connection: Connection, kind: Kind, match_ids: Collection[UUID], now: datetime, traceparent: str | None
) -> None:
    """Write what became of each match, once, where its professional was interested or was told of it."""
    await connection.execute(
        "INSERT INTO notices (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at,"
        " traceparent) SELECT new.id, $1, m.assignment_id, m.match_id, m.profile_id, $4, $4, $5"
        " FROM unnest($2::uuid[], $3::uuid[]) AS new (id, match_id) JOIN matches m USING (match_id)"
        " WHERE m.answer = 'interested' OR m.answer IS NULL AND EXISTS (SELECT FROM notices n"
        " LEFT JOIN summary_matches s USING (notice_id) WHERE n.profile_id = m.profile_id"
        " AND n.state = 'accepted' AND n.kind IN ('match', 'digest')"
        " AND m.match_id IN (n.match_id, s.match_id))"
        " ORDER BY m.match_id ON CONFLICT DO NOTHING",
        kind,
        [uuid7() for _ in match_ids],
        list(match_ids),
        now,
        traceparent,
    )


async def add_interest(
    connection: Connection, assignment_id: UUID, match_id: UUID, now: datetime, traceparent: str | None
) -> None:
    """Write a notice to the recruiter that a match's professional is interested, once."""
    await connection.execute(
        "INSERT INTO notices (notice_id, kind, assignment_id, match_id, due_at, caused_at, traceparent)"
        " VALUES ($1, 'interest', $2, $3, $4, $4, $5) ON CONFLICT DO NOTHING",
        uuid7(),
        assignment_id,
        match_id,
        now,
        traceparent,
    )


async def add_closing_news(
    connection: Connection, assignment_ids: Collection[UUID], now: datetime, traceparent: str | None
) -> None:
    """Write a notice to everyone who was interested in an assignment that closed, and was not rejected."""
    rows = await connection.fetch(
        "SELECT match_id FROM matches JOIN assignments USING (assignment_id) WHERE assignment_id = ANY($1)"
        " AND NOT open AND answer = 'interested' AND decision IS DISTINCT FROM 'rejected'",
        list(assignment_ids),
    )
    await add_news(connection, Kind.CLOSED, [row["match_id"] for row in rows], now, traceparent)


async def lock_due(connection: Connection, now: datetime) -> list[Due]:
    """Hold up to fifty due notices whose other halves are known, urgent ones first; others skip them.

    A professional's notices are held together with the professional, so that one replica at a time counts
    and gathers what one person gets. What a crash left behind is due again when its lease ends.
    """
    rows = await connection.fetch(
        "SELECT n.notice_id FROM notices n JOIN contacts c USING (profile_id)"
        " LEFT JOIN assignments a USING (assignment_id)"
        " WHERE n.state IN ('pending', 'sending') AND n.due_at <= $1"
        " AND (n.kind = 'digest' OR a.assignment_id IS NOT NULL)"
        " ORDER BY a.facts->>'urgency' = 'spoed' DESC NULLS LAST, n.due_at, n.notice_id"
        " LIMIT $2 FOR UPDATE OF n, c SKIP LOCKED",
        now,
        AT_ONCE,
    )
    to_recruiters = await connection.fetch(
        "SELECT n.notice_id FROM notices n JOIN assignments USING (assignment_id)"
        " WHERE n.kind IN ('summary', 'interest')"
        " AND n.state IN ('pending', 'sending') AND n.due_at <= $1 ORDER BY n.due_at, n.notice_id"
        " LIMIT $2 FOR UPDATE OF n SKIP LOCKED",
        now,
        AT_ONCE,
    )
    return await _due(connection, [row["notice_id"] for row in (*rows, *to_recruiters)])


async def sent_since(
    connection: Connection, profile_ids: Collection[UUID], since: datetime
) -> dict[UUID, int]:
    """Return how many direct mails on a match each professional got since a moment."""
    rows = await connection.fetch(
        "SELECT profile_id, count(*) AS sent FROM notices WHERE profile_id = ANY($1) AND sent_at >= $2"
        " GROUP BY profile_id",
        list(profile_ids),
        since,
    )
    return {row["profile_id"]: row["sent"] for row in rows}


async def start(
    connection: Connection, notice_ids: Collection[UUID], counted: Collection[UUID], now: datetime
) -> None:
    """Claim notices for two minutes; those `counted` count towards the limit of their first day."""
    await connection.execute(
        "UPDATE notices SET state = 'sending', due_at = $3::timestamptz + $4::interval,"
        " attempts = attempts + 1,"
        " sent_at = CASE WHEN notice_id = ANY($2) THEN coalesce(sent_at, $3::timestamptz) ELSE sent_at END"
        " WHERE notice_id = ANY($1)",
        list(notice_ids),
        list(counted),
        now,
        LEASE,
    )


async def plan(connection: Connection, plans: Sequence[tuple[UUID, Plan]]) -> None:
    """Write when and how notices go out later."""
    await connection.execute(
        "UPDATE notices SET way = new.way, due_at = new.due_at"
        " FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (id, way, due_at)"
        " WHERE notice_id = new.id",
        [notice_id for notice_id, _ in plans],
        [one.way for _, one in plans],
        [one.due_at for _, one in plans],
    )


async def gather(connection: Connection, profile_id: UUID, now: datetime) -> None:
    """Gather all of a professional's matches that are due for a digest into one, which is due now."""
    rows = await connection.fetch(
        "UPDATE notices SET state = 'digested', settled_at = now() WHERE profile_id = $1 AND kind = 'match'"
        " AND way = 'digest' AND state = 'pending' AND due_at <= $2 RETURNING match_id",
        profile_id,
        now,
    )
    if not rows:
        return
    digest_id = uuid7()
    await connection.execute(
        "INSERT INTO notices (notice_id, kind, profile_id, way, due_at, caused_at)"
        " VALUES ($1, 'digest', $2, 'digest', $3, $3)",
        digest_id,
        profile_id,
        now,
    )
    await connection.execute(
        "INSERT INTO summary_matches (notice_id, match_id) SELECT $1, * FROM unnest($2::uuid[])",
        digest_id,
        [row["match_id"] for row in rows],
    )


async def _due(connection: Connection, notice_ids: list[UUID]) -> list[Due]:
    if not notice_ids:
        return []
    rows = await connection.fetch(
        "SELECT n.notice_id, n.kind, n.way, n.profile_id, n.assignment_id, n.attempts, n.caused_at,"
        " n.traceparent, a.facts, a.open, a.closed_reason, c.name, c.email, c.preferences,"
        " s.reason AS suppressed"
        " FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (notice_id, place)"
        " JOIN notices n USING (notice_id) LEFT JOIN assignments a USING (assignment_id)"
        " LEFT JOIN contacts c USING (profile_id)"
        " LEFT JOIN suppressions s ON s.profile_id = n.profile_id AND s.email = c.email ORDER BY place",
        notice_ids,
    )
    told = await connection.fetch(
        "SELECT told.notice_id, m.match_id, m.profile_id, m.live, m.score, m.growth, m.explanation, c.name,"
        " m.decision_reason, m.assignment_id, a.facts, a.open, a.closed_reason"
        " FROM (SELECT notice_id, match_id FROM notices WHERE notice_id = ANY($1) AND match_id IS NOT NULL"
        " UNION ALL SELECT notice_id, match_id FROM summary_matches WHERE notice_id = ANY($1)) AS told"
        " JOIN matches m USING (match_id) JOIN assignments a USING (assignment_id)"
        " LEFT JOIN contacts c USING (profile_id) ORDER BY m.score DESC, m.match_id",
        notice_ids,
    )
    matches: dict[UUID, list[Match]] = {}
    for row in told:
        matches.setdefault(row["notice_id"], []).append(_match(row))
    return [_one_due(row, matches.get(row["notice_id"], [])) for row in rows]


def _opdracht(row: asyncpg.Record) -> Opdracht:
    return Opdracht(row["assignment_id"], known.facts(row), row["open"], row["closed_reason"])


def _match(row: asyncpg.Record) -> Match:
    names = ("match_id", "profile_id", "live", "score", "growth", "explanation", "name", "decision_reason")
    return Match(**{name: row[name] for name in names}, opdracht=_opdracht(row))


def _one_due(row: asyncpg.Record, matches: list[Match]) -> Due:
    return Due(
        row["notice_id"],
        Kind(row["kind"]),
        Way(row["way"]),
        row["profile_id"],
        None if row["facts"] is None else _opdracht(row),
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


async def of_match(connection: Connection, match_id: UUID) -> list[asyncpg.Record]:
    """Return the notices that told of a match, alone or in a digest, oldest first."""
    return await connection.fetch(
        "SELECT n.notice_id, n.kind, n.way, n.state, n.detail, n.created_at, n.due_at, n.settled_at"
        " FROM notices n WHERE n.kind NOT IN ('summary', 'interest') AND (n.match_id = $1 OR n.notice_id IN"
        " (SELECT notice_id FROM summary_matches WHERE match_id = $1)) ORDER BY n.notice_id",
        match_id,
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
