"""Notices on their way out: those that are due, claimed, planned for later, gathered, and settled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from uuid_utils.compat import uuid7

from notifications.domain.notice import (
    OF_A_MATCH,
    TO_RECRUITERS,
    Advice,
    Kind,
    Match,
    Opdracht,
    Recipient,
    Skip,
    State,
)
from notifications.domain.schedule import Plan, Way
from notifications.store import known

LEASE = timedelta(minutes=2)
AT_ONCE = 100


@dataclass(frozen=True)
class Due:
    """A notice that is due, with what it tells. `recipient` is None for a recruiter, or once erased.

    `opdracht` is None for a digest, whose matches are of several.
    """

    notice_id: UUID
    kind: Kind
    way: Way
    profile_id: UUID | None
    opdracht: Opdracht | None
    recipient: Recipient | None
    matches: list[Match]
    advice: Advice | None
    attempts: int
    caused_at: datetime
    traceparent: str | None

    @property
    def address(self) -> str | None:
        """Return where it goes; None where nobody is left to tell."""
        if self.kind in TO_RECRUITERS:
            return None if self.opdracht is None else self.opdracht.facts.recruiter.email
        return None if self.recipient is None else self.recipient.email


@dataclass(frozen=True)
class Settled:
    """How a notice ended."""

    notice_id: UUID
    state: State
    detail: str


async def lock_due(connection: Connection, now: datetime) -> list[Due]:
    """Hold up to a hundred due notices whose other halves are known, urgent ones first; others skip them.

    A professional's notices are held together with the professional, so that one replica at a time counts
    and gathers what one person gets. What a crash left behind is due again when its lease ends.
    """
    rows = await connection.fetch(
        "SELECT n.notice_id FROM notices n JOIN contacts c USING (profile_id)"
        " LEFT JOIN assignments a USING (assignment_id)"
        " WHERE n.state IN ('pending', 'sending') AND n.due_at <= $1"
        " AND (n.kind = 'digest' OR a.assignment_id IS NOT NULL)"
        " ORDER BY a.facts->>'urgency' = 'spoed' DESC NULLS LAST, n.due_at, n.notice_id"
        " LIMIT $2 FOR UPDATE OF n, c SKIP LOCKED",
        now,
        AT_ONCE,
    )
    to_recruiters = await connection.fetch(
        "SELECT n.notice_id FROM notices n JOIN assignments USING (assignment_id)"
        " WHERE n.kind IN ('summary', 'interest', 'warning')"
        " AND n.state IN ('pending', 'sending') AND n.due_at <= $1 ORDER BY n.due_at, n.notice_id"
        " LIMIT $2 FOR UPDATE OF n SKIP LOCKED",
        now,
        AT_ONCE,
    )
    return await _due(connection, [row["notice_id"] for row in (*rows, *to_recruiters)])


async def sent_since(
    connection: Connection, profile_ids: Collection[UUID], since: datetime
) -> dict[UUID, int]:
    """Return how many direct mails on a match each professional got since a moment."""
    rows = await connection.fetch(
        "SELECT profile_id, count(*) AS sent FROM notices WHERE profile_id = ANY($1) AND sent_at >= $2"
        " GROUP BY profile_id",
        list(profile_ids),
        since,
    )
    return {row["profile_id"]: row["sent"] for row in rows}


async def start(
    connection: Connection,
    claimed: Sequence[tuple[Due, Skip | None]],
    counted: Collection[UUID],
    now: datetime,
) -> None:
    """Claim notices for two minutes; those `counted` count towards the limit of their first day."""
    await connection.execute(
        "UPDATE notices SET state = 'sending', due_at = $4::timestamptz + $5::interval,"
        " attempts = attempts + 1, address = new.address,"
        " sent_at = CASE WHEN id = ANY($3) THEN coalesce(sent_at, $4::timestamptz) ELSE sent_at END"
        " FROM unnest($1::uuid[], $2::text[]) AS new (id, address) WHERE notice_id = new.id",
        [due.notice_id for due, _ in claimed],
        [due.address if skip is None else None for due, skip in claimed],
        list(counted),
        now,
        LEASE,
    )


async def give_back(connection: Connection, notice_ids: Collection[UUID], now: datetime) -> None:
    """Let go of claims under which no mail was begun: another may send these at once."""
    await connection.execute(
        "UPDATE notices SET state = 'pending', due_at = $2, attempts = attempts - 1"
        " WHERE notice_id = ANY($1) AND state = 'sending'",
        list(notice_ids),
        now,
    )


async def plan(connection: Connection, plans: Sequence[tuple[UUID, Plan]]) -> None:
    """Write when and how notices go out later."""
    await connection.execute(
        "UPDATE notices SET way = new.way, due_at = new.due_at"
        " FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (id, way, due_at)"
        " WHERE notice_id = new.id",
        [notice_id for notice_id, _ in plans],
        [one.way for _, one in plans],
        [one.due_at for _, one in plans],
    )


async def gather(connection: Connection, profile_id: UUID, now: datetime) -> None:
    """Gather all of a professional's matches that are due for a digest into one, which is due now."""
    rows = await connection.fetch(
        "UPDATE notices SET state = 'digested', settled_at = now() WHERE profile_id = $1"
        " AND kind = ANY($3) AND way = 'digest' AND state = 'pending' AND due_at <= $2 RETURNING match_id",
        profile_id,
        now,
        list(OF_A_MATCH),
    )
    if not rows:
        return
    digest_id = uuid7()
    await connection.execute(
        "INSERT INTO notices (notice_id, kind, profile_id, way, due_at, caused_at)"
        " VALUES ($1, 'digest', $2, 'digest', $3, $3)",
        digest_id,
        profile_id,
        now,
    )
    await connection.execute(
        "INSERT INTO summary_matches (notice_id, match_id)"
        " SELECT DISTINCT $1::uuid, * FROM unnest($2::uuid[])",
        digest_id,
        [row["match_id"] for row in rows],
    )


async def _due(connection: Connection, notice_ids: list[UUID]) -> list[Due]:
    if not notice_ids:
        return []
    rows = await connection.fetch(
        "SELECT n.notice_id, n.kind, n.way, n.profile_id, n.assignment_id, n.attempts, n.caused_at,"
        " n.traceparent, c.name, c.email, c.preferences,"
        " s.reason AS suppressed, d.respond_by, d.live, d.relaxation, d.assignment_id IS NOT NULL"
        " AND EXISTS (SELECT FROM matches m WHERE m.assignment_id = n.assignment_id AND m.live"
        " AND m.answer = 'interested') AS interested"
        " FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (notice_id, place)"
        " JOIN notices n USING (notice_id) LEFT JOIN contacts c USING (profile_id)"
        " LEFT JOIN suppressions s ON s.profile_id = n.profile_id AND s.email = c.email"
        " LEFT JOIN advice d ON n.kind = 'warning' AND d.assignment_id = n.assignment_id ORDER BY place",
        notice_ids,
    )
    told = await connection.fetch(
        "SELECT told.notice_id, m.match_id, m.profile_id, m.live, m.score, m.growth, m.explanation, c.name,"
        " m.decision_reason, m.assignment_id, EXISTS (SELECT FROM notices l"
        " WHERE l.match_id = m.match_id AND l.kind = 'later' AND l.state = 'digested') AS asked_later"
        " FROM (SELECT notice_id, match_id FROM notices WHERE notice_id = ANY($1) AND match_id IS NOT NULL"
        " UNION ALL SELECT notice_id, match_id FROM summary_matches WHERE notice_id = ANY($1)) AS told"
        " JOIN matches m USING (match_id) LEFT JOIN contacts c USING (profile_id)"
        " ORDER BY m.score DESC, m.match_id",
        notice_ids,
    )
    opdrachten = await _opdrachten(connection, {row["assignment_id"] for row in (*rows, *told)})
    matches: dict[UUID, list[Match]] = {}
    for row in told:
        if row["assignment_id"] in opdrachten:
            match = _match(row, opdrachten[row["assignment_id"]])
            matches.setdefault(row["notice_id"], []).append(match)
    return [
        Due(
            row["notice_id"],
            Kind(row["kind"]),
            Way(row["way"]),
            row["profile_id"],
            opdrachten.get(row["assignment_id"]),
            known.recipient(row),
            matches.get(row["notice_id"], []),
            _advice(row),
            row["attempts"],
            row["caused_at"],
            row["traceparent"],
        )
        for row in rows
    ]


async def _opdrachten(connection: Connection, assignment_ids: set[UUID]) -> dict[UUID, Opdracht]:
    """Return the assignments that are known, each read once: one may go to very many."""
    rows = await connection.fetch(
        "SELECT assignment_id, facts, open, closed_reason FROM assignments WHERE assignment_id = ANY($1)",
        list(assignment_ids),
    )
    return {
        row["assignment_id"]: Opdracht(
            row["assignment_id"], known.facts(row), row["open"], row["closed_reason"]
        )
        for row in rows
    }


def _match(row: asyncpg.Record, opdracht: Opdracht) -> Match:
    names = ("match_id", "profile_id", "live", "score", "growth", "explanation", "name", "decision_reason")
    told = {name: row[name] for name in (*names, "asked_later")}
    return Match(**told, opdracht=opdracht)


def _advice(row: asyncpg.Record) -> Advice | None:
    if row["respond_by"] is None:
        return None
    relaxation = row["relaxation"] or {"change": {}, "adds": 0}
    return Advice(row["respond_by"], row["live"], relaxation["change"], relaxation["adds"], row["interested"])


async def settle(connection: Connection, outcomes: Sequence[Settled]) -> None:
    """Write how notices ended. What was reported on one meanwhile (a mail that came back) stands."""
    await connection.execute(
        "UPDATE notices SET state = new.state, detail = new.detail, settled_at = now()"
        " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, state, detail)"
        " WHERE notice_id = new.id AND notices.state = 'sending'",
        [one.notice_id for one in outcomes],
        [one.state for one in outcomes],
        [one.detail for one in outcomes],
    )


async def postpone(connection: Connection, notice_id: UUID, until: datetime, detail: str) -> None:
    """Try again later, after a temporary failure. The claim stays, so that only the lease ends it."""
    await connection.execute(
        "UPDATE notices SET due_at = $2, detail = $3 WHERE notice_id = $1 AND state = 'sending'",
        notice_id,
        until,
        detail,
    )
