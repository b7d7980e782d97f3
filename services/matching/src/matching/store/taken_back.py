"""What became of pairs, taken back from the service's own topics into a database that went back.

As everywhere the moments of a pair's events are their order, so what is known already changes nothing. A
proposal brings its revision, so those of a rebuilt database go on above it; who is live is reconciled once
the other halves are known again.
"""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from chassis.database.arrays import numbers_as_array
from contracts.events import InterestLacking, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.values import parse_moment
from contracts.vocabulary import Answer, Decision

from matching.domain.reconciliation import points_of
from matching.store.matches import EXPLANATION, WITHDRAWAL


async def take_back_proposals(connection: Connection, events: Sequence[MatchProposed]) -> bool:
    """Write proposals, each of another pair; tell whether one was not known. Of somebody who is erased only
    that there was one."""
    written = await connection.fetch(
        _PROPOSED,
        [event.match_id for event in events],
        [event.assignment_id for event in events],
        [event.profile_id for event in events],
        [event.revision for event in events],
        [event.assignment_version for event in events],
        [event.profile_version for event in events],
        [event.score for event in events],
        [event.growth for event in events],
        [EXPLANATION.dump_json(event.explanation).decode() for event in events],
        [numbers_as_array(points_of(event.explanation)) for event in events],
        [event.policy for event in events],
        [event.proposed_at for event in events],
        [event.first_proposed_at or event.proposed_at for event in events],
        Answer.DECLINED,
        Decision.REJECTED,
    )
    return bool(written)


_PROPOSED = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, revision, live, assignment_version,
    profile_version, score, growth, explanation, points, policy, revision_policy, proposed_at,
    first_proposed_at)
SELECT match_id, assignment_id, profile_id, revision, true, assignment_version, profile_version,
    CASE WHEN NOT is_erased THEN score END, CASE WHEN NOT is_erased THEN growth END,
    CASE WHEN NOT is_erased THEN explanation::jsonb END, CASE WHEN NOT is_erased THEN points::float8[] END,
    policy, policy, proposed_at, first_proposed_at
FROM (
    SELECT new.*, EXISTS (
        SELECT FROM profiles p WHERE p.profile_id = new.profile_id AND p.erased
    ) AS is_erased
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::int[], $7::float8[], $8::bool[],
        $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])
        AS new (match_id, assignment_id, profile_id, revision, assignment_version, profile_version, score,
            growth, explanation, points, policy, proposed_at, first_proposed_at)
    ORDER BY match_id
) AS new
ON CONFLICT (match_id) DO UPDATE SET
    revision = greatest(stored.revision, excluded.revision),
    live = stored.answer IS DISTINCT FROM $14 AND stored.decision IS DISTINCT FROM $15,
    ended_while_live = stored.answer IS NOT DISTINCT FROM $14 OR stored.decision IS NOT DISTINCT FROM $15,
    assignment_version = excluded.assignment_version,
    profile_version = excluded.profile_version,
    score = excluded.score,
    growth = excluded.growth,
    explanation = excluded.explanation,
    points = excluded.points,
    policy = excluded.policy,
    revision_policy = excluded.policy,
    proposed_at = excluded.proposed_at,
    first_proposed_at = least(stored.first_proposed_at, excluded.first_proposed_at),
    withdrawn_at = NULL,
    withdrawal = NULL
WHERE (greatest(stored.proposed_at, stored.withdrawn_at) >= excluded.proposed_at) IS NOT TRUE
RETURNING match_id
"""


async def take_back_withdrawals(connection: Connection, events: Sequence[MatchWithdrawn]) -> bool:
    """Write withdrawals, each of another pair; tell whether one was not known. That of a proposal which no
    topic holds any more brings its revision."""
    written = await connection.fetch(
        _WITHDRAWN,
        [event.match_id for event in events],
        [event.assignment_id for event in events],
        [event.profile_id for event in events],
        [event.revision for event in events],
        [event.withdrawn_at for event in events],
        [event.model_dump_json(include=WITHDRAWAL) for event in events],
    )
    return bool(written)


_WITHDRAWN = """
INSERT INTO matches AS stored
    (match_id, assignment_id, profile_id, revision, proposed_at, withdrawn_at, withdrawal)
SELECT match_id, assignment_id, profile_id, revision, withdrawn_at, withdrawn_at, withdrawal::jsonb
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::text[])
    AS new (match_id, assignment_id, profile_id, revision, withdrawn_at, withdrawal)
ORDER BY match_id
ON CONFLICT (match_id) DO UPDATE SET
    revision = greatest(stored.revision, excluded.revision),
    proposed_at = coalesce(stored.proposed_at, excluded.proposed_at),
    live = false,
    ended_while_live = false,
    withdrawn_at = excluded.withdrawn_at,
    withdrawal = excluded.withdrawal
WHERE (greatest(stored.proposed_at, stored.withdrawn_at) >= excluded.withdrawn_at) IS NOT TRUE
RETURNING match_id
"""


async def take_back_decisions(connection: Connection, events: Sequence[MatchDecided]) -> bool:
    """Write decisions, each on another pair; tell whether one was not known."""
    written = await connection.fetch(
        _DECIDED,
        [event.match_id for event in events],
        [event.assignment_id for event in events],
        [event.profile_id for event in events],
        [event.decision for event in events],
        [None if event.standing is None else "{" + ",".join(event.standing) + "}" for event in events],
        [
            event.model_dump_json(include={"message", "tell", "reason_code", "appointment", "decided_by_sub"})
            for event in events
        ],
        [event.reason for event in events],
        [event.decided_by for event in events],
        [event.decided_at for event in events],
        Decision.REOPENED,
        Decision.REJECTED,
    )
    return bool(written)


# An event of before `standing` adds to the decisions that are known, or takes the last of them back.
_DECIDED = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, decision, decisions, decision_reason,
    decision_message, decision_tell, decision_reason_code, decision_appointment, decided_by, decided_at,
    decided_by_sub)
SELECT match_id, assignment_id, profile_id, decisions[cardinality(decisions)], decisions, reason,
    words->>'message', (words->>'tell')::boolean, words->>'reason_code', nullif(words->'appointment', 'null'),
    decided_by, decided_at, words->>'decided_by_sub'
FROM (
    SELECT new.*, said::jsonb AS words, CASE
            WHEN standing IS NOT NULL THEN standing::text[]
            WHEN new.decision = $10 THEN trim_array(before.decisions, least(cardinality(before.decisions), 1))
            ELSE before.decisions || new.decision
        END AS decisions
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::timestamptz[])
        AS new (match_id, assignment_id, profile_id, decision, standing, said, reason, decided_by, decided_at)
    LEFT JOIN matches AS known USING (match_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(known.decisions, array_remove(ARRAY[known.decision], NULL)) AS decisions
    ) AS before
) AS new
ORDER BY match_id
ON CONFLICT (match_id) DO UPDATE SET
    decision = excluded.decision,
    decisions = excluded.decisions,
    decision_reason = excluded.decision_reason,
    decision_message = excluded.decision_message,
    decision_tell = excluded.decision_tell,
    decision_reason_code = excluded.decision_reason_code,
    decision_appointment = excluded.decision_appointment,
    decided_by = excluded.decided_by,
    decided_by_sub = excluded.decided_by_sub,
    decided_at = excluded.decided_at,
    live = stored.live AND excluded.decision IS DISTINCT FROM $11,
    ended_while_live = stored.ended_while_live OR stored.live AND excluded.decision IS NOT DISTINCT FROM $11
WHERE (stored.decided_at >= excluded.decided_at) IS NOT TRUE
RETURNING match_id
"""


async def take_back_warnings(connection: Connection, events: Sequence[InterestLacking]) -> bool:
    """Mark that recruiters were warned; tell whether one of the warnings was not known. Of an assignment that
    is not known itself it is warned again, which is told nobody twice."""
    latest = {event.assignment_id: event.respond_by for event in events}
    rows = await connection.fetch(_RESPOND_BY, list(latest))
    warned = [
        row["assignment_id"] for row in rows if _is_moment(row["respond_by"], latest[row["assignment_id"]])
    ]
    return bool(await connection.fetch(_WARNED, warned, [latest[one] for one in warned]))


def _is_moment(text: str | None, moment: datetime) -> bool:
    # PostgreSQL does not read every moment that a row may hold, so it is not asked to.
    try:
        return text is not None and parse_moment(text) == moment
    except ValueError:
        return False


_RESPOND_BY = """
SELECT assignment_id, facts->>'respond_by' AS respond_by
FROM assignments
WHERE assignment_id = ANY($1)
ORDER BY assignment_id
FOR UPDATE
"""

_WARNED = """
UPDATE assignments SET warned_for = new.respond_by
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (assignment_id, respond_by)
WHERE assignments.assignment_id = new.assignment_id AND warned_for IS DISTINCT FROM new.respond_by
RETURNING new.assignment_id
"""
