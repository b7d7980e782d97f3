"""Notices to professionals, and to recruiters about one match, as rows: what is to be told to whom.

What a partial index or a constraint names (a state, the kind of a summary) stands in the statements as it
stands there, so that PostgreSQL uses the index; every other kind is an argument.

A match has one current notice of a kind. Where it is to be told again in a mail of its own (changed again,
yes again), the former one is moved aside: it keeps its match as `past_match_id`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from chassis.telemetry import current_traceparent
from contracts.events import LeverFound, MatchProposed
from contracts.vocabulary import Answer, Decision
from pydantic_core import to_json
from uuid_utils.compat import uuid7

from notifications.domain.match import Match
from notifications.domain.notice import OF_A_MATCH, REVIVABLE, TO_RECRUITERS, Kind, NoticeState
from notifications.domain.schedule import Way
from notifications.store import consent, settled

# What was not sent, and may be without another address; what the mail server gave back is not among it.
NOT_OF_THE_ADDRESS = REVIVABLE - {NoticeState.REFUSED, NoticeState.BOUNCED}


async def add_for_matches(
    connection: Connection, proposals: Sequence[MatchProposed], now: datetime, traceparent: str | None
) -> None:
    """Write a notice for each match that lives and did not before. One that ended untold is wanted again, as
    the match or, where its professional had asked for it, later; who was told that theirs fell off is told
    that it came back."""
    match_ids = [proposal.match_id for proposal in proposals]
    back = {row["match_id"] for row in await connection.fetch(_TAKE_BACK_DROPPED, match_ids, Kind.DROPPED)}
    if back:
        await connection.execute(_MOVE_ASIDE, list(back), Kind.MATCH)
        await connection.execute(_MOVE_ASIDE, list(back), Kind.LATER)
    untold = [NoticeState.CANCELLED, NoticeState.EXPIRED, *NOT_OF_THE_ADDRESS]
    await connection.execute(_WANT_LATER_AGAIN, match_ids, Kind.LATER, untold, now)
    await connection.execute(
        _ADD_FOR_MATCHES,
        [uuid7() for _ in proposals],
        [proposal.assignment_id for proposal in proposals],
        match_ids,
        [proposal.profile_id for proposal in proposals],
        [proposal.proposed_at for proposal in proposals],
        [Kind.DROPPED if match_id in back else None for match_id in match_ids],
        Kind.MATCH,
        now,
        traceparent,
        untold,
        Kind.LATER,
    )


_TAKE_BACK_DROPPED = """
UPDATE notices SET past_match_id = match_id, match_id = NULL
WHERE match_id = ANY($1) AND kind = $2 AND state IN ('sending', 'accepted', 'complained')
RETURNING past_match_id AS match_id
"""
_MOVE_ASIDE = """
UPDATE notices SET past_match_id = match_id, match_id = NULL, retry_at = NULL
WHERE match_id = ANY($1) AND kind = $2 AND state NOT IN ('pending', 'sending')
"""
_ADD_FOR_MATCHES = """
INSERT INTO notices AS stored
    (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at, corrects, traceparent)
SELECT notice_id, $7, assignment_id, match_id, profile_id, $8, proposed_at, corrects, $9
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[])
    AS new (notice_id, assignment_id, match_id, profile_id, proposed_at, corrects)
ORDER BY match_id
ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE
SET state = 'pending', way = 'direct', detail = NULL, due_at = excluded.due_at, settled_at = NULL,
    caused_at = excluded.caused_at, attempts = 0, tried_at = NULL, retry_at = NULL, digest_id = NULL
WHERE stored.state = ANY($10) AND NOT EXISTS (
    SELECT FROM notices later WHERE later.match_id = excluded.match_id AND later.kind = $11
)
"""
_WANT_LATER_AGAIN = """
UPDATE notices
SET state = 'pending', way = 'direct', detail = NULL, due_at = $4, settled_at = NULL, caused_at = $4,
    attempts = 0, tried_at = NULL, retry_at = NULL, digest_id = NULL
WHERE match_id = ANY($1) AND kind = $2 AND state = ANY($3)
"""


async def add_later(connection: Connection, match: Match, at: datetime, now: datetime) -> None:
    """Tell of a match again, in the digest that is due at this moment."""
    await cancel(connection, [match.match_id], "the professional wants to be asked later", [Kind.MATCH], now)
    await connection.execute(_MOVE_ASIDE, [match.match_id], Kind.LATER)
    await connection.execute(
        _ADD_LATER,
        uuid7(),
        match.assignment.assignment_id,
        match.match_id,
        match.profile_id,
        at,
        now,
        Kind.LATER,
        Way.DIGEST,
    )


_ADD_LATER = """
INSERT INTO notices (notice_id, kind, way, assignment_id, match_id, profile_id, due_at, caused_at)
VALUES ($1, $7, $8, $2, $3, $4, $5, $6)
ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE
SET way = excluded.way, due_at = excluded.due_at
"""


async def add_levers(connection: Connection, found: Mapping[UUID, LeverFound], now: datetime) -> None:
    """Write a notice, by its id, of what would bring somebody opdrachten, once."""
    levers = [[lever.model_dump() for lever in one.levers] for one in found.values()]
    await connection.execute(
        _ADD_LEVERS,
        list(found),
        [one.profile_id for one in found.values()],
        [to_json(some).decode() for some in levers],
        Kind.SILENCE,
        now,
        current_traceparent(),
    )


_ADD_LEVERS = """
INSERT INTO notices (notice_id, kind, profile_id, levers, due_at, caused_at, traceparent)
SELECT notice_id, $4, profile_id, levers::jsonb, $5, $5, $6
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS new (notice_id, profile_id, levers)
ORDER BY notice_id
ON CONFLICT (notice_id) DO NOTHING
"""


@dataclass(frozen=True)
class Told:
    """What is to be told of a match, and when. `corrects`: the kind of notice that it takes back."""

    match_id: UUID
    due_at: datetime
    corrects: Kind | None = None


async def add(connection: Connection, kind: Kind, told: Sequence[Told], now: datetime) -> None:
    """Write what became of matches, for their professionals or, by its kind, for their recruiters. It takes
    the place of what was to be told and has not left."""
    if not told:
        return
    await connection.execute(_MOVE_ASIDE, [one.match_id for one in told], kind)
    await connection.execute(
        _ADD,
        [uuid7() for _ in told],
        [one.match_id for one in told],
        [one.due_at for one in told],
        [one.corrects for one in told],
        kind,
        kind in TO_RECRUITERS,
        now,
        current_traceparent(),
    )


_ADD = """
INSERT INTO notices AS stored
    (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at, corrects, traceparent)
SELECT new.notice_id, $5, m.assignment_id, m.match_id, CASE WHEN NOT $6 THEN m.profile_id END, new.due_at, $7,
    new.corrects, $8
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[])
    AS new (notice_id, match_id, due_at, corrects)
JOIN matches m USING (match_id)
ORDER BY m.match_id
ON CONFLICT (match_id, kind) WHERE match_id IS NOT NULL DO UPDATE
SET due_at = excluded.due_at, caused_at = excluded.caused_at, corrects = excluded.corrects
WHERE stored.state = 'pending'
"""


async def states(
    connection: Connection, match_ids: Collection[UUID], kinds: Collection[Kind]
) -> dict[tuple[UUID, Kind], NoticeState]:
    """Return how the current notices of these kinds on matches stand."""
    rows = await connection.fetch(_STATES, list(match_ids), list(kinds))
    return {
        (row["match_id"], Kind(row["kind"])): NoticeState(row["state"])
        for row in rows
        if row["state"] in set(NoticeState)
    }


_STATES = """
SELECT match_id, kind, state FROM notices WHERE match_id = ANY($1) AND kind = ANY($2)
"""


async def add_closing_news(
    connection: Connection, assignment_ids: Collection[UUID], delay: timedelta, now: datetime
) -> None:
    """Write a notice to everyone who is interested in an assignment that closed, and was not told, or is
    about to be, that they are rejected. It is due after a delay: by then it is known who does it."""
    rows = await connection.fetch(
        _INTERESTED_IN_CLOSED,
        list(assignment_ids),
        Answer.INTERESTED,
        Decision.REJECTED,
        Kind.REJECTED,
        [NoticeState.PENDING, NoticeState.SENDING, NoticeState.ACCEPTED],
        Kind.CLOSED,
    )
    await add(connection, Kind.CLOSED, [Told(row["match_id"], now + delay) for row in rows], now)


_INTERESTED_IN_CLOSED = """
SELECT match_id FROM matches m JOIN assignments USING (assignment_id)
WHERE assignment_id = ANY($1) AND NOT open AND answer = $2
    AND NOT ((decision = $3) IS TRUE AND EXISTS (
        SELECT FROM notices n WHERE n.match_id = m.match_id AND n.kind = $4 AND n.state = ANY($5)
    ))
    AND NOT EXISTS (SELECT FROM notices n WHERE n.match_id = m.match_id AND n.kind = $6)
"""


async def add_gathered_changes(connection: Connection, now: datetime, again_at: datetime) -> None:
    """Write a notice of each opdracht whose gathered changes are due, to everyone who is interested and
    lives. Where one is on its way, it may have been written before the last change: these are looked at
    `again_at`.
    """
    due = [row["assignment_id"] for row in await connection.fetch(_CHANGES_DUE, now)]
    if not due:
        return
    rows = await connection.fetch(_TO_BE_TOLD, due, Answer.INTERESTED, Kind.CHANGED)
    await add(connection, Kind.CHANGED, [Told(row["match_id"], now) for row in rows], now)
    under_way = {row["assignment_id"] for row in rows if row["under_way"]}
    await connection.execute(_LOOK_AGAIN, list(under_way), again_at)


_CHANGES_DUE = """
UPDATE assignments SET changes_due_at = NULL
WHERE assignment_id IN (
    SELECT assignment_id FROM assignments WHERE changes_due_at <= $1 FOR UPDATE SKIP LOCKED
)
RETURNING assignment_id
"""
_TO_BE_TOLD = """
SELECT m.match_id, m.assignment_id, EXISTS (
    SELECT FROM notices n WHERE n.match_id = m.match_id AND n.kind = $3 AND n.state = 'sending'
) AS under_way
FROM matches m
WHERE m.assignment_id = ANY($1) AND m.live AND m.answer = $2
"""
_LOOK_AGAIN = """
UPDATE assignments SET changes_due_at = $2 WHERE assignment_id = ANY($1) AND changes_due_at IS NULL
"""


async def interest_told(connection: Connection, match_ids: Collection[UUID]) -> set[UUID]:
    """Return of which of these matches the recruiter knows, by a mail of its own, that its professional is
    interested: one that no mail on their stepping back followed."""
    rows = await connection.fetch(
        _LAST_OF_INTEREST,
        list(match_ids),
        Kind.INTEREST,
        Kind.RETREAT,
        [NoticeState.ACCEPTED, NoticeState.BOUNCED, NoticeState.COMPLAINED],
    )
    return {row["match_id"] for row in rows if row["kind"] == Kind.INTEREST}


_LAST_OF_INTEREST = """
SELECT DISTINCT ON (match_id) match_id, kind
FROM (
    SELECT match_id, kind, state, sent_at FROM notices WHERE match_id = ANY($1)
    UNION ALL
    SELECT past_match_id, kind, state, sent_at FROM notices WHERE past_match_id = ANY($1)
) AS told
WHERE kind = $2 AND (state = 'sending' OR state = ANY($4)) OR kind = $3 AND state = ANY($4)
ORDER BY match_id, sent_at DESC NULLS LAST
"""


async def cancel(
    connection: Connection,
    match_ids: Collection[UUID],
    detail: str,
    kinds: Collection[Kind],
    now: datetime,
) -> None:
    """Cancel what is not sent yet, and is not gathered in a digest."""
    rows = await connection.fetch(_CANCEL, list(match_ids), detail, list(kinds), now)
    await settled.publish(connection, rows, now)


_CANCEL = """
UPDATE notices SET state = 'cancelled', detail = $2, settled_at = $4
WHERE match_id = ANY($1) AND state = 'pending' AND kind = ANY($3)
RETURNING notice_id, kind, match_id, assignment_id, profile_id, state AS outcome, due_at
"""


async def cancel_of(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> None:
    """Cancel all that is not sent yet to professionals who are erased."""
    await settled.publish(connection, await connection.fetch(_CANCEL_OF, list(profile_ids), now), now)


_CANCEL_OF = """
UPDATE notices SET state = 'cancelled', detail = 'the professional was erased', settled_at = $2
WHERE profile_id = ANY($1) AND state = 'pending'
RETURNING notice_id, kind, coalesce(match_id, past_match_id) AS match_id, assignment_id, profile_id,
    state AS outcome, due_at
"""


async def reconsider(
    connection: Connection, profile_ids: Collection[UUID], now: datetime, *, other_address: bool
) -> None:
    """Let what waits, or was not told, about new matches be planned anew: professionals chose otherwise, or
    (`other_address`) have another or a released address, so that what it did not take is told as well. So is
    what asks them whether mails may come.

    It is due now, and decided when it is claimed: whatever still keeps it ends it again.
    """
    states = REVIVABLE if other_address else NOT_OF_THE_ADDRESS
    await connection.execute(
        _RECONSIDER, list(profile_ids), list(OF_A_MATCH), list(states), now, Kind.DROPPED
    )
    await consent.ask_again(connection, profile_ids, states, now)


_AGAIN = """
UPDATE notices n
SET state = 'pending', way = 'direct', detail = NULL, due_at = $4, settled_at = NULL, attempts = 0,
    tried_at = NULL, retry_at = NULL, digest_id = NULL,
    caused_at = CASE n.state WHEN 'pending' THEN n.caused_at ELSE $4 END
FROM matches m JOIN assignments a USING (assignment_id)
"""
_RECONSIDER = f"""
{_AGAIN}
WHERE m.profile_id = ANY($1) AND n.match_id = m.match_id AND n.kind = ANY($2) AND (
    n.state = 'pending' OR n.state = ANY($3) AND m.live AND a.open
    AND (a.respond_by IS NULL OR a.respond_by > $4) AND (m.answer IS NULL OR n.corrects = $5)
)
"""


async def reconsider_of_assignments(
    connection: Connection, assignment_ids: Collection[UUID], now: datetime
) -> None:
    """As `reconsider`, where the moment moved until which one can respond."""
    states = NOT_OF_THE_ADDRESS
    await connection.execute(
        _RECONSIDER_OF_ASSIGNMENTS, list(assignment_ids), list(OF_A_MATCH), list(states), now, Kind.DROPPED
    )


_RECONSIDER_OF_ASSIGNMENTS = f"""
{_AGAIN}
WHERE m.assignment_id = ANY($1) AND m.live AND n.match_id = m.match_id AND n.kind = ANY($2) AND (
    n.state = 'pending' OR n.state = ANY($3) AND a.open
    AND (a.respond_by IS NULL OR a.respond_by > $4) AND (m.answer IS NULL OR n.corrects = $5)
)
"""


async def reconsider_by_score(
    connection: Connection,
    now: datetime,
    *,
    match_ids: Collection[UUID] = (),
    profile_ids: Collection[UUID] = (),
) -> None:
    """Let matches be told that were unwanted and whose score is no longer below their minimum, and let what
    waits end as unwanted where it is now: both are due, and decided when they are claimed."""
    await connection.execute(_RECONSIDER_BY_SCORE, list(match_ids), list(profile_ids), list(OF_A_MATCH), now)


_RECONSIDER_BY_SCORE = """
UPDATE notices n
SET state = 'pending', way = 'direct', detail = NULL, due_at = $4, settled_at = NULL,
    attempts = CASE n.state WHEN 'pending' THEN n.attempts ELSE 0 END,
    tried_at = CASE n.state WHEN 'pending' THEN n.tried_at END,
    caused_at = CASE n.state WHEN 'pending' THEN n.caused_at ELSE $4 END, digest_id = NULL
FROM matches m JOIN assignments a USING (assignment_id) JOIN contacts c USING (profile_id)
WHERE (m.match_id = ANY($1) OR m.profile_id = ANY($2)) AND n.match_id = m.match_id AND n.kind = ANY($3)
    AND CASE n.state
        WHEN 'pending' THEN to_jsonb(m.score) < c.preferences->'min_score'
        WHEN 'unwanted' THEN m.live AND a.open AND m.answer IS NULL
            AND (a.respond_by IS NULL OR a.respond_by > $4)
            AND to_jsonb(m.score) >= c.preferences->'min_score' AND c.preferences->>'frequency' <> 'none'
    END
"""


async def retry_refused(connection: Connection, now: datetime, pause: timedelta) -> None:
    """Let what the mail server refused for a fault of ours be tried again, once its time has come.

    About a new match it begins anew, as long as it may be told; else it is looked at again after `pause`,
    until the opdracht closes. Anything else is given up two days after its first attempt.
    """
    await connection.execute(_RETRY_LATER, now, list(OF_A_MATCH), pause, Kind.DROPPED)
    await connection.execute(_RETRY_REFUSED, now, list(OF_A_MATCH))


_RETRY_LATER = """
UPDATE notices SET retry_at = CASE WHEN waiting.open THEN $1::timestamptz + $3::interval END
FROM (
    SELECT n.notice_id, a.open
    FROM notices n JOIN matches m USING (match_id) JOIN assignments a ON a.assignment_id = m.assignment_id
    WHERE n.retry_at <= $1 AND n.state = 'refused' AND n.kind = ANY($2) AND NOT (
        m.live AND a.open AND (a.respond_by IS NULL OR a.respond_by > $1)
        AND (m.answer IS NULL OR n.corrects = $4 AND n.corrects IS NOT NULL)
    )
    FOR UPDATE OF n SKIP LOCKED
) AS waiting
WHERE notices.notice_id = waiting.notice_id
"""
_RETRY_REFUSED = """
UPDATE notices
SET state = 'pending', settled_at = NULL, due_at = $1, retry_at = NULL,
    attempts = CASE WHEN kind = ANY($2) THEN 0 ELSE attempts END,
    tried_at = CASE WHEN kind = ANY($2) THEN NULL ELSE tried_at END
WHERE notice_id IN (
    SELECT notice_id FROM notices WHERE retry_at <= $1 AND state = 'refused' FOR UPDATE SKIP LOCKED
)
"""
