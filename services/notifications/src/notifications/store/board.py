"""The recruiter's board as it is read: assignments with their counts, and who stands where. Leaves with the
board."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Connection
from contracts.vocabulary import Answer

from notifications.domain.match import ENDING_ANSWERS, ENDING_DECISIONS, Assignment, Ended, Match
from notifications.store import assignments, matches

LENGTH = 200


@dataclass(frozen=True)
class Line:
    """An assignment on the list: how many of its matches live (of a closed one: how many there were), and
    how many of those are interested."""

    assignment: Assignment
    live: int
    interested: int


async def lines(connection: Connection) -> list[Line]:
    """Return the assignments for the recruiter's page: open ones first, then urgent ones, then new ones."""
    rows = await connection.fetch(_LINES, Answer.INTERESTED, LENGTH)
    known = await assignments.by_ids(connection, [row["assignment_id"] for row in rows])
    return [
        Line(assignment=known[row["assignment_id"]], live=row["live"], interested=row["interested"])
        for row in rows
        if row["assignment_id"] in known
    ]


# The order is that of the index `assignments_listed`; only what is shown is counted.
_LINES = """
SELECT a.assignment_id, counted.live, counted.interested
FROM (
    SELECT assignment_id, open, urgent FROM assignments
    ORDER BY open DESC, urgent DESC, assignment_id DESC LIMIT $2
) AS a, LATERAL (
    SELECT count(*) AS live, count(*) FILTER (WHERE m.answer = $1) AS interested
    FROM matches m
    WHERE m.assignment_id = a.assignment_id AND (m.live OR NOT a.open)
) AS counted
ORDER BY a.open DESC, a.urgent DESC, a.assignment_id DESC
"""


async def live_matches(connection: Connection, assignment_id: UUID) -> list[Match]:
    """Return an assignment's live matches, best score first."""
    rows = await connection.fetch(_LIVE_MATCHES, assignment_id)
    found = await matches.by_ids(connection, [row["match_id"] for row in rows])
    return [found[row["match_id"]] for row in rows if row["match_id"] in found]


_LIVE_MATCHES = """
SELECT match_id FROM matches WHERE assignment_id = $1 AND live ORDER BY score DESC, profile_id
"""


async def ended_matches(connection: Connection, assignment_id: UUID) -> Ended:
    """Count an assignment's matches that no longer live, by how they ended."""
    row = await connection.fetchrow(
        _ENDED_MATCHES, assignment_id, list(ENDING_ANSWERS), list(ENDING_DECISIONS)
    )
    assert row is not None
    return Ended(declined=row["declined"], rejected=row["rejected"], fell_off=row["fell_off"])


_ENDED_MATCHES = """
SELECT count(*) FILTER (WHERE declined) AS declined,
    count(*) FILTER (WHERE rejected AND NOT declined) AS rejected,
    count(*) FILTER (WHERE NOT rejected AND NOT declined) AS fell_off
FROM (
    SELECT (answer = ANY($2)) IS TRUE AS declined, (decision = ANY($3)) IS TRUE AS rejected
    FROM matches
    WHERE assignment_id = $1 AND NOT live AND revision > 0
) AS ended
"""
