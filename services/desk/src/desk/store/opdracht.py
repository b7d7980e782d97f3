"""One opdracht: its facts and versions, and the people who were proposed for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import CriterionExplained, InterestLacking, MatchDecided, MatchWithdrawn
from contracts.facts import AssignmentFacts, Preferences, ProfileFacts
from contracts.vocabulary import Answer, ClosedReason, Decision, NoticeKind, NoticeOutcome
from pydantic import TypeAdapter

from desk.domain.course import Mail
from desk.domain.people import Candidate, Told

EXPLANATION = TypeAdapter(tuple[CriterionExplained, ...])
DECISIONS = TypeAdapter(tuple[MatchDecided, ...])


@dataclass(frozen=True)
class Opdracht:
    """An opdracht as it stands now."""

    assignment_id: UUID
    version: int
    open: bool
    facts: AssignmentFacts
    opened_at: datetime | None
    closed_at: datetime | None
    closed_reason: ClosedReason | None

    def selecting(self, now: datetime) -> bool:
        """Tell whether nobody can react any more, and it is still open."""
        return self.open and now >= self.facts.respond_by


async def get(connection: Connection, assignment_id: UUID) -> Opdracht | None:
    """Return an opdracht; None where it is not known (drafts are not), or cannot be read."""
    row = await connection.fetchrow(_GET, assignment_id)
    return None if row is None else read_if_possible("assignments", assignment_id, row, _opdracht)


_GET = """
SELECT assignment_id, version, open, facts::text, opened_at, closed_at, closed_reason
FROM assignments
WHERE assignment_id = $1
"""


def _opdracht(row: asyncpg.Record) -> Opdracht:
    return Opdracht(
        assignment_id=row["assignment_id"],
        version=row["version"],
        open=row["open"],
        facts=AssignmentFacts.model_validate_json(row["facts"]),
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        closed_reason=row["closed_reason"] and ClosedReason(row["closed_reason"]),
    )


@dataclass(frozen=True)
class Version:
    """An opdracht as it was from a moment on."""

    version: int
    at: datetime
    facts: AssignmentFacts


async def versions(connection: Connection, assignment_id: UUID) -> list[Version]:
    """Return its versions, the oldest first."""
    rows = await connection.fetch(_VERSIONS, assignment_id)
    found = [read_if_possible("assignment_versions", assignment_id, row, _version) for row in rows]
    return [one for one in found if one is not None]


_VERSIONS = """
SELECT version, at, facts::text FROM assignment_versions WHERE assignment_id = $1 ORDER BY version
"""


def _version(row: asyncpg.Record) -> Version:
    return Version(row["version"], row["at"], AssignmentFacts.model_validate_json(row["facts"]))


async def lacks_interest(connection: Connection, assignment_id: UUID) -> InterestLacking | None:
    """Return what was noticed where nobody shows interest; None where nothing was."""
    text = await connection.fetchval(_ADVICE, assignment_id)
    return text and InterestLacking.model_validate_json(text)


_ADVICE = """
SELECT data::text FROM advice WHERE assignment_id = $1
"""


async def candidates(
    connection: Connection, assignment_id: UUID, profile_ids: Sequence[UUID] | None = None
) -> list[Candidate]:
    """Return the people who were proposed for an opdracht, best score first; `profile_ids`: these alone."""
    rows = await connection.fetch(_CANDIDATES, assignment_id, profile_ids)
    found = [read_if_possible("matches", row["match_id"], row, _candidate) for row in rows]
    return [one for one in found if one is not None]


_CANDIDATES = """
SELECT m.match_id, m.profile_id, m.live, m.score, m.growth, m.explanation::text, m.policy, m.proposed_at,
    m.first_proposed_at, m.answer, m.answer_reason, m.answered_at, m.decision, m.decided_at,
    m.decisions::text, m.withdrawn::text, told.outcome, told.at AS told_at, p.name, p.email, p.phone,
    p.facts::text, p.preferences::text, coalesce(p.erased, false) AS erased, EXISTS (
        SELECT FROM placements w
        WHERE w.assignment_id = m.assignment_id AND w.profile_id = m.profile_id AND w.counts
    ) AS placed
FROM matches m LEFT JOIN people p USING (profile_id) LEFT JOIN LATERAL (
    SELECT outcome, at FROM notices
    WHERE match_id = m.match_id AND kind IN ('match', 'later') ORDER BY at DESC LIMIT 1
) AS told ON true
WHERE m.assignment_id = $1 AND m.revision > 0 AND ($2::uuid[] IS NULL OR m.profile_id = ANY($2))
ORDER BY m.score DESC, m.match_id
"""


def _candidate(row: asyncpg.Record) -> Candidate:
    return Candidate(
        match_id=row["match_id"],
        profile_id=row["profile_id"],
        live=row["live"],
        score=row["score"],
        growth=row["growth"],
        explanation=EXPLANATION.validate_json(row["explanation"]),
        policy=row["policy"],
        proposed_at=row["proposed_at"],
        first_proposed_at=row["first_proposed_at"],
        answer=row["answer"] and Answer(row["answer"]),
        answer_reason=row["answer_reason"],
        answered_at=row["answered_at"],
        decision=row["decision"] and Decision(row["decision"]),
        decided_at=row["decided_at"],
        decisions=DECISIONS.validate_json(row["decisions"]),
        withdrawn=row["withdrawn"] and MatchWithdrawn.model_validate_json(row["withdrawn"]),
        told=row["outcome"] and Told(NoticeOutcome(row["outcome"]), row["told_at"]),
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        facts=row["facts"] and ProfileFacts.model_validate_json(row["facts"]),
        erased=row["erased"],
        preferences=row["preferences"] and Preferences.model_validate_json(row["preferences"]),
        placed=row["placed"],
    )


async def mails(connection: Connection, assignment_id: UUID, profile_id: UUID | None = None) -> list[Mail]:
    """Return how the mails about an opdracht ended; `profile_id`: those to this person alone."""
    rows = await connection.fetch(_MAILS, assignment_id, profile_id)
    return [
        Mail(NoticeKind(row["kind"]), NoticeOutcome(row["outcome"]), row["at"], row["profile_id"])
        for row in rows
    ]


_MAILS = """
SELECT kind, outcome, at, profile_id FROM notices
WHERE assignment_id = $1 AND ($2::uuid IS NULL OR profile_id = $2)
ORDER BY at DESC, notice_id
"""
