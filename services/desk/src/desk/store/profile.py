"""All of one person: the opdrachten they were proposed for, and their mails."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.vocabulary import Answer, Decision, NoticeKind, NoticeOutcome

MOST = 200


async def version(connection: Connection, profile_id: UUID) -> int | None:
    """Return the version of somebody that both topics have told; 0 where one has not, None where neither has
    or they are erased."""
    found: int | None = await connection.fetchval(_VERSION, profile_id)
    return found


_VERSION = """
SELECT coalesce(least(contact_version, facts_version), 0) FROM people WHERE profile_id = $1 AND NOT erased
"""


async def told(connection: Connection, profile_id: UUID) -> dict[str, Any] | None:
    """Return somebody's profile as its owner shows it (`version`, `contact`, `facts`, JSON), where both
    topics have told the same version of it."""
    found: str | None = await connection.fetchval(_TOLD, profile_id)
    return None if found is None else dict(json.loads(found))


_TOLD = """
SELECT json_build_object(
    'version', facts_version, 'facts', facts,
    'contact', json_build_object('name', name, 'email', email, 'phone', phone, 'preferences', preferences)
)::text
FROM people
WHERE profile_id = $1 AND NOT erased AND contact_version = facts_version
"""


async def with_address(connection: Connection, email: str) -> UUID | None:
    """Return who has an e-mail address, whatever its letter case."""
    found: UUID | None = await connection.fetchval(_WITH_ADDRESS, email)
    return found


_WITH_ADDRESS = """
SELECT profile_id FROM people WHERE NOT erased AND lower(email) = lower($1) LIMIT 1
"""


@dataclass(frozen=True)
class Proposed:
    """An opdracht for which somebody was proposed, and how that stands."""

    assignment_id: UUID
    title: str
    organisation: str
    open: bool
    live: bool
    score: float
    first_proposed_at: datetime
    answer: Answer | None
    decision: Decision | None


async def proposed(connection: Connection, profile_id: UUID) -> list[Proposed]:
    """Return the latest opdrachten for which somebody was proposed: those that they fit now are first."""
    return [_proposed(row) for row in await connection.fetch(_PROPOSED, profile_id, MOST)]


_PROPOSED = """
SELECT a.assignment_id, a.title, a.organisation, a.open, m.live, m.score, m.first_proposed_at, m.answer,
    m.decision
FROM matches m JOIN assignments a USING (assignment_id)
WHERE m.profile_id = $1 AND m.revision > 0
ORDER BY m.live AND a.open DESC, m.first_proposed_at DESC, a.assignment_id
LIMIT $2
"""


def _proposed(row: asyncpg.Record) -> Proposed:
    return Proposed(
        assignment_id=row["assignment_id"],
        title=row["title"],
        organisation=row["organisation"],
        open=row["open"],
        live=row["live"],
        score=row["score"],
        first_proposed_at=row["first_proposed_at"],
        answer=row["answer"] and Answer(row["answer"]),
        decision=row["decision"] and Decision(row["decision"]),
    )


@dataclass(frozen=True)
class Mailed:
    """How a mail to somebody ended. `title`: of its opdracht, where it is of one that is known."""

    notice_id: UUID
    kind: NoticeKind
    outcome: NoticeOutcome
    title: str | None
    at: datetime


async def mails(connection: Connection, profile_id: UUID) -> list[Mailed]:
    """Return somebody's latest mails, newest first."""
    rows = await connection.fetch(_MAILS, profile_id, MOST)
    return [
        Mailed(
            row["notice_id"], NoticeKind(row["kind"]), NoticeOutcome(row["outcome"]), row["title"], row["at"]
        )
        for row in rows
    ]


_MAILS = """
SELECT n.notice_id, n.kind, n.outcome, a.title, n.at
FROM notices n LEFT JOIN assignments a USING (assignment_id)
WHERE n.profile_id = $1
ORDER BY n.at DESC, n.notice_id
LIMIT $2
"""


async def titles(connection: Connection, assignment_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the titles of those of these opdrachten that are known."""
    rows = await connection.fetch(_TITLES, list(assignment_ids))
    return {row["assignment_id"]: row["title"] for row in rows}


_TITLES = """
SELECT assignment_id, title FROM assignments WHERE assignment_id = ANY($1)
"""
