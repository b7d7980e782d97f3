"""Recruiters, by their normalised address: how they want their mail, and what is to be told to them of an
opdracht or of several.

What a partial index names (a kind, a state) stands in the statements as it stands there.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.telemetry import current_traceparent
from chassis.unreadable import read_if_possible
from uuid_utils.compat import uuid7

from notifications.domain.address import normalised
from notifications.domain.match import Assignment
from notifications.domain.notice import Kind, NoticeState, ToldCounts
from notifications.domain.recruiter import InterestRhythm, RecruiterWishes, SummaryRhythm
from notifications.store import assignments, settled

NO_NEWS_WITHIN = timedelta(hours=1)
KNOWN_STATES: frozenset[str] = frozenset(NoticeState)


async def wishes(connection: Connection, recruiters: Collection[str]) -> dict[str, RecruiterWishes]:
    """Return how recruiters want their mail; of who never chose, or whose choice cannot be read, nothing."""
    rows = await connection.fetch(_WISHES, list(recruiters))
    found = {
        row["recruiter"]: read_if_possible("recruiter_preferences", row["key"], row, _wishes_of)
        for row in rows
    }
    return {recruiter: chosen for recruiter, chosen in found.items() if chosen is not None}


# The log and the count know a row by a hash: an address stands in neither.
_WISHES = """
SELECT recruiter, summary, interest, quiet_hours, md5(recruiter) AS key
FROM recruiter_preferences
WHERE recruiter = ANY($1)
"""


def _wishes_of(row: asyncpg.Record) -> RecruiterWishes:
    return RecruiterWishes(SummaryRhythm(row["summary"]), InterestRhythm(row["interest"]), row["quiet_hours"])


async def save_wishes(connection: Connection, recruiter: str, chosen: RecruiterWishes) -> None:
    """Write how a recruiter wants their mail."""
    await connection.execute(_SAVE_WISHES, recruiter, chosen.summary, chosen.interest, chosen.quiet_hours)


_SAVE_WISHES = """
INSERT INTO recruiter_preferences (recruiter, summary, interest, quiet_hours) VALUES ($1, $2, $3, $4)
ON CONFLICT (recruiter) DO UPDATE
SET summary = excluded.summary, interest = excluded.interest, quiet_hours = excluded.quiet_hours
"""


async def plan_anew(
    connection: Connection, recruiter: str, chosen: RecruiterWishes, window: timedelta, now: datetime
) -> None:
    """Let what waits for a recruiter go by their new choice: who wants no summaries gets none of what was
    gathered."""
    summary_due = chosen.summary_due(window, now)
    if summary_due is None:
        rows = await connection.fetch(_END_SUMMARIES, recruiter, now)
        await settled.publish(connection, rows, now)
    else:
        await connection.execute(_PLAN_SUMMARIES, recruiter, summary_due)
    rows = await connection.fetch(_WAITING, [Kind.INTEREST, Kind.RETREAT, Kind.WARNING])
    known = await assignments.by_ids(connection, {row["assignment_id"] for row in rows})
    due = {
        row["notice_id"]: chosen.interest_due(now) if row["kind"] == Kind.INTEREST else now
        for row in rows
        if row["assignment_id"] in known and recruiter_of(known[row["assignment_id"]]) == recruiter
    }
    await connection.execute(_PLAN, list(due), list(due.values()))


_END_SUMMARIES = """
UPDATE notices SET state = 'unwanted', detail = 'the recruiter wants no summaries', settled_at = $2
WHERE recruiter = $1 AND kind = 'summary' AND state = 'pending'
RETURNING notice_id, kind, match_id, assignment_id, profile_id, state AS outcome, due_at
"""
_PLAN_SUMMARIES = """
UPDATE notices SET due_at = $2 WHERE recruiter = $1 AND kind = 'summary' AND state = 'pending'
"""
_WAITING = """
SELECT notice_id, kind, assignment_id
FROM notices
WHERE kind = ANY($1) AND state IN ('pending', 'sending') AND state = 'pending' -- as `notices_due` says it
"""
_PLAN = """
UPDATE notices SET due_at = new.due_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (notice_id, due_at)
WHERE notices.notice_id = new.notice_id AND state = 'pending'
"""


def recruiter_of(assignment: Assignment) -> str:
    """Return an opdracht's recruiter, as their mailbox is known."""
    return normalised(assignment.facts.recruiter.email)


async def add_to_summaries(
    connection: Connection, matches: Mapping[UUID, UUID], window: timedelta, now: datetime
) -> None:
    """Add new matches (their ids, with their assignments') to their recruiters' open summaries; the first
    one opens it. Who was shown to the recruiter for this opdracht within the hour is no news, and who wants
    no summaries gets none."""
    shown = await connection.fetch(_SHOWN, list(matches), now - NO_NEWS_WITHIN)
    new = {match_id: matches[match_id] for match_id in matches.keys() - {row["match_id"] for row in shown}}
    known = await assignments.by_ids(connection, set(new.values()))
    of_each = {
        match_id: recruiter_of(known[assignment_id])
        for match_id, assignment_id in new.items()
        if assignment_id in known
    }
    chosen = await wishes(connection, set(of_each.values()))
    due = {
        recruiter: due_at
        for recruiter in sorted(set(of_each.values()))
        if (due_at := chosen.get(recruiter, RecruiterWishes()).summary_due(window, now)) is not None
    }
    rows = await connection.fetch(
        _OPEN_SUMMARIES, [uuid7() for _ in due], list(due), list(due.values()), now, current_traceparent()
    )
    summaries = {row["recruiter"]: row["notice_id"] for row in rows}
    told = {match_id: summaries[one] for match_id, one in of_each.items() if one in summaries}
    await connection.execute(_ADD_TO_SUMMARIES, list(told.values()), list(told))


_SHOWN = """
SELECT s.match_id
FROM summary_matches s JOIN notices n USING (notice_id)
WHERE s.match_id = ANY($1) AND n.kind = 'summary' AND n.state = 'accepted' AND n.sent_at > $2
"""
# Updating an open summary locks it, so that it cannot be sent before these matches are in it.
_OPEN_SUMMARIES = """
INSERT INTO notices AS stored (notice_id, kind, recruiter, due_at, caused_at, traceparent)
SELECT notice_id, 'summary', recruiter, due_at, $4, $5
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (notice_id, recruiter, due_at)
ORDER BY recruiter
ON CONFLICT (recruiter) WHERE kind = 'summary' AND state = 'pending' AND recruiter IS NOT NULL DO UPDATE
SET caused_at = stored.caused_at
RETURNING notice_id, recruiter
"""
_ADD_TO_SUMMARIES = """
INSERT INTO summary_matches (notice_id, match_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[])
ON CONFLICT DO NOTHING
"""


async def move_to_new_recruiters(
    connection: Connection, assignment_ids: Collection[UUID], window: timedelta, now: datetime
) -> None:
    """Let what is gathered on opdrachten go to who is their recruiter now."""
    rows = await connection.fetch(_TAKE_FROM_SUMMARIES, list(assignment_ids))
    if rows:
        await add_to_summaries(
            connection, {row["match_id"]: row["assignment_id"] for row in rows}, window, now
        )


_TAKE_FROM_SUMMARIES = """
DELETE FROM summary_matches s
USING notices n, matches m
WHERE m.assignment_id = ANY($1) AND s.match_id = m.match_id AND n.notice_id = s.notice_id
    AND n.kind = 'summary' AND n.state = 'pending' AND n.recruiter IS NOT NULL
RETURNING m.match_id, m.assignment_id
"""


async def add_warnings(connection: Connection, assignment_ids: Collection[UUID], now: datetime) -> None:
    """Write a notice to the recruiter of each assignment that nobody is interested in it."""
    await connection.execute(
        _ADD_WARNINGS,
        [uuid7() for _ in assignment_ids],
        list(assignment_ids),
        Kind.WARNING,
        now,
        current_traceparent(),
    )


_ADD_WARNINGS = """
INSERT INTO notices (notice_id, kind, assignment_id, due_at, caused_at, traceparent)
SELECT notice_id, $3, assignment_id, $4, $4, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, assignment_id)
"""


async def plan_reminders(connection: Connection, due: Mapping[UUID, datetime], now: datetime) -> None:
    """Let recruiters be reminded at these moments that an opdracht closes by itself. Where a moment is past,
    there is no reminder."""
    past = [assignment_id for assignment_id, due_at in due.items() if due_at <= now]
    await settled.publish(connection, await connection.fetch(_CANCEL_REMINDERS, past, now), now)
    later = {assignment_id: due_at for assignment_id, due_at in due.items() if due_at > now}
    await connection.execute(
        _PLAN_REMINDERS, [uuid7() for _ in later], list(later), list(later.values()), now
    )


_CANCEL_REMINDERS = """
UPDATE notices SET state = 'cancelled', detail = 'the opdracht closes at another moment', settled_at = $2
WHERE assignment_id = ANY($1) AND kind = 'expiring' AND state = 'pending'
RETURNING notice_id, kind, match_id, assignment_id, profile_id, state AS outcome, due_at
"""
_PLAN_REMINDERS = """
INSERT INTO notices (notice_id, kind, assignment_id, due_at, caused_at)
SELECT notice_id, 'expiring', assignment_id, due_at, $4
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS new (notice_id, assignment_id, due_at)
ORDER BY assignment_id
ON CONFLICT (assignment_id) WHERE kind = 'expiring' AND state = 'pending' DO UPDATE
SET due_at = excluded.due_at
"""


async def told_counts(connection: Connection, assignment_ids: Collection[UUID]) -> dict[UUID, ToldCounts]:
    """Return, of each assignment's live matches, how many professionals were told, are still to be told, and
    were not told, by how that ended."""
    rows = await connection.fetch(_TOLD_COUNTS, list(assignment_ids), Kind.MATCH)
    found: dict[UUID, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["assignment_id"], {})[row["state"]] = row["count"]
    waiting = (NoticeState.PENDING, NoticeState.SENDING, NoticeState.DIGESTED)
    return {
        assignment_id: ToldCounts(
            told=states.get(NoticeState.ACCEPTED, 0) + states.get(NoticeState.COMPLAINED, 0),
            waiting=sum(states.get(state, 0) for state in waiting),
            untold={
                NoticeState(state): count
                for state, count in states.items()
                if state in KNOWN_STATES
                and state not in {*waiting, NoticeState.ACCEPTED, NoticeState.COMPLAINED}
            },
        )
        for assignment_id, states in found.items()
    }


_TOLD_COUNTS = """
SELECT m.assignment_id, coalesce(CASE WHEN n.state = 'digested' AND n.digest_id IS NOT NULL THEN d.state
    WHEN n.state = 'digested' THEN 'accepted' ELSE n.state END, 'pending') AS state, count(*)
FROM matches m
LEFT JOIN notices n ON n.match_id = m.match_id AND n.kind = $2
LEFT JOIN notices d ON d.notice_id = n.digest_id
WHERE m.assignment_id = ANY($1) AND m.live
GROUP BY 1, 2
"""
