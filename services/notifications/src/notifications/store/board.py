"""The recruiter's board as it is read: assignments with their counts, and who stands where. Leaves with the
board."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Connection
from contracts.vocabulary import Answer, Urgency

from notifications.domain.match import Assignment, Match
from notifications.store import assignments, matches

LENGTH = 200


@dataclass(frozen=True)
class Line:
    """An assignment on the list: how many of its matches live, and how many of those are interested."""

    assignment: Assignment
    live: int
    interested: int


async def lines(connection: Connection) -> list[Line]:
    """Return the assignments for the recruiter's page: open ones first, then urgent ones, then new ones."""
    rows = await connection.fetch(_LINES, Answer.INTERESTED, Urgency.SPOED, LENGTH)
    known = await assignments.by_ids(connection, [row["assignment_id"] for row in rows])
    return [
        Line(assignment=known[row["assignment_id"]], live=row["live"], interested=row["interested"])
        for row in rows
    ]


_LINES = """
SELECT assignment_id, count(m.match_id) AS live, count(*) FILTER (WHERE m.answer = $1) AS interested
FROM assignments LEFT JOIN matches m USING (assignment_id)
WHERE m.match_id IS NULL OR m.live OR NOT open
GROUP BY assignment_id
ORDER BY open DESC, facts->>'urgency' = $2 DESC, assignment_id DESC
LIMIT $3
"""


async def live_matches(connection: Connection, assignment_id: UUID) -> list[Match]:
    """Return an assignment's live matches, best score first."""
    rows = await connection.fetch(_LIVE_MATCHES, assignment_id)
    found = await matches.by_ids(connection, [row["match_id"] for row in rows])
    return [found[row["match_id"]] for row in rows if row["match_id"] in found]


_LIVE_MATCHES = """
SELECT match_id FROM matches WHERE assignment_id = $1 AND live ORDER BY score DESC, profile_id
"""
