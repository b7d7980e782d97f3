"""Matches as their latest events tell them, with the latest answer and decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import UnreadableRow, read_if_possible
from contracts.events import CriterionExplained, MatchAnswered, MatchProposed, MatchWithdrawn, RuleBroken
from contracts.log_order import AsOf, MatchEvent
from contracts.vocabulary import Answer, WithdrawalReason
from pydantic import TypeAdapter

from notifications.domain.match import (
    ENDING_ANSWERS,
    ENDING_DECISIONS,
    Answered,
    Assignment,
    Decided,
    Match,
    Withdrawn,
)
from notifications.domain.notice import Kind, NoticeState
from notifications.store import assignments

EXPLANATION = TypeAdapter(list[CriterionExplained])
DECISIONS = TypeAdapter(tuple[Decided, ...])
RULES = TypeAdapter(list[RuleBroken])


async def as_of(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, AsOf]:
    """Return until when the events on those of these matches that are known were taken; their rows are
    locked."""
    rows = await connection.fetch(_AS_OF, list(match_ids))
    return {row["match_id"]: AsOf(row["as_of"], row["decided_as_of"]) for row in rows}


# Of a match whose withdrawal or decision alone is known, `proposed_at` says nothing. What the version before
# this one writes stands in the other moments.
_AS_OF = """
SELECT match_id, greatest(as_of, CASE WHEN revision > 0 THEN proposed_at END,
    (withdrawn->>'withdrawn_at')::timestamptz) AS as_of, greatest(decided_as_of, decided_at) AS decided_as_of
FROM matches
WHERE match_id = ANY($1)
ORDER BY match_id
FOR UPDATE
"""


async def apply_proposals(connection: Connection, proposals: Sequence[MatchProposed]) -> set[UUID]:
    """Write proposals, one a match, which nothing known has overtaken; return the matches that live and did
    not before, or whose professional said yes again. One that was declined or rejected does not live."""
    match_ids = [proposal.match_id for proposal in proposals]
    before = {row["match_id"]: row for row in await connection.fetch(_BEFORE, match_ids)}
    rows = await connection.fetch(
        _APPLY_PROPOSALS,
        match_ids,
        [proposal.assignment_id for proposal in proposals],
        [proposal.profile_id for proposal in proposals],
        [proposal.revision for proposal in proposals],
        [proposal.score for proposal in proposals],
        [proposal.growth for proposal in proposals],
        [EXPLANATION.dump_json(proposal.explanation).decode() for proposal in proposals],
        [proposal.proposed_at for proposal in proposals],
        [proposal.first_proposed_at or proposal.proposed_at for proposal in proposals],
        list(ENDING_ANSWERS),
        list(ENDING_DECISIONS),
    )
    lived = {match_id for match_id, row in before.items() if row["live"] and not row["comes_back"]}
    return {row["match_id"] for row in rows if row["live"]} - lived


_BEFORE = """
SELECT match_id, live, comes_back FROM matches WHERE match_id = ANY($1) ORDER BY match_id FOR UPDATE
"""
_APPLY_PROPOSALS = """
INSERT INTO matches AS stored
    (match_id, assignment_id, profile_id, revision, live, score, growth, explanation, proposed_at,
    first_proposed_at, as_of)
SELECT match_id, assignment_id, profile_id, revision, true, score, growth, explanation::jsonb, proposed_at,
    first_proposed_at, proposed_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::float8[], $6::bool[], $7::text[],
        $8::timestamptz[], $9::timestamptz[])
    AS new (match_id, assignment_id, profile_id, revision, score, growth, explanation, proposed_at,
        first_proposed_at)
ORDER BY match_id
ON CONFLICT (match_id) DO UPDATE
SET revision = excluded.revision, score = excluded.score, growth = excluded.growth,
    explanation = excluded.explanation, proposed_at = excluded.proposed_at,
    first_proposed_at = least(stored.first_proposed_at, stored.proposed_at, excluded.first_proposed_at),
    live = (stored.answer = ANY($10)) IS NOT TRUE AND (stored.decision = ANY($11)) IS NOT TRUE,
    comes_back = false, withdrawn = NULL, as_of = excluded.as_of
WHERE (stored.as_of > excluded.as_of) IS NOT TRUE
RETURNING match_id, live
"""


@dataclass(frozen=True)
class FellOff:
    """A match that was withdrawn while it lived: for what reason, what its professional had answered, and
    whether the recruiter had invited or nominated them."""

    match_id: UUID
    reason: WithdrawalReason
    interested: bool
    chosen: bool


async def apply_withdrawals(connection: Connection, withdrawals: Sequence[MatchWithdrawn]) -> list[FellOff]:
    """Let withdrawn matches live no more, by withdrawals that nothing known has overtaken; return those that
    lived. That a match which is not known was withdrawn is kept.

    Of a professional who was erased they live no more already: those lived that were neither declined nor
    rejected, as matching withdraws no others.
    """
    latest = {withdrawal.match_id: withdrawal for withdrawal in withdrawals}
    await keep_unknown(connection, list(latest.values()))
    rows = await connection.fetch(
        _APPLY_WITHDRAWALS,
        list(latest),
        [withdrawal.withdrawn_at for withdrawal in latest.values()],
        [
            withdrawal.model_dump_json(include={"reason", "rules", "score", "withdrawn_at"})
            for withdrawal in latest.values()
        ],
        [withdrawal.reason is WithdrawalReason.PROFILE_ERASED for withdrawal in latest.values()],
        list(ENDING_ANSWERS),
        list(ENDING_DECISIONS),
    )
    return [
        FellOff(
            match_id=row["match_id"],
            reason=latest[row["match_id"]].reason,
            interested=row["answer"] == Answer.INTERESTED,
            chosen=row["decision"] is not None and row["decision"] not in ENDING_DECISIONS,
        )
        for row in rows
    ]


_APPLY_WITHDRAWALS = """
WITH fell_off AS (
    UPDATE matches SET live = false, withdrawn = new.withdrawn::jsonb, as_of = new.at
    FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bool[])
        AS new (match_id, at, withdrawn, is_erased), matches AS before
    WHERE matches.match_id = new.match_id AND before.match_id = new.match_id
    RETURNING matches.match_id, matches.answer, matches.decision, matches.revision > 0 AND (
        before.live OR new.is_erased
        AND (matches.answer = ANY($5)) IS NOT TRUE AND (matches.decision = ANY($6)) IS NOT TRUE
    ) AS lived
)
SELECT match_id, answer, decision FROM fell_off WHERE lived
"""


async def keep_unknown(connection: Connection, events: Sequence[MatchEvent | MatchAnswered]) -> None:
    """Make rows for those matches that are not known, which do not live: there what is known of them waits
    for their proposals. Revision 0 says so, and nobody is shown such a match."""
    await connection.execute(
        _KEEP_UNKNOWN,
        [event.match_id for event in events],
        [event.assignment_id for event in events],
        [event.profile_id for event in events],
    )


_KEEP_UNKNOWN = """
INSERT INTO matches
    (match_id, assignment_id, profile_id, revision, live, score, growth, explanation, proposed_at)
SELECT DISTINCT ON (match_id) match_id, assignment_id, profile_id, 0, false, 0, false, '[]'::jsonb, now()
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS new (match_id, assignment_id, profile_id)
ORDER BY match_id
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Decisions:
    """The decisions on a match that stand, the latest last, and whether its professional is interested."""

    standing: tuple[Decided, ...]
    interested: bool


async def decisions_for_update(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, Decisions]:
    """Return the decisions on those of these matches that are known, locked until the transaction ends."""
    rows = await connection.fetch(_DECISIONS, list(match_ids))
    return {
        row["match_id"]: Decisions(
            DECISIONS.validate_json(row["decisions"]), row["answer"] == Answer.INTERESTED
        )
        for row in rows
    }


_DECISIONS = """
SELECT match_id, decisions::text, answer FROM matches WHERE match_id = ANY($1) ORDER BY match_id FOR UPDATE
"""


async def save_decisions(
    connection: Connection, standing: Mapping[UUID, tuple[Decided, ...]], as_of: Mapping[UUID, datetime]
) -> None:
    """Write the decisions on matches that stand, and the moment of the last that was taken."""
    last = [one[-1] if one else None for one in standing.values()]
    await connection.execute(
        _SAVE_DECISIONS,
        list(standing),
        [DECISIONS.dump_json(one).decode() for one in standing.values()],
        [one and one.decision for one in last],
        [one and one.reason for one in last],
        [one and one.at for one in last],
        list(ENDING_DECISIONS),
        [as_of[match_id] for match_id in standing],
    )


_SAVE_DECISIONS = """
UPDATE matches
SET decisions = new.decisions::jsonb, decision = new.decision, decision_reason = new.reason,
    decided_at = new.at, decided_as_of = new.as_of, live = live AND (new.decision = ANY($6)) IS NOT TRUE
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $7::timestamptz[])
    AS new (match_id, decisions, decision, reason, at, as_of)
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
        match.answers,
        match.comes_back,
    )


_SAVE_ANSWER = """
UPDATE matches
SET answer = $2, answer_reason = $3, answered_at = $4, live = $5, answers = $6, comes_back = $7
WHERE match_id = $1
"""


async def by_ids(
    connection: Connection, match_ids: Collection[UUID], *, erased: bool = False
) -> dict[UUID, Match]:
    """Return those of these matches that were proposed, whose assignment is known and whose professional is
    not erased, best score first. What cannot be read is not known. `erased`: those too whose professional is,
    without a name."""
    found, _ = await read(connection, match_ids, erased=erased)
    return found


async def read(
    connection: Connection, match_ids: Collection[UUID], *, erased: bool = False
) -> tuple[dict[UUID, Match], set[UUID]]:
    """Return matches as `by_ids` does, and which others of them there are: these cannot be read, or their
    assignment cannot."""
    rows = await connection.fetch(_BY_IDS, list(match_ids), Kind.LATER, NoticeState.DIGESTED, erased)
    known = await assignments.by_ids(connection, {row["assignment_id"] for row in rows})
    found = {
        row["match_id"]: read_if_possible(
            "matches", row["match_id"], row, lambda row: _match(row, known[row["assignment_id"]])
        )
        for row in rows
        if row["assignment_id"] in known
    }
    matches = {match_id: match for match_id, match in found.items() if match is not None}
    return matches, {row["match_id"] for row in rows} - matches.keys()


_BY_IDS = """
SELECT m.match_id, m.assignment_id, m.profile_id, m.live, m.score, m.growth, m.explanation::text,
    m.proposed_at, m.first_proposed_at, m.answer, m.answer_reason, m.answered_at, m.answers, m.comes_back,
    m.decisions::text, m.withdrawn, c.name, coalesce(c.links_from, 1) AS links_from,
    later.match_id IS NOT NULL AS asked_later
FROM matches m
LEFT JOIN contacts c USING (profile_id)
LEFT JOIN notices later ON later.match_id = m.match_id AND later.kind = $2 AND later.state = $3
WHERE m.match_id = ANY($1) AND m.revision > 0 AND ($4 OR c.erased IS NOT TRUE)
ORDER BY m.score DESC, m.match_id
"""


def _match(row: asyncpg.Record, assignment: Assignment) -> Match:
    answered = row["answer"] and Answered(Answer(row["answer"]), row["answer_reason"], row["answered_at"])
    standing = DECISIONS.validate_json(row["decisions"])
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
        decided=standing[-1] if standing else None,
        asked_later=row["asked_later"],
        withdrawn=_withdrawn(row["withdrawn"]),
        first_proposed_at=row["first_proposed_at"],
        answers=row["answers"],
        comes_back=row["comes_back"],
        links_from=row["links_from"],
    )


def _withdrawn(event: Any) -> Withdrawn | None:
    if event is None:
        return None
    rules = RULES.validate_python(event["rules"], strict=False)
    return Withdrawn(
        reason=WithdrawalReason(event["reason"]),
        rules=tuple(rules),
        score=event["score"],
        at=datetime.fromisoformat(event["withdrawn_at"]),
    )


async def get(connection: Connection, match_id: UUID) -> Match | None:
    """Return a match; None where it is not known (yet), or its professional is erased. Raises UnreadableRow
    where it or its assignment cannot be read, or that is not known (yet)."""
    found, unreadable = await read(connection, [match_id])
    if unreadable:
        raise UnreadableRow
    return found.get(match_id)


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
