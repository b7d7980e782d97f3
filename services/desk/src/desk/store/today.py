"""What needs a recruiter now, from what the topics told."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import asyncpg
from chassis.database import Connection

from desk.domain.placements import ENDS_SOON
from desk.domain.today import CLOSES_SOON, LONG_IN_SELECTION, SILENT_AFTER_NOMINATION, Need, Task


async def tasks(
    connection: Connection,
    recruiter: str | None,
    now: datetime,
    needs: Collection[Need],
    limit: int,
    *,
    urgent_first: bool = True,
) -> list[Task]:
    """Return what needs somebody, as many of each need as `limit`: the most urgent, or to count them any,
    which is sooner done. `recruiter`: an e-mail address in lower case, None for everybody's. Drafts are not
    here."""
    asked: Mapping[Need, tuple[str, str, *tuple[datetime, ...]]] = {
        Need.INTEREST: (_INTEREST, "ORDER BY m.answered_at"),
        Need.TALK: (_TALK, "ORDER BY c.answered_at"),
        Need.CLOSING: (_CLOSING, "ORDER BY a.respond_by", now, now + CLOSES_SOON),
        Need.NOBODY: (_NOBODY, "ORDER BY a.respond_by", now),
        Need.NOT_TOLD: (_NOT_TOLD, "ORDER BY a.respond_by"),
        Need.ADDRESS: (_ADDRESS, ""),
        Need.RETURNED: (_RETURNED, ""),
        Need.SELECTING: (_SELECTING, "ORDER BY a.respond_by", now - LONG_IN_SELECTION),
        Need.SILENT: (_SILENT, "ORDER BY m.decided_at", now - SILENT_AFTER_NOMINATION),
        Need.ENDING: (_ENDING, "ORDER BY w.ends_on", now + ENDS_SOON),
    }
    found = []
    for need, (query, order, *moments) in asked.items():
        if need in needs:
            whole = f"{query} {order if urgent_first else ''} LIMIT $2"
            found += [_task(need, row) for row in await connection.fetch(whole, recruiter, limit, *moments)]
    return found


_INTEREST = """
SELECT a.assignment_id, a.title, a.organisation, m.answered_at AS since, m.profile_id,
    p.name, 1 AS count
FROM matches m JOIN assignments a USING (assignment_id) LEFT JOIN people p USING (profile_id)
WHERE m.live AND m.answer = 'interested' AND m.decision IS NULL AND a.open
    AND ($1::text IS NULL OR a.recruiter = $1) AND NOT EXISTS (
        SELECT FROM placements w
        WHERE w.assignment_id = m.assignment_id AND w.profile_id = m.profile_id AND w.counts
    )
"""
# Who wants to be called, until it is noted that somebody was there for them.
_TALK = """
SELECT a.assignment_id, a.title, a.organisation, c.answered_at AS since, w.profile_id, p.name, 1 AS count,
    w.placement_id, NULL::date AS ends_on
FROM checkins c JOIN placements w USING (placement_id) JOIN assignments a USING (assignment_id)
    LEFT JOIN people p ON p.profile_id = w.profile_id
WHERE c.answer = 'wil-praten' AND w.state = 'agreed' AND ($1::text IS NULL OR a.recruiter = $1)
    AND NOT EXISTS (
        SELECT FROM checkins later
        WHERE later.placement_id = c.placement_id AND later.answered_at > c.answered_at
    )
    AND NOT EXISTS (
        SELECT FROM notes n WHERE n.profile_id = w.profile_id AND n.written_at > c.answered_at
    )
"""
_CLOSING = """
SELECT a.assignment_id, a.title, a.organisation, a.respond_by AS since,
    NULL::uuid AS profile_id, NULL AS name,
    (SELECT count(*) FROM matches m WHERE m.assignment_id = a.assignment_id AND m.live) AS count
FROM assignments a
WHERE a.open AND a.respond_by > $3 AND a.respond_by <= $4 AND ($1::text IS NULL OR a.recruiter = $1)
    AND NOT EXISTS (
        SELECT FROM matches m
        WHERE m.assignment_id = a.assignment_id AND m.live
            AND (m.answer = 'interested' OR m.decision IN ('invited', 'nominated'))
    )
"""
_NOBODY = """
SELECT a.assignment_id, a.title, a.organisation, a.respond_by AS since,
    NULL::uuid AS profile_id, NULL AS name, 0 AS count
FROM assignments a
WHERE a.open AND a.respond_by > $3 AND ($1::text IS NULL OR a.recruiter = $1)
    AND NOT EXISTS (SELECT FROM matches m WHERE m.assignment_id = a.assignment_id AND m.live)
"""
# Of each match the latest notice that should have told it. Opdrachten are gone through in the order in which
# they close, until there are enough; whoever was not told is in an index of its own.
_NOT_TOLD = """
SELECT a.assignment_id, a.title, a.organisation, untold.since, NULL::uuid AS profile_id, NULL AS name,
    untold.count
FROM assignments a, LATERAL (
    SELECT count(*) AS count, min(n.at) AS since
    FROM notices n JOIN matches m USING (match_id)
    WHERE n.assignment_id = a.assignment_id AND n.kind IN ('match', 'later')
        AND n.outcome IN ('unwanted', 'suppressed', 'missed')
        AND m.live AND m.answer IS NULL AND m.decision IS NULL
        AND NOT EXISTS (
            SELECT FROM notices later
            WHERE later.match_id = n.match_id AND later.kind IN ('match', 'later')
                AND (later.at, later.notice_id) > (n.at, n.notice_id)
        )
) AS untold
WHERE a.open AND untold.count > 0 AND ($1::text IS NULL OR a.recruiter = $1)
"""
# Its reader said that the change was not theirs, or it does not exist, and no mail has reached them since. Of
# nobody's opdracht, so it is for everybody who has a list of their own.
_ADDRESS = """
SELECT DISTINCT ON (n.profile_id) NULL::uuid AS assignment_id, '' AS title, '' AS organisation,
    n.at AS since, n.profile_id, p.name, 1 AS count
FROM notices n JOIN people p USING (profile_id)
WHERE n.match_id IS NULL AND n.outcome IN ('bounced', 'refused', 'complained')
    AND (n.kind IN ('moved', 'left') AND n.outcome = 'complained'
        OR n.kind IN ('moved', 'consent', 'stay') AND n.outcome = 'bounced')
    AND NOT p.erased AND $1::text IS DISTINCT FROM ''
    AND NOT EXISTS (
        SELECT FROM notices later
        WHERE later.profile_id = n.profile_id AND later.outcome = 'accepted' AND later.at > n.at
    )
ORDER BY n.profile_id, n.at DESC
"""
_RETURNED = """
SELECT DISTINCT ON (m.profile_id) a.assignment_id, a.title, a.organisation, n.at AS since,
    m.profile_id, p.name, 1 AS count
FROM notices n JOIN matches m USING (match_id) JOIN assignments a ON a.assignment_id = m.assignment_id
    LEFT JOIN people p ON p.profile_id = m.profile_id
WHERE n.outcome IN ('bounced', 'refused', 'complained') AND m.live AND a.open
    AND ($1::text IS NULL OR a.recruiter = $1)
ORDER BY m.profile_id, n.at DESC
"""
_SELECTING = """
SELECT a.assignment_id, a.title, a.organisation, a.respond_by AS since,
    NULL::uuid AS profile_id, NULL AS name, 1 AS count
FROM assignments a
WHERE a.open AND a.respond_by <= $3 AND ($1::text IS NULL OR a.recruiter = $1)
"""
_SILENT = """
SELECT a.assignment_id, a.title, a.organisation, m.decided_at AS since, m.profile_id, p.name,
    1 AS count
FROM matches m JOIN assignments a USING (assignment_id) LEFT JOIN people p USING (profile_id)
WHERE m.live AND m.decision = 'nominated' AND m.decided_at <= $3 AND a.open
    AND ($1::text IS NULL OR a.recruiter = $1) AND NOT EXISTS (
        SELECT FROM placements w
        WHERE w.assignment_id = m.assignment_id AND w.profile_id = m.profile_id AND w.counts
    )
"""
# By the day in the Netherlands.
_ENDING = """
SELECT a.assignment_id, a.title, a.organisation, w.agreed_at AS since, w.profile_id, p.name, 1 AS count,
    w.placement_id, w.ends_on
FROM placements w JOIN assignments a USING (assignment_id) LEFT JOIN people p USING (profile_id)
WHERE w.state = 'agreed' AND w.ends_on <= ($3::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date
    AND ($1::text IS NULL OR a.recruiter = $1)
"""


def _task(need: Need, row: asyncpg.Record) -> Task:
    return Task(
        need=need,
        assignment_id=row["assignment_id"],
        title=row["title"],
        organisation=row["organisation"],
        since=row["since"],
        profile_id=row["profile_id"],
        name=row["name"],
        count=row["count"],
        placement_id=row.get("placement_id"),
        ends_on=row.get("ends_on"),
    )


async def put_off(connection: Connection, recruiter: str, line: str, until: date) -> None:
    """Hide a line of somebody's list until a day."""
    await connection.execute(_PUT_OFF, recruiter, line, until)


_PUT_OFF = """
INSERT INTO put_off (recruiter, line, until) VALUES ($1, $2, $3)
ON CONFLICT (recruiter, line) DO UPDATE SET until = excluded.until
"""


async def hidden(connection: Connection, recruiter: str, today: date) -> set[str]:
    """Return the lines that somebody has put off until after today."""
    rows = await connection.fetch(_HIDDEN, recruiter, today)
    return {row["line"] for row in rows}


_HIDDEN = """
SELECT line FROM put_off WHERE recruiter = $1 AND until > $2
"""
