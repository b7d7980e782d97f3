"""Matches as their latest events tell them, with the latest answer and all decisions.

Each part has its own moment: the proposal, the withdrawal, the answer, each decision. So it does not matter
that events come on two topics, late, or more than once.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import CriterionExplained, MatchAnswered, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.log_order import moment
from contracts.vocabulary import Answer
from pydantic import TypeAdapter

from desk.domain import decisions
from desk.domain.latest import latest, newer

EXPLANATION = TypeAdapter(list[CriterionExplained])

OfAMatch: TypeAlias = MatchProposed | MatchWithdrawn | MatchDecided | MatchAnswered
Heard: TypeAlias = tuple[Event, OfAMatch]
Part: TypeAlias = tuple[UUID, str]  # what is ordered by itself: a match's life, its decisions, its answers


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write what happened to matches; return the events that are later than what was known of it."""
    heard = [(event, event.data) for event in events if isinstance(event.data, OfAMatch)]
    if not heard:
        return []
    known = await _known(connection, {data.match_id for _, data in heard})
    new = newer(heard, known, _part, _moment)
    every = [data for _, data in heard]
    await _propose(connection, [data for data in every if isinstance(data, MatchProposed)])
    await _withdraw(connection, [data for data in every if isinstance(data, MatchWithdrawn)])
    await _decide(connection, [data for data in every if isinstance(data, MatchDecided)])
    await _answer(connection, [data for data in every if isinstance(data, MatchAnswered)])
    return [event for event, _ in new]


def _part(heard: Heard) -> Part:
    data = heard[1]
    if isinstance(data, MatchAnswered):
        return data.match_id, "answers"
    return data.match_id, "decisions" if isinstance(data, MatchDecided) else "life"


def _moment(heard: Heard) -> datetime:
    data = heard[1]
    return data.answered_at if isinstance(data, MatchAnswered) else moment(data)


async def _known(connection: Connection, match_ids: Collection[UUID]) -> dict[Part, datetime | None]:
    """Return the moment of the last that is known of each part."""
    rows = await connection.fetch(_KNOWN, list(match_ids))
    return {(row["match_id"], part): row[part] for row in rows for part in ("life", "decisions", "answers")}


_KNOWN = """
SELECT match_id, greatest(proposed_at, withdrawn_at) AS life,
    (decisions->-1->>'decided_at')::timestamptz AS decisions, answered_at AS answers
FROM matches
WHERE match_id = ANY($1)
"""


async def _propose(connection: Connection, proposals: Sequence[MatchProposed]) -> None:
    if not proposals:
        return
    first: dict[UUID, datetime] = {}
    for one in proposals:
        at = one.first_proposed_at or one.proposed_at
        first[one.match_id] = min(first.get(one.match_id, at), at)
    last = latest(proposals, lambda one: one.match_id, lambda one: one.proposed_at).values()
    await connection.execute(
        _PROPOSE,
        [one.match_id for one in last],
        [one.assignment_id for one in last],
        [one.profile_id for one in last],
        [one.revision for one in last],
        [one.score for one in last],
        [one.growth for one in last],
        [EXPLANATION.dump_json(one.explanation).decode() for one in last],
        [one.policy for one in last],
        [one.proposed_at for one in last],
        [first[one.match_id] for one in last],
    )


_PROPOSE = """
INSERT INTO matches AS stored
    (match_id, assignment_id, profile_id, revision, score, growth, explanation, policy, proposed_at,
    first_proposed_at)
SELECT match_id, assignment_id, profile_id, revision, score, growth, explanation::jsonb, policy, proposed_at,
    first_proposed_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::float8[], $6::bool[], $7::text[], $8::text[],
        $9::timestamptz[], $10::timestamptz[])
    AS new (match_id, assignment_id, profile_id, revision, score, growth, explanation, policy, proposed_at,
        first_proposed_at)
ON CONFLICT (match_id) DO UPDATE
SET revision = excluded.revision, score = excluded.score, growth = excluded.growth,
    explanation = excluded.explanation, policy = excluded.policy, proposed_at = excluded.proposed_at,
    first_proposed_at = least(stored.first_proposed_at, excluded.first_proposed_at),
    withdrawn = CASE WHEN stored.withdrawn_at > excluded.proposed_at THEN stored.withdrawn END,
    withdrawn_at = CASE WHEN stored.withdrawn_at > excluded.proposed_at THEN stored.withdrawn_at END
WHERE (stored.proposed_at >= excluded.proposed_at) IS NOT TRUE
"""


async def _withdraw(connection: Connection, withdrawals: Sequence[MatchWithdrawn]) -> None:
    if not withdrawals:
        return
    last = latest(withdrawals, lambda one: one.match_id, lambda one: one.withdrawn_at).values()
    await connection.execute(
        _WITHDRAW,
        [one.match_id for one in last],
        [one.assignment_id for one in last],
        [one.profile_id for one in last],
        [one.model_dump_json() for one in last],
        [one.withdrawn_at for one in last],
    )


_WITHDRAW = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, withdrawn, withdrawn_at)
SELECT match_id, assignment_id, profile_id, withdrawn::jsonb, withdrawn_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
    AS new (match_id, assignment_id, profile_id, withdrawn, withdrawn_at)
ON CONFLICT (match_id) DO UPDATE
SET withdrawn = excluded.withdrawn, withdrawn_at = excluded.withdrawn_at
WHERE (greatest(stored.proposed_at, stored.withdrawn_at) >= excluded.withdrawn_at) IS NOT TRUE
"""


async def _decide(connection: Connection, decided: Sequence[MatchDecided]) -> None:
    """Keep every decision, and which of them stands."""
    if not decided:
        return
    ids = {one.match_id: one for one in decided}
    rows = await connection.fetch(_DECISIONS, list(ids))
    known = {row["match_id"]: json.loads(row["decisions"]) for row in rows}
    heard: dict[UUID, list[decisions.DecisionJson]] = {}
    for one in decided:
        heard.setdefault(one.match_id, []).append(one.model_dump(mode="json"))
    merged = {one: decisions.merged(known.get(one, []), heard[one]) for one in ids}
    standing = [decisions.standing(one) for one in merged.values()]
    await connection.execute(
        _DECIDE,
        list(ids),
        [one.assignment_id for one in ids.values()],
        [one.profile_id for one in ids.values()],
        [decision for decision, _ in standing],
        [at for _, at in standing],
        [json.dumps(one, ensure_ascii=False) for one in merged.values()],
    )
    rejected = {match_id: decisions.last_rejection(one) for match_id, one in merged.items()}
    await _end(connection, {match_id: at for match_id, at in rejected.items() if at is not None})


_DECISIONS = """
SELECT match_id, decisions::text FROM matches WHERE match_id = ANY($1)
"""
_DECIDE = """
INSERT INTO matches (match_id, assignment_id, profile_id, decision, decided_at, decisions)
SELECT match_id, assignment_id, profile_id, decision, decided_at, decisions::jsonb
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
    AS new (match_id, assignment_id, profile_id, decision, decided_at, decisions)
ON CONFLICT (match_id) DO UPDATE
SET decision = excluded.decision, decided_at = excluded.decided_at, decisions = excluded.decisions
"""


async def _answer(connection: Connection, answers: Sequence[MatchAnswered]) -> None:
    if not answers:
        return
    last = latest(answers, lambda one: one.match_id, lambda one: one.answered_at).values()
    await connection.execute(
        _ANSWER,
        [one.match_id for one in last],
        [one.assignment_id for one in last],
        [one.profile_id for one in last],
        [one.answer for one in last],
        [one.reason for one in last],
        [one.answered_at for one in last],
    )
    declined = [one for one in answers if one.answer is Answer.DECLINED]
    last_no = latest(declined, lambda one: one.match_id, lambda one: one.answered_at)
    await _end(connection, {match_id: one.answered_at for match_id, one in last_no.items()})


_ANSWER = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, answer, answer_reason, answered_at)
SELECT match_id, assignment_id, profile_id, answer, reason, answered_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
    AS new (match_id, assignment_id, profile_id, answer, reason, answered_at)
ON CONFLICT (match_id) DO UPDATE
SET answer = excluded.answer, answer_reason = excluded.answer_reason, answered_at = excluded.answered_at
WHERE (stored.answered_at >= excluded.answered_at) IS NOT TRUE
"""


async def _end(connection: Connection, said_no: Mapping[UUID, datetime]) -> None:
    """Write when somebody said no last, where that is later than what is known."""
    if said_no:
        await connection.execute(_END, list(said_no), list(said_no.values()))


_END = """
UPDATE matches SET ended_at = new.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (match_id, at)
WHERE matches.match_id = new.match_id AND (matches.ended_at >= new.at) IS NOT TRUE
"""
