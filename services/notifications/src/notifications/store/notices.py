"""Notices as rows: what is to be told to whom.

What a partial index or a constraint names (a state, the kind of a summary) stands in the statements as it
stands there, so that PostgreSQL uses the index; every other kind is an argument.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from contracts.events import MatchProposed
from contracts.vocabulary import Answer
from uuid_utils.compat import uuid7

from notifications.domain.match import ENDING_DECISIONS, Match
from notifications.domain.notice import Kind, NoticeState
from notifications.domain.schedule import Way


async def add_for_matches(
    connection: Connection, proposals: Sequence[MatchProposed], now: datetime, traceparent: str | None
) -> None:
    """Write a notice for each new match. One that was cancelled before it was sent is wanted again."""
    await connection.execute(
        _ADD_FOR_MATCHES,
        [uuid7() for _ in proposals],
        [proposal.assignment_id for proposal in proposals],
        [proposal.match_id for proposal in proposals],
        [proposal.profile_id for proposal in proposals],
        [proposal.proposed_at for proposal in proposals],
        Kind.MATCH,
        now,
        traceparent,
    )


_ADD_FOR_MATCHES = """
INSERT INTO notices AS stored
    (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at, traceparent)
SELECT notice_id, $6, assignment_id, match_id, profile_id, $7, proposed_at, $8
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
    AS new (notice_id, assignment_id, match_id, profile_id, proposed_at)
ORDER BY match_id
ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE
SET state = 'pending', detail = NULL, due_at = excluded.due_at, settled_at = NULL,
    caused_at = excluded.caused_at
WHERE stored.state = 'cancelled'
"""


async def add_to_summaries(
    connection: Connection, proposals: Sequence[MatchProposed], now: datetime, window: timedelta
) -> None:
    """Add new matches to their assignment's open summary; the first one opens it, for `window`."""
    assignment_ids = sorted({proposal.assignment_id for proposal in proposals})
    rows = await connection.fetch(
        _OPEN_SUMMARIES, [uuid7() for _ in assignment_ids], assignment_ids, now + window, now
    )
    summaries = {row["assignment_id"]: row["notice_id"] for row in rows}
    await connection.execute(
        _ADD_TO_SUMMARIES,
        [summaries[proposal.assignment_id] for proposal in proposals],
        [proposal.match_id for proposal in proposals],
    )


# Updating an open summary locks it, so that it cannot be sent before these matches are in it.
_OPEN_SUMMARIES = """
INSERT INTO notices AS stored (notice_id, kind, assignment_id, due_at, caused_at)
SELECT notice_id, 'summary', assignment_id, $3, $4
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, assignment_id)
ORDER BY assignment_id
ON CONFLICT (assignment_id) WHERE kind = 'summary' AND state = 'pending' DO UPDATE
SET caused_at = stored.caused_at
RETURNING notice_id, assignment_id
"""
_ADD_TO_SUMMARIES = """
INSERT INTO summary_matches (notice_id, match_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[])
ON CONFLICT DO NOTHING
"""


async def add_later(connection: Connection, match: Match, at: datetime, now: datetime) -> None:
    """Tell of a match again, in the digest that is due at this moment."""
    await connection.execute(
        _ADD_LATER,
        uuid7(),
        match.assignment.assignment_id,
        match.match_id,
        match.profile_id,
        at,
        now,
        Kind.LATER,
        Way.DIGEST,
    )


_ADD_LATER = """
INSERT INTO notices (notice_id, kind, way, assignment_id, match_id, profile_id, due_at, caused_at)
VALUES ($1, $7, $8, $2, $3, $4, $5, $6)
ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE
SET state = 'pending', detail = NULL, due_at = excluded.due_at, settled_at = NULL
"""


async def add_warnings(
    connection: Connection, assignment_ids: Collection[UUID], now: datetime, traceparent: str | None
) -> None:
    """Write a notice to the recruiter of each assignment that nobody is interested in it."""
    await connection.execute(
        _ADD_WARNINGS,
        [uuid7() for _ in assignment_ids],
        list(assignment_ids),
        Kind.WARNING,
        now,
        traceparent,
    )


_ADD_WARNINGS = """
INSERT INTO notices (notice_id, kind, assignment_id, due_at, caused_at, traceparent)
SELECT notice_id, $3, assignment_id, $4, $4, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, assignment_id)
"""


async def add_news(
    connection: Connection,
    kind: Kind,
    match_ids: Collection[UUID],
    now: datetime,
    traceparent: str | None,
) -> None:
    """Write what became of each match, once, where its professional was interested or was told of it."""
    await connection.execute(
        _ADD_NEWS,
        kind,
        [uuid7() for _ in match_ids],
        list(match_ids),
        now,
        traceparent,
        Answer.INTERESTED,
        [Kind.MATCH, Kind.DIGEST],
        NoticeState.ACCEPTED,
    )


_ADD_NEWS = """
INSERT INTO notices
    (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at, traceparent)
SELECT new.notice_id, $1, m.assignment_id, m.match_id, m.profile_id, $4, $4, $5
FROM unnest($2::uuid[], $3::uuid[]) AS new (notice_id, match_id) JOIN matches m USING (match_id)
WHERE m.answer = $6
    OR m.answer IS NULL AND EXISTS (
        SELECT FROM notices n LEFT JOIN summary_matches s USING (notice_id)
        WHERE n.profile_id = m.profile_id AND n.kind = ANY($7) AND n.state = $8
            AND m.match_id IN (n.match_id, s.match_id)
    )
ORDER BY m.match_id
ON CONFLICT DO NOTHING
"""


async def add_closing_news(
    connection: Connection, assignment_ids: Collection[UUID], now: datetime, traceparent: str | None
) -> None:
    """Write a notice to everyone who was interested in an assignment that closed, and was not rejected."""
    rows = await connection.fetch(
        _INTERESTED_IN_CLOSED, list(assignment_ids), Answer.INTERESTED, list(ENDING_DECISIONS)
    )
    await add_news(connection, Kind.CLOSED, [row["match_id"] for row in rows], now, traceparent)


_INTERESTED_IN_CLOSED = """
SELECT match_id FROM matches JOIN assignments USING (assignment_id)
WHERE assignment_id = ANY($1) AND NOT open AND answer = $2 AND (decision = ANY($3)) IS NOT TRUE
"""


async def add_interest(connection: Connection, match: Match, now: datetime, traceparent: str | None) -> None:
    """Write a notice to the recruiter that a match's professional is interested, once."""
    await connection.execute(
        _ADD_INTEREST,
        uuid7(),
        Kind.INTEREST,
        match.assignment.assignment_id,
        match.match_id,
        now,
        traceparent,
    )


_ADD_INTEREST = """
INSERT INTO notices (notice_id, kind, assignment_id, match_id, due_at, caused_at, traceparent)
VALUES ($1, $2, $3, $4, $5, $5, $6)
ON CONFLICT DO NOTHING
"""


async def cancel(
    connection: Connection,
    match_ids: Collection[UUID],
    detail: str,
    kinds: Collection[Kind] = tuple(Kind),
) -> None:
    """Cancel what is not sent yet."""
    await connection.execute(_CANCEL, list(match_ids), NoticeState.CANCELLED, detail, list(kinds))


_CANCEL = """
UPDATE notices SET state = $2, detail = $3, settled_at = now()
WHERE match_id = ANY($1) AND state = 'pending' AND kind = ANY($4)
"""
