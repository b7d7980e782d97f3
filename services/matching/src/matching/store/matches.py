"""What became of pairs: proposed, withdrawn, answered, decided."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import CriterionExplained, MatchAnswered
from contracts.vocabulary import Answer, Decision
from pydantic import TypeAdapter

from matching.domain import policy
from matching.domain.settlement import Pair, Proposal, Settlement, match_id
from matching.store.halves import KeptAssignment, touch_assignments

EXPLANATION = TypeAdapter(list[CriterionExplained])


async def take_answers(connection: Connection, answers: Sequence[MatchAnswered]) -> None:
    """Keep answers, before or after their proposal. `declined` is final and ends the pair."""
    if not answers:
        return
    ordered = sorted(answers, key=lambda answer: answer.answered_at)
    await touch_assignments(connection, [answer.assignment_id for answer in ordered])
    await connection.executemany(
        "INSERT INTO matches AS kept (match_id, assignment_id, profile_id, answer, answered_at)"
        " VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (match_id) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at,"
        " live = kept.live AND excluded.answer <> 'declined'"
        " WHERE kept.answer IS DISTINCT FROM 'declined'"
        " AND (kept.answered_at IS NULL OR kept.answered_at <= excluded.answered_at)",
        [
            (
                match_id(answer.assignment_id, answer.profile_id),
                answer.assignment_id,
                answer.profile_id,
                answer.answer,
                answer.answered_at,
            )
            for answer in ordered
        ],
    )


async def live_for(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return the assignments that have a live proposal for one of the profiles."""
    rows = await connection.fetch(
        "SELECT DISTINCT assignment_id FROM matches WHERE live AND profile_id = ANY($1)", list(profile_ids)
    )
    return {row["assignment_id"] for row in rows}


async def pairs(connection: Connection, assignment_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Pair]]:
    """Return all that is kept of the assignments' pairs, by assignment id and profile id."""
    rows = await connection.fetch(
        "SELECT assignment_id, profile_id, revision, live, assignment_version, profile_version, score,"
        " growth, points, proposed_at, answer, decision FROM matches WHERE assignment_id = ANY($1)",
        list(assignment_ids),
    )
    found: dict[UUID, dict[UUID, Pair]] = {one: {} for one in assignment_ids}
    for row in rows:
        found[row["assignment_id"]][row["profile_id"]] = _pair(row)
    return found


def _pair(row: asyncpg.Record) -> Pair:
    return Pair(
        row["profile_id"],
        row["revision"],
        row["live"],
        row["assignment_version"],
        row["profile_version"],
        row["score"],
        row["growth"],
        row["points"],
        row["proposed_at"],
        row["answer"] and Answer(row["answer"]),
        row["decision"] and Decision(row["decision"]),
    )


async def write(
    connection: Connection, settled: Sequence[tuple[KeptAssignment, Settlement]], now: datetime
) -> None:
    """Write what settlements say into the matches."""
    gone = [(kept, item) for kept, settlement in settled for item in settlement.withdrawals]
    if gone:
        await connection.execute(
            "UPDATE matches SET live = false WHERE match_id = ANY($1)",
            [match_id(kept.assignment_id, item.profile_id) for kept, item in gone],
        )
    proposed = [(kept, item) for kept, settlement in settled for item in settlement.proposals]
    if proposed:
        await connection.execute(_PROPOSE, policy.VERSION, now, *_proposal_columns(proposed))


_PROPOSE = """
INSERT INTO matches AS kept (match_id, assignment_id, profile_id, revision, live, assignment_version,
    profile_version, score, growth, explanation, points, policy, proposed_at)
SELECT match_id, assignment_id, profile_id, revision, true, assignment_version, profile_version, score,
    growth, explanation::jsonb, points::float8[], $1, $2
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::int[], $8::int[], $9::float8[], $10::bool[],
    $11::text[], $12::text[])
    AS new (match_id, assignment_id, profile_id, revision, assignment_version, profile_version, score, growth,
        explanation, points)
ON CONFLICT (match_id) DO UPDATE SET revision = excluded.revision, live = true,
    assignment_version = excluded.assignment_version, profile_version = excluded.profile_version,
    score = excluded.score, growth = excluded.growth, explanation = excluded.explanation,
    points = excluded.points, policy = excluded.policy,
    proposed_at = CASE WHEN excluded.revision > kept.revision
        THEN excluded.proposed_at ELSE kept.proposed_at END
"""


def _proposal_columns(proposed: Sequence[tuple[KeptAssignment, Proposal]]) -> list[Any]:
    return [
        [match_id(kept.assignment_id, item.profile_id) for kept, item in proposed],
        [kept.assignment_id for kept, _ in proposed],
        [item.profile_id for _, item in proposed],
        [item.revision for _, item in proposed],
        [kept.version for kept, _ in proposed],
        [item.profile_version for _, item in proposed],
        [item.score for _, item in proposed],
        [item.growth for _, item in proposed],
        [EXPLANATION.dump_json(item.explanation).decode() for _, item in proposed],
        # arrays of arrays do not unnest; each goes as PostgreSQL writes one
        ["{" + ",".join(map(repr, item.points)) + "}" for _, item in proposed],
    ]


async def ever_proposed(connection: Connection) -> list[asyncpg.Record]:
    """Return every profile that was proposed at least once, and whether for an assignment above its level."""
    return await connection.fetch(
        "SELECT profile_id, bool_or(growth) AS growth FROM matches WHERE revision > 0 GROUP BY profile_id"
    )


MATCH = (
    "match_id, assignment_id, profile_id, revision, live, score, growth, explanation, policy, proposed_at,"
    " answer, decision"
)


async def get(connection: Connection, match_id: UUID) -> asyncpg.Record | None:
    """Return a match that was proposed at least once."""
    return await connection.fetchrow(
        f"SELECT {MATCH} FROM matches WHERE match_id = $1 AND revision > 0", match_id
    )


async def live_page(
    connection: Connection, assignment_id: UUID, after: tuple[float, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Return an assignment's live matches, best first, after a (score, profile id)."""
    score, profile_id = after or (None, None)
    return await connection.fetch(
        f"SELECT {MATCH} FROM matches WHERE assignment_id = $1 AND live"
        " AND ($2::float8 IS NULL OR score < $2 OR (score = $2 AND profile_id > $3::uuid))"
        " ORDER BY score DESC, profile_id LIMIT $4",
        assignment_id,
        score,
        profile_id,
        limit,
    )


async def decide(
    connection: Connection, match_id: UUID, decision: Decision, reason: str, decided_by: str, now: datetime
) -> None:
    """Write the recruiter's decision; a rejection ends the pair."""
    await connection.execute(
        "UPDATE matches SET decision = $2, decision_reason = $3, decided_by = $4, decided_at = $5,"
        " live = live AND $2 <> 'rejected' WHERE match_id = $1",
        match_id,
        decision,
        reason,
        decided_by,
        now,
    )
