"""Notices as rows: what is to be told, what became of it, and what was reported on it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import InterestLacking, MatchProposed
from uuid_utils.compat import uuid7

from notifications.domain.notice import (
    Kind,
    State,
)


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


async def cancel(
    connection: Connection, match_ids: Collection[UUID], detail: str, kinds: Collection[Kind] = tuple(Kind)
) -> None:
    """Cancel what is not sent yet."""
    await connection.execute(
        "UPDATE notices SET state = 'cancelled', detail = $2, settled_at = now()"
        " WHERE match_id = ANY($1) AND state = 'pending' AND kind = ANY($3)",
        list(match_ids),
        detail,
        list(kinds),
    )


async def ask_again(
    connection: Connection, assignment_id: UUID, match_id: UUID, profile_id: UUID, at: datetime, now: datetime
) -> None:
    """Tell of a match again, in the digest that is due at this moment."""
    await connection.execute(
        "INSERT INTO notices AS kept (notice_id, kind, way, assignment_id, match_id, profile_id, due_at,"
        " caused_at) VALUES ($1, 'later', 'digest', $2, $3, $4, $5, $6)"
        " ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE"
        " SET state = 'pending', detail = NULL, due_at = excluded.due_at, settled_at = NULL",
        uuid7(),
        assignment_id,
        match_id,
        profile_id,
        at,
        now,
    )


async def add_warnings(
    connection: Connection, lacking: Sequence[InterestLacking], now: datetime, traceparent: str | None
) -> None:
    """Keep the latest advice on each assignment, and write a notice of it to its recruiter."""
    latest = {one.assignment_id: one for one in lacking}
    data = list(latest.values())
    await connection.execute(
        "INSERT INTO advice (assignment_id, respond_by, live, relaxation)"
        " SELECT id, respond_by, live, relaxation::jsonb"
        " FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::text[])"
        " AS new (id, respond_by, live, relaxation) ORDER BY id"
        " ON CONFLICT (assignment_id) DO UPDATE"
        " SET respond_by = excluded.respond_by, live = excluded.live, relaxation = excluded.relaxation",
        list(latest),
        [one.respond_by for one in data],
        [one.live for one in data],
        [one.relaxation and one.relaxation.model_dump_json() for one in data],
    )
    await connection.execute(
        "INSERT INTO notices (notice_id, kind, assignment_id, due_at, caused_at, traceparent)"
        " SELECT id, 'warning', assignment_id, $3, $3, $4 FROM unnest($1::uuid[], $2::uuid[])"
        " AS new (id, assignment_id)",
        [uuid7() for _ in latest],
        list(latest),
        now,
        traceparent,
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


async def report(connection: Connection, notice_id: UUID, state: State, detail: str) -> asyncpg.Record | None:
    """Write that an accepted mail came back or was complained of, once; return whom it was to.

    None where no such mail was sent, or this was known. A report can be faster than the writing of the
    acceptance: then the notice is still `sending`, and `settle` leaves it as reported.
    """
    return await connection.fetchrow(
        "UPDATE notices SET state = $2, detail = $3, settled_at = now() WHERE notice_id = $1"
        " AND (state IN ('sending', 'accepted') OR state = 'bounced' AND $2 = 'complained')"
        " RETURNING kind, profile_id, address",
        notice_id,
        state,
        detail,
    )


async def of_matches(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the notices that told professionals of matches, alone or in a digest, oldest first."""
    rows = await connection.fetch(
        "SELECT told.match_id, n.notice_id, n.kind, n.way, n.state, n.detail, n.created_at, n.due_at,"
        " n.settled_at FROM (SELECT notice_id, match_id FROM notices WHERE match_id = ANY($1)"
        " UNION ALL SELECT notice_id, match_id FROM summary_matches WHERE match_id = ANY($1)) AS told"
        " JOIN notices n USING (notice_id) WHERE n.profile_id IS NOT NULL ORDER BY n.notice_id",
        list(match_ids),
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["match_id"], []).append(dict(row))
    return found


async def deliveries(connection: Connection, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Return notices, newest first, after one."""
    return await connection.fetch(
        "SELECT notice_id, kind, assignment_id, match_id, profile_id, state, detail, address, attempts,"
        " created_at, settled_at FROM notices WHERE $1::uuid IS NULL OR notice_id < $1"
        " ORDER BY notice_id DESC LIMIT $2",
        after,
        limit,
    )
