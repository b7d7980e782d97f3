"""Matches, each at its latest revision, with the latest answer and decision."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import CriterionExplained, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.vocabulary import Answer, Decision
from pydantic import TypeAdapter

from notifications.domain.match import (
    ENDING_ANSWERS,
    ENDING_DECISIONS,
    Answered,
    Assignment,
    Decided,
    Match,
)
from notifications.domain.notice import Kind, NoticeState
from notifications.store import assignments

EXPLANATION = TypeAdapter(list[CriterionExplained])


async def apply_proposals(connection: Connection, proposals: Sequence[MatchProposed]) -> set[UUID]:
    """Write proposals, one a match, where their revision is newer; return the matches that were not live
    before. One that was declined or rejected does not live again."""
    match_ids = [proposal.match_id for proposal in proposals]
    rows = await connection.fetch(_LIVE_AMONG, match_ids)
    await connection.execute(
        _APPLY_PROPOSALS,
        match_ids,
        [proposal.assignment_id for proposal in proposals],
        [proposal.profile_id for proposal in proposals],
        [proposal.revision for proposal in proposals],
        [proposal.score for proposal in proposals],
        [proposal.growth for proposal in proposals],
        [EXPLANATION.dump_json(proposal.explanation).decode() for proposal in proposals],
        [proposal.proposed_at for proposal in proposals],
        list(ENDING_ANSWERS),
        list(ENDING_DECISIONS),
    )
    return set(match_ids) - {row["match_id"] for row in rows}


_LIVE_AMONG = """
SELECT match_id FROM matches WHERE match_id = ANY($1) AND live
"""
_APPLY_PROPOSALS = """
INSERT INTO matches AS stored
    (match_id, assignment_id, profile_id, revision, live, score, growth, explanation, proposed_at)
SELECT match_id, assignment_id, profile_id, revision, true, score, growth, explanation::jsonb, proposed_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::float8[], $6::bool[], $7::text[],
        $8::timestamptz[])
    AS new (match_id, assignment_id, profile_id, revision, score, growth, explanation, proposed_at)
ORDER BY match_id
ON CONFLICT (match_id) DO UPDATE
SET revision = excluded.revision, score = excluded.score, growth = excluded.growth,
    explanation = excluded.explanation, proposed_at = excluded.proposed_at,
    live = (stored.answer = ANY($9)) IS NOT TRUE AND (stored.decision = ANY($10)) IS NOT TRUE
WHERE excluded.revision > stored.revision
"""


async def apply_withdrawals(connection: Connection, withdrawals: Sequence[MatchWithdrawn]) -> None:
    """Let withdrawn matches live no more, unless they were proposed anew since."""
    await connection.execute(
        _APPLY_WITHDRAWALS,
        [withdrawal.match_id for withdrawal in withdrawals],
        [withdrawal.revision for withdrawal in withdrawals],
    )


_APPLY_WITHDRAWALS = """
UPDATE matches SET live = false
FROM unnest($1::uuid[], $2::int[]) AS withdrawn (match_id, revision)
WHERE matches.match_id = withdrawn.match_id AND matches.revision <= withdrawn.revision
"""


async def apply_decisions(connection: Connection, decisions: Sequence[MatchDecided]) -> None:
    """Write the recruiter's decisions; of several on a match the last counts.

    One that takes the latest back leaves none.
    """
    latest = {decision.match_id: decision for decision in decisions}
    await connection.execute(
        _APPLY_DECISIONS,
        list(latest),
        [decision.decision for decision in latest.values()],
        [decision.reason for decision in latest.values()],
        [decision.decided_at for decision in latest.values()],
        list(ENDING_DECISIONS),
        Decision.REOPENED,
    )


_APPLY_DECISIONS = """
UPDATE matches
SET decision = nullif(new.decision, $6),
    decision_reason = CASE WHEN new.decision <> $6 THEN new.reason END,
    decided_at = CASE WHEN new.decision <> $6 THEN new.at END,
    live = live AND new.decision <> ALL($5)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS new (match_id, decision, reason, at)
WHERE matches.match_id = new.match_id
"""


async def save_answer(connection: Connection, match: Match) -> None:
    """Write what a match's professional answered, and whether it lives on."""
    assert match.answered is not None
    await connection.execute(
        _SAVE_ANSWER,
        match.match_id,
        match.answered.answer,
        match.answered.reason,
        match.answered.at,
        match.live,
    )


_SAVE_ANSWER = """
UPDATE matches SET answer = $2, answer_reason = $3, answered_at = $4, live = $5 WHERE match_id = $1
"""


async def by_ids(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, Match]:
    """Return those of these matches whose assignment is known and whose professional is not erased, best
    score first."""
    rows = await connection.fetch(_BY_IDS, list(match_ids), Kind.LATER, NoticeState.DIGESTED)
    known = await assignments.by_ids(connection, {row["assignment_id"] for row in rows})
    return {
        row["match_id"]: _match(row, known[row["assignment_id"]])
        for row in rows
        if row["assignment_id"] in known
    }


_BY_IDS = """
SELECT m.match_id, m.assignment_id, m.profile_id, m.live, m.score, m.growth, m.explanation::text,
    m.proposed_at, m.answer, m.answer_reason, m.answered_at, m.decision, m.decision_reason, m.decided_at,
    c.name, later.match_id IS NOT NULL AS asked_later
FROM matches m
LEFT JOIN contacts c USING (profile_id)
LEFT JOIN notices later ON later.match_id = m.match_id AND later.kind = $2 AND later.state = $3
WHERE m.match_id = ANY($1) AND c.erased IS NOT TRUE
ORDER BY m.score DESC, m.match_id
"""


def _match(row: asyncpg.Record, assignment: Assignment) -> Match:
    answered = row["answer"] and Answered(Answer(row["answer"]), row["answer_reason"], row["answered_at"])
    decided = row["decision"] and Decided(
        Decision(row["decision"]), row["decision_reason"], row["decided_at"]
    )
    return Match(
        match_id=row["match_id"],
        profile_id=row["profile_id"],
        assignment=assignment,
        live=row["live"],
        score=row["score"],
        growth=row["growth"],
        explanation=EXPLANATION.validate_json(row["explanation"]),
        proposed_at=row["proposed_at"],
        name=row["name"],
        answered=answered,
        decided=decided,
        asked_later=row["asked_later"],
    )


async def get(connection: Connection, match_id: UUID) -> Match | None:
    """Return a match; None where it or its assignment is not known (yet), or its professional is erased."""
    return (await by_ids(connection, [match_id])).get(match_id)


async def get_for_update(connection: Connection, match_id: UUID) -> Match | None:
    """Return a match as `get` does, its assignment's row and its own locked until the transaction ends.

    The assignment's row comes first, as wherever both are locked: the answers on one assignment are then
    published in the order in which they are committed (their key is the assignment).
    """
    await connection.execute(_LOCK_ASSIGNMENT, match_id)
    await connection.execute(_LOCK, match_id)
    return await get(connection, match_id)


_LOCK_ASSIGNMENT = """
SELECT FROM assignments JOIN matches USING (assignment_id) WHERE match_id = $1 FOR UPDATE OF assignments
"""
_LOCK = """
SELECT FROM matches WHERE match_id = $1 FOR UPDATE
"""
