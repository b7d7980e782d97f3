"""What this service knows of contacts, assignments and matches, each at its latest version."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    ContactUpdated,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
)
from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Answer

from notifications.domain.notice import Recipient, State

ERASURE_LOCK = 0x657261


async def take_contacts(connection: Connection, events: Sequence[Event]) -> None:
    """Take contacts in where their version is newer; an erased one stays erased whatever comes."""
    latest: dict[UUID, ContactUpdated | None] = {}
    for event in events:
        assert event.data is None or isinstance(event.data, ContactUpdated)
        known = latest.get(event.subject)
        if (
            event.subject not in latest
            or event.data is None
            or (known is not None and event.data.version > known.version)
        ):
            latest[event.subject] = event.data
    data = list(latest.values())
    await connection.execute(
        "INSERT INTO contacts AS kept (profile_id, version, erased, name, email, preferences)"
        " SELECT id, version, email IS NULL, name, email, preferences::jsonb"
        " FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[])"
        " AS new (id, version, name, email, preferences) ORDER BY id"
        " ON CONFLICT (profile_id) DO UPDATE SET version = greatest(kept.version, excluded.version),"
        " erased = excluded.erased, name = excluded.name, email = excluded.email,"
        " preferences = excluded.preferences,"
        " paused_until = CASE WHEN excluded.erased THEN NULL ELSE kept.paused_until END"
        " WHERE NOT kept.erased AND (excluded.erased OR excluded.version > kept.version)",
        list(latest),
        [one.version if one else 0 for one in data],
        [one.name if one else None for one in data],
        [one.email if one else None for one in data],
        [one.preferences.model_dump_json() if one else None for one in data],
    )
    erased = [profile_id for profile_id, one in latest.items() if one is None]
    if erased:
        await _erase(connection, erased)


async def _erase(connection: Connection, profile_ids: list[UUID]) -> None:
    """Delete what is held on professionals, and cancel what they were to be told.

    What stays are rows with an id that leads to nobody: how many matches and notices there were.
    """
    for statement in (
        "DELETE FROM suppressions WHERE profile_id = ANY($1)",
        "UPDATE notices SET address = NULL WHERE profile_id = ANY($1)",
        "UPDATE notices SET state = 'cancelled', detail = 'the professional was erased', settled_at = now()"
        " WHERE profile_id = ANY($1) AND state = 'pending'",
        "UPDATE matches SET live = false, explanation = '[]', answer_reason = NULL, decision_reason = NULL"
        " WHERE profile_id = ANY($1)",
        "DELETE FROM alerts WHERE data->>'profile_id' = ANY($1::uuid[]::text[])"
        " AND type <> 'MatchWithdrawn.v1'",
    ):
        await connection.execute(statement, profile_ids)


async def fence(connection: Connection, *, erases: bool) -> None:
    """Let no erasure run beside what writes about professionals, until the transaction ends.

    Without it a transaction that began before an erasure could write afterwards, unseen by it, what the
    erasure deletes. It is the first lock that a transaction takes, so nobody who holds one waits for it.
    """
    shared = "" if erases else "_shared"
    await connection.execute(f"SELECT pg_advisory_xact_lock{shared}($1)", ERASURE_LOCK)


async def erased(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these is erased."""
    rows = await connection.fetch(
        "SELECT profile_id FROM contacts WHERE profile_id = ANY($1) AND erased", list(profile_ids)
    )
    return {row["profile_id"] for row in rows}


async def contact(connection: Connection, profile_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    """Return a contact that is not erased; with `lock`, hold it until the transaction ends."""
    return await connection.fetchrow(
        "SELECT profile_id, name, preferences, paused_until FROM contacts"
        f" WHERE profile_id = $1 AND NOT erased{' FOR UPDATE' if lock else ''}",
        profile_id,
    )


async def suppress(connection: Connection, profile_id: UUID, email: str, cause: State, reason: str) -> None:
    """Send nothing more to a professional's address, unless it is another one by now."""
    await connection.execute(
        "INSERT INTO suppressions (profile_id, email, cause, reason)"
        " SELECT profile_id, email, $3, $4 FROM contacts WHERE profile_id = $1 AND email = $2"
        " ON CONFLICT (profile_id) DO UPDATE SET email = excluded.email, cause = excluded.cause,"
        " reason = excluded.reason, at = now()",
        profile_id,
        email,
        cause,
        reason,
    )


async def suppressions(connection: Connection, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Return the addresses that get no mail, by profile id."""
    return await connection.fetch(
        "SELECT profile_id, email, cause, reason, at"
        " FROM suppressions JOIN contacts USING (profile_id, email)"
        " WHERE $1::uuid IS NULL OR profile_id > $1 ORDER BY profile_id LIMIT $2",
        after,
        limit,
    )


async def release(connection: Connection, profile_id: UUID) -> bool:
    """Let an address get mail again; tell whether it got none."""
    return bool(
        await connection.fetchval("DELETE FROM suppressions WHERE profile_id = $1 RETURNING true", profile_id)
    )


async def keep_choice(
    connection: Connection, profile_id: UUID, wishes: Preferences, paused_until: date | None
) -> None:
    """Keep what a professional chose, until the profiles service says it."""
    await connection.execute(
        "UPDATE contacts SET preferences = $2, paused_until = $3 WHERE profile_id = $1",
        profile_id,
        wishes.model_dump(mode="json"),
        paused_until,
    )


async def take_assignments(connection: Connection, events: Sequence[Event]) -> None:
    """Take assignments in where their version is newer than the one kept."""
    latest: dict[UUID, AssignmentOpened] = {}
    first: dict[UUID, datetime] = {}
    for event in events:
        assert isinstance(event.data, AssignmentOpened)
        first.setdefault(event.subject, event.time)
        if event.subject not in latest or event.data.version > latest[event.subject].version:
            latest[event.subject] = event.data
    data = list(latest.values())
    besides = {"assignment_id", "version", "closed_reason"}
    await connection.execute(
        "INSERT INTO assignments AS kept (assignment_id, version, open, closed_reason, facts, opened_at)"
        " SELECT id, version, closed_reason IS NULL, closed_reason, facts::jsonb, opened_at"
        " FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[])"
        " AS new (id, version, closed_reason, facts, opened_at) ORDER BY id"
        " ON CONFLICT (assignment_id) DO UPDATE SET version = excluded.version, open = excluded.open,"
        " closed_reason = excluded.closed_reason, facts = excluded.facts"
        " WHERE excluded.version > kept.version",
        list(latest),
        [one.version for one in data],
        [one.closed_reason if isinstance(one, AssignmentClosed) else None for one in data],
        [one.model_dump_json(exclude=besides) for one in data],
        [first[one] for one in latest],
    )


async def take_proposals(connection: Connection, proposals: Sequence[MatchProposed]) -> set[UUID]:
    """Keep the latest revision of each match; return the matches that were not live before."""
    latest = {one.match_id: one for one in proposals}
    data = list(latest.values())
    rows = await connection.fetch(
        "SELECT match_id FROM matches WHERE match_id = ANY($1) AND live", list(latest)
    )
    await connection.execute(
        "INSERT INTO matches AS kept (match_id, assignment_id, profile_id, revision, live, score, growth,"
        " explanation, proposed_at)"
        " SELECT match_id, assignment_id, profile_id, revision, true, score, growth, explanation::jsonb, at"
        " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::float8[], $6::bool[], $7::text[],"
        " $8::timestamptz[])"
        " AS new (match_id, assignment_id, profile_id, revision, score, growth, explanation, at)"
        " ORDER BY match_id"
        " ON CONFLICT (match_id) DO UPDATE SET revision = excluded.revision, score = excluded.score,"
        " growth = excluded.growth, explanation = excluded.explanation, proposed_at = excluded.proposed_at,"
        " live = kept.answer IS DISTINCT FROM 'declined' AND kept.decision IS DISTINCT FROM 'rejected'"
        " WHERE excluded.revision > kept.revision",
        list(latest),
        [one.assignment_id for one in data],
        [one.profile_id for one in data],
        [one.revision for one in data],
        [one.score for one in data],
        [one.growth for one in data],
        [json.dumps([part.model_dump(mode="json") for part in one.explanation]) for one in data],
        [one.proposed_at for one in data],
    )
    return set(latest) - {row["match_id"] for row in rows}


async def take_withdrawals(connection: Connection, withdrawals: Sequence[MatchWithdrawn]) -> None:
    """Let withdrawn matches live no more."""
    await connection.execute(
        "UPDATE matches SET live = false FROM unnest($1::uuid[], $2::int[]) AS gone (id, revision)"
        " WHERE match_id = gone.id AND matches.revision <= gone.revision",
        [one.match_id for one in withdrawals],
        [one.revision for one in withdrawals],
    )


async def take_decisions(connection: Connection, decisions: Sequence[MatchDecided]) -> None:
    """Keep the recruiter's latest decision on each match."""
    latest = {one.match_id: one for one in decisions}
    await connection.execute(
        "UPDATE matches SET decision = new.decision, decision_reason = new.reason,"
        " decided_at = new.at, live = live AND new.decision <> 'rejected'"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])"
        " AS new (id, decision, reason, at)"
        " WHERE match_id = new.id",
        list(latest),
        [one.decision for one in latest.values()],
        [one.reason for one in latest.values()],
        [one.decided_at for one in latest.values()],
    )


MATCH = (
    "m.match_id, m.assignment_id, m.profile_id, m.live, m.score, m.growth, m.explanation, m.proposed_at,"
    " m.answer, m.answer_reason, m.answered_at, m.decision, m.decision_reason,"
    " m.decided_at, c.name,"
    " (SELECT s.cause FROM suppressions s WHERE s.profile_id = m.profile_id AND s.email = c.email)"
    " AS suppressed"
)


async def match_page(connection: Connection, match_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    """Return a match with its assignment; with `lock`, hold both until the transaction ends."""
    if lock:
        await connection.execute(
            "SELECT FROM assignments JOIN matches USING (assignment_id) WHERE match_id = $1"
            " FOR UPDATE OF assignments",
            match_id,
        )
    return await connection.fetchrow(
        f"SELECT {MATCH}, c.preferences, a.facts, a.open, a.closed_reason, a.opened_at FROM matches m"
        " JOIN assignments a USING (assignment_id) LEFT JOIN contacts c USING (profile_id)"
        " WHERE match_id = $1 AND c.erased IS NOT TRUE"
        f"{' FOR UPDATE OF m' if lock else ''}",
        match_id,
    )


async def keep_answer(
    connection: Connection, match_id: UUID, answer: Answer, reason: str | None, at: Any
) -> None:
    """Keep a professional's answer; `declined` ends the match."""
    await connection.execute(
        "UPDATE matches SET answer = $2, answer_reason = $3, answered_at = $4,"
        " live = live AND $2 <> 'declined' WHERE match_id = $1",
        match_id,
        answer,
        reason,
        at,
    )


async def board(connection: Connection) -> list[asyncpg.Record]:
    """Return the assignments for the recruiter's page, open ones first, each with its counts."""
    return await connection.fetch(
        "SELECT assignment_id, facts, open, closed_reason, count(m.match_id) AS live,"
        " count(*) FILTER (WHERE m.answer = 'interested') AS interested"
        " FROM assignments LEFT JOIN matches m USING (assignment_id)"
        " WHERE m.match_id IS NULL OR m.live OR NOT open"
        " GROUP BY assignment_id ORDER BY open DESC, facts->>'urgency' = 'spoed' DESC, assignment_id DESC"
        " LIMIT 200"
    )


async def assignment(connection: Connection, assignment_id: UUID) -> asyncpg.Record | None:
    """Return one assignment."""
    return await connection.fetchrow(
        "SELECT assignment_id, facts, open, closed_reason, relaxation, a.respond_by AS warned_for"
        " FROM assignments LEFT JOIN advice a USING (assignment_id) WHERE assignment_id = $1",
        assignment_id,
    )


async def live_matches(connection: Connection, assignment_id: UUID) -> list[asyncpg.Record]:
    """Return an assignment's live matches with the professionals' names, best first."""
    return await connection.fetch(
        f"SELECT {MATCH}, a.opened_at, a.closed_reason FROM matches m"
        " JOIN assignments a USING (assignment_id) LEFT JOIN contacts c USING (profile_id)"
        " WHERE m.assignment_id = $1 AND m.live ORDER BY m.score DESC, m.profile_id",
        assignment_id,
    )


def facts(row: asyncpg.Record) -> AssignmentFacts:
    """Read a row's assignment facts."""
    return AssignmentFacts.model_validate(row["facts"], strict=False)


def recipient(row: asyncpg.Record) -> Recipient | None:
    """Read a row's contact; None where the professional is erased."""
    if row["email"] is None:
        return None
    return Recipient(row["name"], row["email"], preferences(row), row["suppressed"])


def preferences(row: asyncpg.Record) -> Preferences:
    """Read a row's preferences."""
    return Preferences.model_validate(row["preferences"], strict=False)
