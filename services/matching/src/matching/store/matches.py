"""What became of pairs: proposed, withdrawn, answered, decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.database.arrays import numbers_as_array
from chassis.unreadable import read_if_possible, read_row
from contracts.events import CriterionExplained, MatchAnswered
from contracts.vocabulary import Answer, Decision
from pydantic import TypeAdapter

from matching.domain import policy, reconciliation
from matching.domain.decision import Decided
from matching.domain.match import Match, Pair, match_id
from matching.domain.reconciliation import Proposal, Reconciliation
from matching.store.assignments import Assignment

TABLE = "matches"
EXPLANATION = TypeAdapter(list[CriterionExplained])
WITHDRAWAL = {"reason", "rules", "score"}


async def lock_matches(
    connection: Connection, match_ids: Collection[UUID], profile_ids: Collection[UUID]
) -> None:
    """Lock these matches and all of these profiles, by id, until the transaction ends."""
    if match_ids or profile_ids:
        await connection.execute(_LOCK, list(match_ids), list(profile_ids))


_LOCK = """
SELECT FROM matches WHERE match_id = ANY($1) OR profile_id = ANY($2) ORDER BY match_id FOR UPDATE
"""


async def upsert_answers(connection: Connection, answers: Sequence[MatchAnswered]) -> None:
    """Write answers, before or after their proposal: the latest of each pair stands.

    Of two that were given at the same moment the decline stands, in whatever order they come. Rows are
    written in the order of their ids.
    """
    if not answers:
        return
    await connection.executemany(
        _UPSERT_ANSWER,
        [
            (
                match_id(answer.assignment_id, answer.profile_id),
                answer.assignment_id,
                answer.profile_id,
                answer.answer,
                answer.answered_at,
                Answer.DECLINED,
            )
            for answer in sorted(answers, key=lambda one: match_id(one.assignment_id, one.profile_id))
        ],
    )


_UPSERT_ANSWER = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, answer, answered_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (match_id) DO UPDATE SET
    answer = excluded.answer,
    answered_at = excluded.answered_at,
    live = stored.live AND excluded.answer <> $6,
    ended_while_live = stored.ended_while_live OR (stored.live AND excluded.answer = $6)
WHERE stored.answered_at IS NULL
    OR (stored.answered_at, stored.answer = $6) <= (excluded.answered_at, excluded.answer = $6)
"""


async def assignments_with_live(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return the assignments that have a live proposal for one of the profiles, which is not placed."""
    rows = await connection.fetch(_ASSIGNMENTS_WITH_LIVE, list(profile_ids))
    return {row["assignment_id"] for row in rows}


_ASSIGNMENTS_WITH_LIVE = """
SELECT DISTINCT assignment_id FROM matches WHERE live AND NOT placed AND profile_id = ANY($1)
"""


async def closed_with_live(connection: Connection) -> list[UUID]:
    """Return the closed assignments that have a live proposal still, but of who is placed."""
    return [row["assignment_id"] for row in await connection.fetch(_CLOSED_WITH_LIVE)]


_CLOSED_WITH_LIVE = """
SELECT DISTINCT assignment_id
FROM matches JOIN assignments USING (assignment_id)
WHERE live AND NOT placed AND NOT open
"""


async def pairs_of(connection: Connection, assignment_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Pair]]:
    """Return all that is known of the assignments' pairs, by assignment id and profile id.

    Also of those that this version cannot read in full (`Pair.readable`).
    """
    rows = await connection.fetch(_PAIRS, list(assignment_ids))
    pairs: dict[UUID, dict[UUID, Pair]] = {assignment_id: {} for assignment_id in assignment_ids}
    for row in rows:
        pairs[row["assignment_id"]][row["profile_id"]] = _pair(row)
    return pairs


_PAIRS = """
SELECT match_id, assignment_id, profile_id, revision, live, assignment_version, profile_version, score,
    growth, points, policy, proposed_at, first_proposed_at, ended_while_live, answer, decision, placed,
    greatest(proposed_at, withdrawn_at, decided_at) AS last_at
FROM matches
WHERE assignment_id = ANY($1)
"""


def _pair(row: asyncpg.Record) -> Pair:
    known = read_if_possible(TABLE, row["match_id"], row, said)
    answer, decision = known or (None, None)
    return Pair(
        profile_id=row["profile_id"],
        revision=row["revision"],
        live=row["live"],
        assignment_version=row["assignment_version"],
        profile_version=row["profile_version"],
        score=row["score"],
        growth=row["growth"],
        points=row["points"],
        judged_by=row["policy"],
        proposed_at=row["proposed_at"],
        first_proposed_at=row["first_proposed_at"],
        ended_while_live=row["ended_while_live"],
        answer=answer,
        decision=decision,
        readable=known is not None,
        last_at=row["last_at"],
        placed=row["placed"],
    )


def said(row: asyncpg.Record) -> tuple[Answer | None, Decision | None]:
    """Return a pair's latest answer and standing decision; raises ValueError for what is not known here."""
    answer, decision = row["answer"], row["decision"]
    return answer and Answer(answer), decision and Decision(decision)


async def save(
    connection: Connection, reconciled: Sequence[tuple[Assignment, Reconciliation]], now: datetime
) -> None:
    """Write what reconciliations say into the matches."""
    withdrawn = [
        reconciliation.withdrawn(assignment.assignment_id, item, now)
        for assignment, decided in reconciled
        for item in decided.withdrawals
    ]
    if withdrawn:
        await connection.execute(
            _WITHDRAW,
            [event.match_id for event in withdrawn],
            [event.withdrawn_at for event in withdrawn],
            [event.model_dump_json(include=WITHDRAWAL) for event in withdrawn],
        )
    proposed = [(assignment, item) for assignment, decided in reconciled for item in decided.proposals]
    if proposed:
        await connection.execute(_PROPOSE, policy.VERSION, *_proposal_columns(proposed, now))


_WITHDRAW = """
UPDATE matches
SET live = false, ended_while_live = false, withdrawn_at = new.withdrawn_at,
    withdrawal = new.withdrawal::jsonb
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS new (match_id, withdrawn_at, withdrawal)
WHERE matches.match_id = new.match_id
"""

# A revision keeps the name of the policy that it was made by, and the explanation that goes with it.
_PROPOSE = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, revision, live, assignment_version,
    profile_version, score, growth, explanation, points, policy, revision_policy, proposed_at,
    first_proposed_at)
SELECT match_id, assignment_id, profile_id, revision, true, assignment_version, profile_version, score,
    growth, explanation::jsonb, points::float8[], $1, $1, proposed_at, proposed_at
FROM unnest($2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::int[], $8::int[],
    $9::float8[], $10::bool[], $11::text[], $12::text[])
    AS new (proposed_at, match_id, assignment_id, profile_id, revision, assignment_version, profile_version,
        score, growth, explanation, points)
ON CONFLICT (match_id) DO UPDATE SET
    revision = excluded.revision,
    live = true,
    ended_while_live = false,
    withdrawn_at = NULL,
    withdrawal = NULL,
    assignment_version = excluded.assignment_version,
    profile_version = excluded.profile_version,
    score = excluded.score,
    growth = excluded.growth,
    explanation = CASE WHEN excluded.revision > stored.revision
            OR coalesce(stored.revision_policy, stored.policy) = excluded.policy
        THEN excluded.explanation ELSE stored.explanation END,
    points = excluded.points,
    policy = excluded.policy,
    revision_policy = CASE WHEN excluded.revision > stored.revision
        THEN excluded.policy ELSE coalesce(stored.revision_policy, stored.policy) END,
    proposed_at = CASE WHEN excluded.revision > stored.revision
        THEN excluded.proposed_at ELSE stored.proposed_at END,
    first_proposed_at = coalesce(stored.first_proposed_at, stored.proposed_at, excluded.proposed_at)
"""


def _proposal_columns(proposed: Sequence[tuple[Assignment, Proposal]], now: datetime) -> list[Any]:
    return [
        [item.moment(now) for _, item in proposed],
        [match_id(assignment.assignment_id, item.profile_id) for assignment, item in proposed],
        [assignment.assignment_id for assignment, _ in proposed],
        [item.profile_id for _, item in proposed],
        [item.revision for _, item in proposed],
        [assignment.version for assignment, _ in proposed],
        [item.profile_version for _, item in proposed],
        [item.score for _, item in proposed],
        [item.growth for _, item in proposed],
        [item.explanation.json.decode() for _, item in proposed],
        [numbers_as_array(item.points) for _, item in proposed],
    ]


async def rehearse(connection: Connection) -> None:
    """Have the server prepare, on this connection, what a reconciliation asks and writes; to no effect."""
    await pairs_of(connection, [])
    await connection.execute(_PROPOSE, policy.VERSION, *_proposal_columns([], datetime.min))


@dataclass(frozen=True)
class EverProposed:
    """A profile that was proposed at least once. `growth`: for an assignment above its level, too."""

    profile_id: UUID
    growth: bool


async def ever_proposed(connection: Connection) -> list[EverProposed]:
    """Return every profile that was proposed at least once and is not erased."""
    rows = await connection.fetch(_EVER_PROPOSED)
    return [EverProposed(profile_id=row["profile_id"], growth=row["growth"]) for row in rows]


_EVER_PROPOSED = """
SELECT profile_id, bool_or(growth) AS growth FROM matches WHERE growth IS NOT NULL GROUP BY profile_id
"""


async def get_match(connection: Connection, match_id: UUID) -> Match | None:
    """Return a match that was proposed at least once; None also where its professional was erased.

    Raises UnreadableRow where this version cannot read it.
    """
    row = await connection.fetchrow(_GET, match_id)
    return None if row is None else read_row(TABLE, match_id, row, _match)


_MATCHES = """
SELECT match_id, assignment_id, profile_id, revision, live, score, growth, explanation::text AS explanation,
    coalesce(revision_policy, policy) AS policy, proposed_at,
    coalesce(first_proposed_at, proposed_at) AS first_proposed_at, ended_while_live, answer,
    coalesce(decisions, array_remove(ARRAY[decision], NULL)) AS decisions, decided_at, placed,
    greatest(proposed_at, withdrawn_at, decided_at) AS last_at
FROM matches
"""

_GET = f"""
{_MATCHES}
WHERE match_id = $1 AND explanation IS NOT NULL
"""


async def live_matches(
    connection: Connection, assignment_id: UUID, after: tuple[float, UUID] | None, limit: int
) -> list[Match]:
    """Return an assignment's live matches and who is placed, best first, after a (score, profile id).

    Those of somebody who was erased are withdrawn soon, and not shown before; those that this version cannot
    read are left out.
    """
    return await _live(connection, _LIVE, assignment_id, "profile_id", after, limit)


_LIVE = f"""
{_MATCHES}
WHERE assignment_id = $1
    AND (live OR placed)
    AND explanation IS NOT NULL
    AND ($2::float8 IS NULL OR score < $2 OR (score = $2 AND profile_id > $3::uuid))
ORDER BY score DESC, profile_id
LIMIT $4
"""


async def live_matches_of_profile(
    connection: Connection, profile_id: UUID, after: tuple[float, UUID] | None, limit: int
) -> list[Match]:
    """Return a professional's live matches and where they are placed, best first, after a (score, assignment
    id), as `live_matches`."""
    return await _live(connection, _LIVE_OF_PROFILE, profile_id, "assignment_id", after, limit)


_LIVE_OF_PROFILE = f"""
{_MATCHES}
WHERE profile_id = $1
    AND (live OR placed)
    AND explanation IS NOT NULL
    AND ($2::float8 IS NULL OR score < $2 OR (score = $2 AND assignment_id > $3::uuid))
ORDER BY score DESC, assignment_id
LIMIT $4
"""


async def _live(
    connection: Connection,
    statement: str,
    whose: UUID,
    other: str,
    after: tuple[float, UUID] | None,
    limit: int,
) -> list[Match]:
    score, last = after or (None, None)
    found: list[Match] = []
    while wanted := limit - len(found):
        rows = await connection.fetch(statement, whose, score, last, wanted)
        matches = (read_if_possible(TABLE, row["match_id"], row, _match) for row in rows)
        found += [match for match in matches if match is not None]
        if len(rows) < wanted:
            break
        score, last = rows[-1]["score"], rows[-1][other]
    return found


def _match(row: asyncpg.Record) -> Match:
    return Match(
        match_id=row["match_id"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        revision=row["revision"],
        live=row["live"],
        score=row["score"],
        growth=row["growth"],
        explanation=EXPLANATION.validate_json(row["explanation"]),
        policy=row["policy"],
        proposed_at=row["proposed_at"],
        first_proposed_at=row["first_proposed_at"],
        ended_while_live=row["ended_while_live"],
        answer=row["answer"] and Answer(row["answer"]),
        decisions=tuple(map(Decision, row["decisions"])),
        decided_at=row["decided_at"],
        last_at=row["last_at"],
        placed=row["placed"],
    )


async def save_decision(connection: Connection, decided: Decided) -> None:
    """Write a decision, and whether the match is live after it."""
    match, event = decided.match, decided.event
    await connection.execute(
        _DECIDE,
        match.match_id,
        match.live,
        match.ended_while_live,
        match.decision,
        list(match.decisions),
        event.decided_by,
        event.decided_at,
        event.reason,
        event.message,
        event.tell,
        event.reason_code,
        event.appointment and event.appointment.model_dump(mode="json"),
        event.decided_by_sub,
    )


_DECIDE = """
UPDATE matches
SET live = $2, ended_while_live = $3, decision = $4, decisions = $5, decided_by = $6, decided_at = $7,
    decision_reason = $8, decision_message = $9, decision_tell = $10, decision_reason_code = $11,
    decision_appointment = $12, decided_by_sub = $13
WHERE match_id = $1
"""
