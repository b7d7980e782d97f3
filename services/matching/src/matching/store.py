"""Where the two halves meet: profiles and assignments at their latest version, and the matches.

Locks are taken in one order everywhere: assignments by id, then profiles by id.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    CriterionExplained,
    MatchAnswered,
    ProfileUpdated,
)
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Answer, Decision
from pydantic import TypeAdapter

from matching.domain import policy
from matching.domain.population import ENCODING, encode
from matching.domain.settlement import Pair, Proposal, Settlement, match_id

BEGINNING = "0"  # before every transaction
READ_AT_ONCE = 4000
EXPLANATION = TypeAdapter(list[CriterionExplained])
WRITTEN_AT_ONCE = 500  # profiles in one statement: in between, an urgent assignment has its turn


@dataclass(frozen=True)
class KeptAssignment:
    """An assignment at its latest version. `event_at` is the moment of the event that brought it."""

    assignment_id: UUID
    version: int
    facts: AssignmentFacts
    open: bool
    event_at: datetime


@dataclass(frozen=True)
class KeptProfiles:
    """Some profiles at their latest version, their facts encoded, and the ids of some that are erased."""

    ids: list[UUID]
    versions: list[int]
    encoded: list[bytes]
    erased: list[UUID]


async def hold_assignments(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Lock the assignments that are known, by id, until the transaction ends."""
    if not assignment_ids:
        return
    await connection.execute(
        "SELECT FROM assignments WHERE assignment_id = ANY($1) ORDER BY assignment_id FOR UPDATE",
        sorted(set(assignment_ids)),
    )


async def touch_assignments(connection: Connection, assignment_ids: Iterable[UUID]) -> None:
    """Let every replica's next catch-up read these assignments again: a seat may have fallen free."""
    await connection.execute(
        "UPDATE assignments SET changed = pg_current_xact_id() WHERE assignment_id = ANY($1)",
        list(assignment_ids),
    )


async def take_assignments(connection: Connection, events: Sequence[Event]) -> None:
    """Take assignments in where their version is newer than the one kept."""
    if not events:
        return
    latest: dict[UUID, tuple[AssignmentOpened, datetime]] = {}
    for event in events:
        if isinstance(event.data, AssignmentOpened) and (
            event.subject not in latest or event.data.version > latest[event.subject][0].version
        ):
            latest[event.subject] = (event.data, event.time)
    await connection.execute(
        "INSERT INTO assignments AS kept (assignment_id, version, facts, open, event_at)"
        " SELECT id, version, facts::jsonb, open, event_at"
        " FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::timestamptz[])"
        " AS new (id, version, facts, open, event_at) ORDER BY id"
        " ON CONFLICT (assignment_id) DO UPDATE SET version = excluded.version, facts = excluded.facts,"
        " open = excluded.open, event_at = excluded.event_at, changed = pg_current_xact_id()"
        " WHERE excluded.version > kept.version",
        list(latest),
        [data.version for data, _ in latest.values()],
        [data.model_dump_json() for data, _ in latest.values()],
        [not isinstance(data, AssignmentClosed) for data, _ in latest.values()],
        [at for _, at in latest.values()],
    )


async def take_profiles(connection: Connection, events: Sequence[Event]) -> None:
    """Take profiles in where their version is newer; an erased one stays erased whatever comes."""
    latest: dict[UUID, tuple[ProfileUpdated | None, datetime]] = {}
    for event in events:
        assert event.data is None or isinstance(event.data, ProfileUpdated)
        known = latest.get(event.subject)
        if known is None or event.data is None or (known[0] and event.data.version > known[0].version):
            latest[event.subject] = (event.data, event.time)
    ordered = sorted(latest.items())
    for start in range(0, len(ordered), WRITTEN_AT_ONCE):
        some = ordered[start : start + WRITTEN_AT_ONCE]
        data = [data for _, (data, _) in some]
        await connection.execute(
            _TAKE_PROFILES,
            [profile_id for profile_id, _ in some],
            [one.version if one else 0 for one in data],
            [one.model_dump_json() if one else None for one in data],
            [at for _, (_, at) in some],
            [encode(one) if one else None for one in data],
            ENCODING,
        )


_TAKE_PROFILES = """
INSERT INTO profiles AS kept
    (profile_id, version, facts, erased, event_at, encoded, encoding, encoded_version)
SELECT id, version, facts::jsonb, facts IS NULL, event_at, encoded, $6, version
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::bytea[])
    AS new (id, version, facts, event_at, encoded)
ORDER BY id
ON CONFLICT (profile_id) DO UPDATE SET version = greatest(kept.version, excluded.version),
    facts = excluded.facts, erased = excluded.erased, event_at = excluded.event_at,
    encoded = excluded.encoded, encoding = excluded.encoding, encoded_version = excluded.encoded_version,
    changed = pg_current_xact_id()
WHERE NOT kept.erased AND (excluded.erased OR excluded.version > kept.version)
"""


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


async def profiles_since(connection: Connection, since: str) -> AsyncIterator[tuple[str, KeptProfiles]]:
    """Iterate over the profiles written by transaction `since` or a later one, many at a time.

    With each comes the horizon: the oldest transaction that had not ended when the reading began.
    """
    if since != BEGINNING:
        rows = await connection.fetch(_PROFILES_SINCE, since, ENCODING)
        yield rows[0]["horizon"], _profiles(rows)
        return
    async with connection.transaction():
        cursor = await connection.cursor(_PROFILES_SINCE, since, ENCODING)
        while rows := await cursor.fetch(READ_AT_ONCE):
            yield rows[0]["horizon"], _profiles(rows)


_PROFILES_SINCE = """
SELECT horizon, profile_id, version, erased, encoded,
    CASE WHEN encoding = $2 AND encoded_version = version THEN NULL ELSE facts END AS facts
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS now
LEFT JOIN profiles ON changed >= $1::text::xid8
"""


def _profiles(rows: Sequence[asyncpg.Record]) -> KeptProfiles:
    known = [row for row in rows if row["profile_id"] is not None]
    present = [row for row in known if not row["erased"]]
    return KeptProfiles(
        [row["profile_id"] for row in present],
        [row["version"] for row in present],
        [row["encoded"] if row["facts"] is None else _encode_anew(row["facts"]) for row in present],
        [row["profile_id"] for row in known if row["erased"]],
    )


def _encode_anew(facts: Mapping[str, Any]) -> bytes:
    return encode(ProfileFacts.model_validate(facts, strict=False))


async def assignments_since(connection: Connection, since: str) -> list[KeptAssignment]:
    """Return the assignments written by transaction `since` or a later one."""
    rows = await connection.fetch(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE changed >= $1::text::xid8", since
    )
    return [_assignment(row) for row in rows]


async def assignment(connection: Connection, assignment_id: UUID) -> KeptAssignment | None:
    """Return an assignment."""
    row = await connection.fetchrow(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE assignment_id = $1", assignment_id
    )
    return None if row is None else _assignment(row)


async def held_assignments(connection: Connection, assignment_ids: Iterable[UUID]) -> list[KeptAssignment]:
    """Return the assignments that are known, by id, and hold their rows until the transaction ends."""
    rows = await connection.fetch(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE assignment_id = ANY($1)"
        " ORDER BY assignment_id FOR UPDATE",
        sorted(set(assignment_ids)),
    )
    return [_assignment(row) for row in rows]


ASSIGNMENT = "assignment_id, version, facts, open, event_at"


def _assignment(row: asyncpg.Record) -> KeptAssignment:
    facts = AssignmentFacts.model_validate(row["facts"], strict=False)
    return KeptAssignment(row["assignment_id"], row["version"], facts, row["open"], row["event_at"])


async def hold_unanswered(connection: Connection, now: datetime) -> KeptAssignment | None:
    """Return, and mark as warned of, an assignment that closes within a day and has nobody interested.

    One that was opened less than two days before that: in the second half of its time. None where no
    assignment is left to warn of, or others hold what is.
    """
    row = await connection.fetchrow(
        "UPDATE assignments SET warned_for = (facts->>'respond_by')::timestamptz WHERE assignment_id = ("
        " SELECT assignment_id FROM assignments a, LATERAL (SELECT (facts->>'respond_by')::timestamptz AS at)"
        " AS respond_by WHERE open AND at > $1 AND warned_for IS DISTINCT FROM at"
        " AND $1 >= at - least(interval '1 day', (at - known_since) / 2)"
        " AND NOT EXISTS (SELECT FROM matches m WHERE m.assignment_id = a.assignment_id AND live"
        " AND (answer = 'interested' OR decision = 'nominated'))"
        f" LIMIT 1 FOR UPDATE OF a SKIP LOCKED) RETURNING {ASSIGNMENT}",
        now,
    )
    return None if row is None else _assignment(row)


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


async def hold_profiles(
    connection: Connection, profile_ids: Iterable[UUID]
) -> dict[UUID, tuple[int | None, datetime]]:
    """Keep the profiles as they are until the transaction ends.

    Returns (version, moment of its event) by id; the version is None once erased. A writer of one of
    these profiles waits for this transaction, and then sees what it wrote.
    """
    rows = await connection.fetch(
        "SELECT profile_id, version, erased, event_at FROM profiles WHERE profile_id = ANY($1)"
        " ORDER BY profile_id FOR SHARE",
        sorted(profile_ids),
    )
    return {row["profile_id"]: (None if row["erased"] else row["version"], row["event_at"]) for row in rows}


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


async def match(connection: Connection, match_id: UUID) -> asyncpg.Record | None:
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
