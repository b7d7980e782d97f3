"""One person, for whoever looks at them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.facts import ProfileFacts


@dataclass(frozen=True)
class Person:
    """A professional. What is None is not known (yet). `unconfirmed`: whether they are still to say that
    mails may come."""

    profile_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    facts: ProfileFacts | None
    facts_at: datetime | None
    unconfirmed: bool = False


async def get(connection: Connection, profile_id: UUID) -> Person | None:
    """Return a person; None where they are not known, are erased, or cannot be read."""
    row = await connection.fetchrow(_GET, profile_id)
    return None if row is None else read_if_possible("people", profile_id, row, _person)


_GET = """
SELECT profile_id, name, email, phone, facts::text, facts_at, unconfirmed FROM people
WHERE profile_id = $1 AND NOT erased
"""


async def of(connection: Connection, profile_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return these people by id; who is not known, erased, or cannot be read is not there."""
    rows = await connection.fetch(_OF, list(profile_ids))
    found = [read_if_possible("people", row["profile_id"], row, _person) for row in rows]
    return {one.profile_id: one for one in found if one is not None}


_OF = """
SELECT profile_id, name, email, phone, facts::text, facts_at, unconfirmed FROM people
WHERE profile_id = ANY($1) AND NOT erased
"""


def _person(row: asyncpg.Record) -> Person:
    return Person(
        profile_id=row["profile_id"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        facts=row["facts"] and ProfileFacts.model_validate_json(row["facts"]),
        facts_at=row["facts_at"],
        unconfirmed=row["unconfirmed"],
    )


@dataclass(frozen=True)
class LiveMatch:
    """Another opdracht that somebody fits now."""

    assignment_id: UUID
    title: str
    organisation: str
    score: float
    answer: str | None
    decision: str | None


async def live_elsewhere(connection: Connection, profile_id: UUID, assignment_id: UUID) -> list[LiveMatch]:
    """Return the other opdrachten that somebody fits now, best score first."""
    rows = await connection.fetch(_ELSEWHERE, profile_id, assignment_id)
    return [LiveMatch(*row) for row in rows]


_ELSEWHERE = """
SELECT assignment_id, a.title, a.organisation, m.score, m.answer, m.decision
FROM matches m JOIN assignments a USING (assignment_id)
WHERE m.profile_id = $1 AND m.live AND assignment_id <> $2
ORDER BY m.score DESC, assignment_id
"""
