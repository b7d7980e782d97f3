"""The last events on pairs, made anew from their rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import MatchDecided, MatchProposed, MatchWithdrawn
from contracts.vocabulary import Decision

from matching.store.matches import EXPLANATION, TABLE


async def assignments_with_pairs(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Return assignments that somebody was proposed for, by id, after an id."""
    rows = await connection.fetch(_ASSIGNMENTS, after, limit)
    return [row["assignment_id"] for row in rows]


_ASSIGNMENTS = """
SELECT DISTINCT assignment_id
FROM matches
WHERE revision > 0 AND ($1::uuid IS NULL OR assignment_id > $1)
ORDER BY assignment_id
LIMIT $2
"""


async def last_events(
    connection: Connection, assignments: Sequence[UUID]
) -> list[MatchProposed | MatchWithdrawn | MatchDecided]:
    """Return, of each pair of these assignments, the last proposal, withdrawal and decision, in the order in
    which they happened.

    Of a pair that was withdrawn before withdrawals were kept nothing is returned: its proposal alone would
    say that it is live. Of somebody who was erased there is only that they were withdrawn. Of one that this
    version cannot read there is nothing.
    """
    rows = await connection.fetch(_ROWS, list(assignments))
    read = (read_if_possible(TABLE, row["match_id"], row, _events) for row in rows)
    events = [event for of_a_pair in read if of_a_pair is not None for event in of_a_pair]
    return [event for _, event in sorted(events, key=lambda one: one[0])]


_ROWS = """
SELECT match_id, assignment_id, profile_id, revision, live, assignment_version, profile_version, score,
    growth, explanation::text, coalesce(revision_policy, policy) AS policy, proposed_at, first_proposed_at,
    ended_while_live, withdrawn_at, withdrawal,
    coalesce(decisions, array_remove(ARRAY[decision], NULL)) AS decisions, decision_reason, decided_by,
    decided_at, decision_message, decision_tell, decision_reason_code, decision_appointment, answer, decision,
    decided_by_sub
FROM matches
WHERE assignment_id = ANY($1) AND revision > 0
"""


def _events(
    row: asyncpg.Record,
) -> list[tuple[datetime, MatchProposed | MatchWithdrawn | MatchDecided]]:
    found: list[tuple[datetime, MatchProposed | MatchWithdrawn | MatchDecided]] = []
    ended = row["answer"] == "declined" or row["decision"] == Decision.REJECTED
    if row["explanation"] is not None and (row["live"] or ended or row["withdrawn_at"] is not None):
        found.append((row["proposed_at"], _proposed(row)))
    if row["withdrawal"] is not None:
        found.append((row["withdrawn_at"], _withdrawn(row)))
    if row["decided_at"] is not None and row["decision_reason"] is not None:
        found.append((row["decided_at"], _decided(row)))
    return found


def _proposed(row: asyncpg.Record) -> MatchProposed:
    return MatchProposed(
        match_id=row["match_id"],
        revision=row["revision"],
        assignment_id=row["assignment_id"],
        assignment_version=row["assignment_version"],
        profile_id=row["profile_id"],
        profile_version=row["profile_version"],
        score=row["score"],
        growth=row["growth"],
        explanation=EXPLANATION.validate_json(row["explanation"]),
        policy=row["policy"],
        proposed_at=row["proposed_at"],
        first_proposed_at=row["first_proposed_at"],
    )


def _withdrawn(row: asyncpg.Record) -> MatchWithdrawn:
    return MatchWithdrawn.model_validate(
        {
            "match_id": row["match_id"],
            "revision": row["revision"],
            "assignment_id": row["assignment_id"],
            "profile_id": row["profile_id"],
            "withdrawn_at": row["withdrawn_at"],
            **row["withdrawal"],
        },
        strict=False,
    )


def _decided(row: asyncpg.Record) -> MatchDecided:
    decisions = [Decision(one) for one in row["decisions"]]
    return MatchDecided.model_validate(
        {
            "match_id": row["match_id"],
            "assignment_id": row["assignment_id"],
            "profile_id": row["profile_id"],
            "decision": decisions[-1] if decisions else Decision.REOPENED,
            "reason": row["decision_reason"],
            "decided_by": row["decided_by"],
            "decided_by_sub": row["decided_by_sub"],
            "decided_at": row["decided_at"],
            "message": row["decision_message"],
            "tell": row["decision_tell"],
            "reason_code": row["decision_reason_code"],
            "appointment": row["decision_appointment"],
            "standing": decisions,
        },
        strict=False,
    )
