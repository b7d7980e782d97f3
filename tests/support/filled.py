"""Notifications' database after years: many opdrachten, matches and notices, most of them long ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection


@dataclass(frozen=True)
class Years:
    """How much there is: opdrachten that are open, every tenth urgent, and closed ones; matches, and as many
    notices, spread over them; people who share them. Every second notice of an open opdracht is due."""

    open: int = 500
    closed: int = 2_000
    matches: int = 50_000
    people: int = 2_000


def person(number: int) -> UUID:
    """Return somebody's id, as `fill` writes it."""
    return UUID(f"00000000-0000-0000-0001-{number:012d}")


def opdracht(number: int) -> UUID:
    """Return an opdracht's id: the open ones come first."""
    return UUID(f"00000000-0000-0000-0002-{number:012d}")


def _id(table: int, number: str) -> str:
    return f"('00000000-0000-0000-000{table}-' || lpad(({number})::text, 12, '0'))::uuid"


async def fill(connection: Connection, years: Years, now: datetime) -> None:
    """Fill an empty database."""
    assignments = years.open + years.closed
    of_an_assignment, of_a_person = _id(2, f"n % {assignments}"), _id(1, f"n % {years.people}")
    is_open = f"n % {assignments} < {years.open}"
    await connection.execute(f"""
        INSERT INTO contacts (profile_id, version, erased, name, email, preferences)
        SELECT {_id(1, "n")}, 1, false, 'Iemand', 'jaren' || n || '@example.org',
            '{{"frequency": "direct", "min_score": 0, "quiet_hours": false}}'
        FROM generate_series(0, {years.people - 1}) AS n
    """)
    await connection.execute(
        f"""
        INSERT INTO assignments (assignment_id, version, open, closed_reason, facts, respond_by)
        SELECT {_id(2, "n")}, 1, {is_open}, CASE WHEN NOT {is_open} THEN 'filled' END,
            jsonb_build_object('urgency', CASE WHEN n % 10 = 0 THEN 'spoed' ELSE 'normaal' END,
                'description', repeat('Lang verhaal. ', 100)), $1
        FROM generate_series(0, {assignments - 1}) AS n
        """,
        now,
    )
    await connection.execute(
        f"""
        INSERT INTO matches (match_id, assignment_id, profile_id, revision, live, score, growth, explanation,
            proposed_at, answer)
        SELECT {_id(3, "n")}, {of_an_assignment}, {of_a_person}, 1, {is_open}, 70, false, '[]', $1,
            CASE WHEN n % 7 = 0 THEN 'interested' END
        FROM generate_series(0, {years.matches - 1}) AS n
        """,
        now,
    )
    await connection.execute(
        f"""
        INSERT INTO notices (notice_id, kind, assignment_id, match_id, profile_id, state, address, mailbox,
            due_at, caused_at)
        SELECT {_id(4, "n")}, 'match', {of_an_assignment}, {_id(3, "n")}, {of_a_person},
            CASE WHEN {is_open} AND n / {assignments} % 2 = 0 THEN 'pending' ELSE 'accepted' END,
            'jaren' || n % {years.people} || '@example.org', 'jaren' || n % {years.people} || '@example.org',
            $1::timestamptz - n * interval '1 second', $1
        FROM generate_series(0, {years.matches - 1}) AS n
        """,
        now,
    )
    await connection.execute("ANALYZE")
