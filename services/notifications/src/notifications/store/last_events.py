"""The last events that this service published, made anew from its rows, which are locked."""

from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import MatchAnswered, NoticeSettled
from contracts.vocabulary import Answer

from notifications.store.settled import settled_of


async def last_answers(
    connection: Connection, after: UUID | None, limit: int
) -> tuple[list[UUID], list[MatchAnswered]]:
    """Return the last answers on matches after one, by their ids, but for those that this version cannot
    read; and the ids of all these matches.

    The assignments come first, as wherever both are locked: answers on one are published in their order.
    """
    await connection.execute(_LOCK_ASSIGNMENTS, after, limit)
    rows = await connection.fetch(_ANSWERED, after, limit)
    answers = (read_if_possible("matches", row["match_id"], row, _answered) for row in rows)
    return [row["match_id"] for row in rows], [answer for answer in answers if answer is not None]


def _answered(row: asyncpg.Record) -> MatchAnswered:
    return MatchAnswered(
        match_id=row["match_id"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        answer=Answer(row["answer"]),
        reason=row["answer_reason"],
        answered_at=row["answered_at"],
    )


_LOCK_ASSIGNMENTS = """
SELECT FROM assignments
WHERE assignment_id IN (
    SELECT assignment_id FROM matches
    WHERE answered_at IS NOT NULL AND ($1::uuid IS NULL OR match_id > $1)
    ORDER BY match_id LIMIT $2
)
ORDER BY assignment_id FOR UPDATE
"""
_ANSWERED = """
SELECT match_id, assignment_id, profile_id, answer, answer_reason, answered_at
FROM matches
WHERE answered_at IS NOT NULL AND ($1::uuid IS NULL OR match_id > $1)
ORDER BY match_id LIMIT $2 FOR UPDATE
"""


async def last_endings(
    connection: Connection, after: UUID | None, limit: int
) -> tuple[list[UUID], list[NoticeSettled]]:
    """Return how notices after one ended, by their ids, but for those that this version cannot read; and the
    ids of all these notices. What an accepted digest told counts as accepted."""
    rows = await connection.fetch(_ENDED, after, limit)
    endings = settled_of((row, row["settled_at"]) for row in rows)
    return [row["notice_id"] for row in rows], endings


_ENDED = """
SELECT n.notice_id, n.kind, coalesce(n.match_id, n.past_match_id) AS match_id, n.assignment_id, n.profile_id,
    CASE n.state WHEN 'digested' THEN 'accepted' ELSE n.state END AS outcome,
    coalesce(n.planned_at, n.due_at) AS due_at, n.settled_at
FROM notices n LEFT JOIN notices d ON d.notice_id = n.digest_id
WHERE n.settled_at IS NOT NULL AND n.state NOT IN ('pending', 'sending')
    AND (n.state <> 'digested' OR d.notice_id IS NULL OR d.state NOT IN ('pending', 'sending'))
    AND ($1::uuid IS NULL OR n.notice_id > $1)
ORDER BY n.notice_id LIMIT $2 FOR UPDATE OF n
"""
