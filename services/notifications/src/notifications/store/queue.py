"""Notices on their way out: locked when they are due, claimed, planned for later, gathered, or skipped.

The states that count as on the way stand in the statements, as they stand in the partial index `notices_due`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from uuid_utils.compat import uuid7

from notifications.domain.notice import OF_A_MATCH, Due, Ending, Kind, NoticeState
from notifications.domain.outbound import LONGEST_PAUSE_SECONDS, Decision, Gather, Send, Skip, Wait
from notifications.domain.schedule import Way
from notifications.store import settled

KINDS = list(Kind)
LEASE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(seconds=1.5 * LONGEST_PAUSE_SECONDS)  # with its jitter
BATCH_SIZE = 100
MAILBOX_LOCK = 0x6D61696C


async def lock_due(connection: Connection, now: datetime, *, most: int = BATCH_SIZE) -> list[UUID]:
    """Lock up to `most` due notices to professionals, urgent ones first, and as many to recruiters; other
    replicas skip them. What a notice tells of, and of whom, must be known: it waits until then.

    Notices to professionals are locked together with their mailboxes, so that one replica at a time counts
    and gathers what one mailbox gets, whoever of several professionals it is of: a mailbox that another
    replica has is left to the next turn. Of the two the contact is locked first: a row that is skipped keeps
    the locks that it had got, and a notice that is kept from the replica that gathers its professional's
    would be waited for. Nobody waits for a lock here, so nobody who holds one is waited for in a circle.

    A claim is over when the database's clock says so, whatever a replica's says, so that a mail is in the air
    at one of them; what a crash left behind is due again then. By `now` goes everything else. A kind that
    only a newer version knows is left to that.
    """
    to_professionals = await connection.fetch(_LOCK_DUE_TO_PROFESSIONALS, now, most, KINDS)
    mailboxes = list(dict.fromkeys(row["mailbox"] for row in to_professionals if row["mailbox"] is not None))
    rows = await connection.fetch(_LOCK_MAILBOXES, mailboxes, MAILBOX_LOCK) if mailboxes else []
    ours = {None, *(row["mailbox"] for row in rows)}
    to_recruiters = await connection.fetch(_LOCK_DUE_TO_RECRUITERS, now, most, KINDS)
    mine = (row for row in to_professionals if row["mailbox"] in ours)
    return [row["notice_id"] for row in (*mine, *to_recruiters)]


# Each part is read in the order of an index, and only as far as it is wanted.
_LOCK_DUE_TO_PROFESSIONALS = """
WITH urgent AS (
    SELECT n.notice_id, lower(c.email) AS mailbox
    FROM assignments a JOIN notices n USING (assignment_id) JOIN contacts c USING (profile_id)
    WHERE a.urgent AND a.open AND n.state IN ('pending', 'sending') AND n.due_at <= $1 AND n.kind = ANY($3)
        AND (n.state = 'pending' OR (n.claimed_until > now()) IS NOT TRUE)
    ORDER BY n.due_at, n.notice_id
    LIMIT $2
    FOR UPDATE OF c, n SKIP LOCKED
), others AS (
    SELECT n.notice_id, lower(c.email) AS mailbox
    FROM notices n JOIN contacts c USING (profile_id) LEFT JOIN assignments a USING (assignment_id)
    WHERE n.state IN ('pending', 'sending') AND n.due_at <= $1 AND n.kind = ANY($3)
        AND (n.assignment_id IS NULL OR a.assignment_id IS NOT NULL) AND (a.urgent AND a.open) IS NOT TRUE
        AND (n.state = 'pending' OR (n.claimed_until > now()) IS NOT TRUE)
    ORDER BY n.due_at, n.notice_id
    LIMIT $2
    FOR UPDATE OF c, n SKIP LOCKED
)
SELECT notice_id, mailbox FROM urgent UNION ALL SELECT notice_id, mailbox FROM others LIMIT $2
"""
_LOCK_MAILBOXES = """
SELECT mailbox FROM unnest($1::text[]) AS due (mailbox) WHERE pg_try_advisory_xact_lock($2, hashtext(mailbox))
"""
# Summaries last: they leave out of whom the recruiter is told that they are interested.
_LOCK_DUE_TO_RECRUITERS = """
WITH single AS (
    SELECT n.notice_id
    FROM notices n LEFT JOIN assignments a USING (assignment_id)
    WHERE n.kind <> 'summary' AND n.profile_id IS NULL AND n.state IN ('pending', 'sending')
        AND n.due_at <= $1 AND n.kind = ANY($3) AND (n.recruiter IS NOT NULL OR a.assignment_id IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM placements p
            WHERE p.placement_id = n.placement_id
                AND NOT EXISTS (SELECT FROM contacts c WHERE c.profile_id = p.profile_id)
        )
        AND (n.state = 'pending' OR (n.claimed_until > now()) IS NOT TRUE)
    ORDER BY n.due_at, n.notice_id
    LIMIT $2
    FOR UPDATE OF n SKIP LOCKED
), summaries AS (
    SELECT n.notice_id
    FROM notices n LEFT JOIN assignments a USING (assignment_id)
    WHERE n.kind = 'summary' AND n.profile_id IS NULL AND n.state IN ('pending', 'sending')
        AND n.due_at <= $1 AND (n.recruiter IS NOT NULL OR a.assignment_id IS NOT NULL)
        AND (n.state = 'pending' OR (n.claimed_until > now()) IS NOT TRUE)
    ORDER BY n.due_at, n.notice_id
    LIMIT $2
    FOR UPDATE OF n SKIP LOCKED
)
SELECT notice_id FROM single UNION ALL SELECT notice_id FROM summaries LIMIT $2
"""


async def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Return since when the notice that waits longest is due, of those that `lock_due` would lock, that are
    being sent, or that are to be tried again; None where there is none."""
    since: datetime | None = await connection.fetchval(_OLDEST_DUE, now, KINDS, LONGEST_PAUSE)
    return since


# What is to be tried again is due soon, and has been since it was planned.
_OLDEST_DUE = """
SELECT min(since)
FROM (
    (
        SELECT n.due_at
        FROM notices n JOIN contacts c USING (profile_id) LEFT JOIN assignments a USING (assignment_id)
        WHERE n.state = 'pending' AND n.due_at <= $1 AND n.kind = ANY($2)
            AND (n.assignment_id IS NULL OR a.assignment_id IS NOT NULL)
        ORDER BY n.due_at
        LIMIT 1
    )
    UNION ALL
    (
        SELECT n.due_at
        FROM notices n LEFT JOIN assignments a USING (assignment_id)
        WHERE n.state = 'pending' AND n.profile_id IS NULL AND n.due_at <= $1 AND n.kind = ANY($2)
            AND (n.recruiter IS NOT NULL OR a.assignment_id IS NOT NULL)
            AND NOT EXISTS (
                SELECT FROM placements p
                WHERE p.placement_id = n.placement_id
                    AND NOT EXISTS (SELECT FROM contacts c WHERE c.profile_id = p.profile_id)
            )
        ORDER BY n.due_at
        LIMIT 1
    )
    UNION ALL
    SELECT least(planned_at, due_at)
    FROM notices
    WHERE state = 'sending' AND due_at <= $1 + $3::interval AND kind = ANY($2)
) AS due (since)
WHERE since <= $1
"""


async def put_aside(connection: Connection, notice_ids: Collection[UUID], until: datetime) -> None:
    """Look at notices again later, which this version cannot read, or write."""
    await connection.execute(_PUT_ASIDE, list(notice_ids), until)


_PUT_ASIDE = """
UPDATE notices SET due_at = $2 WHERE notice_id = ANY($1)
"""


async def take_from_digests(
    connection: Connection, parts: Collection[tuple[UUID, UUID]], until: datetime
) -> None:
    """Let matches that cannot be read out of their digests (digest, match), into one of later."""
    digest_ids, match_ids = map(list, zip(*parts, strict=True))
    await connection.execute(_TAKE_OUT, digest_ids, match_ids)
    await connection.execute(_WAIT_FOR_ANOTHER, digest_ids, match_ids, until)


_WAIT_FOR_ANOTHER = """
UPDATE notices
SET state = 'pending', due_at = $3, settled_at = NULL, digest_id = NULL
FROM unnest($1::uuid[], $2::uuid[]) AS gone (digest_id, match_id)
WHERE notices.digest_id = gone.digest_id AND notices.match_id = gone.match_id AND notices.state = 'digested'
"""


async def sent_since(connection: Connection, mailboxes: Collection[str], since: datetime) -> dict[str, int]:
    """Return how many direct mails on a new match each mailbox got since a moment, or are on their way."""
    rows = await connection.fetch(
        _SENT_SINCE,
        list(mailboxes),
        since,
        [NoticeState.ACCEPTED, NoticeState.BOUNCED, NoticeState.COMPLAINED],
    )
    return {row["mailbox"]: row["sent"] for row in rows}


_SENT_SINCE = """
SELECT mailbox, count(*) AS sent
FROM notices
WHERE mailbox = ANY($1) AND mailbox IS NOT NULL AND kind IN ('match', 'later')
    AND (state = 'sending' OR state = ANY($3) AND sent_at >= $2)
GROUP BY mailbox
"""


async def write(connection: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    """Write what was decided on locked notices: endings, claims, plans and digests."""
    skips = [decision for decision in decisions if isinstance(decision, Skip)]
    left_out = [
        (decision.notice, match_id, ending)
        for decision in decisions
        if isinstance(decision, Send | Wait | Skip)
        for match_id, ending in decision.left_out.items()
    ]
    if skips:
        await _end(connection, skips, now)
    if left_out:
        await _leave_out(connection, left_out, now)
    if sends := [decision for decision in decisions if isinstance(decision, Send)]:
        await _claim(connection, sends, now)
    if waits := [decision for decision in decisions if isinstance(decision, Wait)]:
        await _plan(connection, waits)
    if gathers := [decision for decision in decisions if isinstance(decision, Gather)]:
        await _gather(connection, {gather.notice.profile_id for gather in gathers}, now)


async def _claim(connection: Connection, sends: Sequence[Send], now: datetime) -> None:
    """Claim notices for two minutes, and write down which version of an opdracht their mails tell."""
    await connection.execute(
        _CLAIM,
        [send.notice.notice_id for send in sends],
        [send.notice.address for send in sends],
        [send.notice.mailbox if send.notice.recipient else None for send in sends],
        [send.notice.assignment.version if send.notice.assignment else None for send in sends],
        [send.message_id for send in sends],
        now,
        LEASE,
    )
    told = [
        (send.notice.notice_id, match.match_id, match.assignment.version)
        for send in sends
        if send.notice.kind is Kind.DIGEST
        for match in send.told
    ]
    if told:
        await connection.execute(_TELL_VERSIONS, *map(list, zip(*told, strict=True)))
    undecided = [
        (send.notice.notice_id, match.match_id)
        for send in sends
        if send.notice.kind is Kind.EXPIRING
        for match in send.told
    ]
    if undecided:
        await connection.execute(_NAME_UNDECIDED, *map(list, zip(*undecided, strict=True)))


_CLAIM = """
UPDATE notices
SET state = 'sending', due_at = $6::timestamptz + $7::interval, claimed_until = now() + $7::interval,
    attempts = attempts + 1, address = new.address, mailbox = new.mailbox, version = new.version,
    message_id = new.message_id, sealed_id = true, sent_at = $6, tried_at = coalesce(tried_at, $6),
    planned_at = CASE state WHEN 'pending' THEN due_at ELSE least(planned_at, due_at) END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::uuid[])
    AS new (notice_id, address, mailbox, version, message_id)
WHERE notices.notice_id = new.notice_id
"""
_TELL_VERSIONS = """
UPDATE summary_matches SET version = new.version
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS new (notice_id, match_id, version)
WHERE summary_matches.notice_id = new.notice_id AND summary_matches.match_id = new.match_id
"""
# So that an erasure finds what tells of somebody.
_NAME_UNDECIDED = """
INSERT INTO summary_matches (notice_id, match_id)
SELECT notice_id, match_id FROM unnest($1::uuid[], $2::uuid[]) AS told (notice_id, match_id)
ON CONFLICT DO NOTHING
"""


async def _leave_out(
    connection: Connection, left_out: Iterable[tuple[Due, UUID, Ending]], now: datetime
) -> None:
    """Take matches out of digests and summaries; what a digest does not tell ends by itself."""
    rows = [
        (notice.notice_id, match_id, ending.state, ending.detail) for notice, match_id, ending in left_out
    ]
    notice_ids, match_ids, states, details = map(list, zip(*rows, strict=True))
    await connection.execute(_TAKE_OUT, notice_ids, match_ids)
    ended = await connection.fetch(_END_PARTS, notice_ids, match_ids, states, details, now)
    await settled.publish(connection, ended, now)


_TAKE_OUT = """
DELETE FROM summary_matches
USING unnest($1::uuid[], $2::uuid[]) AS gone (notice_id, match_id)
WHERE summary_matches.notice_id = gone.notice_id AND summary_matches.match_id = gone.match_id
"""
_END_PARTS = """
UPDATE notices
SET state = new.state, detail = new.detail, settled_at = $5, digest_id = NULL
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS new (digest_id, match_id, state, detail)
WHERE notices.digest_id = new.digest_id AND notices.state = 'digested'
    AND coalesce(notices.match_id, notices.past_match_id) = new.match_id
RETURNING notices.notice_id, kind, new.match_id, assignment_id, profile_id, notices.state AS outcome, due_at
"""


async def _plan(connection: Connection, waits: Sequence[Wait]) -> None:
    await connection.execute(
        _PLAN,
        [wait.notice.notice_id for wait in waits],
        [wait.plan.way for wait in waits],
        [wait.plan.due_at for wait in waits],
    )


_PLAN = """
UPDATE notices SET way = new.way, due_at = new.due_at,
    planned_at = CASE state WHEN 'sending' THEN new.due_at ELSE planned_at END
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (notice_id, way, due_at)
WHERE notices.notice_id = new.notice_id
"""


async def _gather(connection: Connection, profile_ids: Collection[UUID | None], now: datetime) -> None:
    """Gather all of each professional's matches that are due for a digest into one, as due as the first."""
    digests = {profile_id: uuid7() for profile_id in profile_ids if profile_id is not None}
    await connection.execute(
        _ADD_DIGESTS, list(digests.values()), list(digests), Kind.DIGEST, Way.DIGEST, now
    )
    rows = await connection.fetch(
        _GATHER, list(digests), list(digests.values()), now, list(OF_A_MATCH), Way.DIGEST
    )
    digest_ids = [row["digest_id"] for row in rows]
    await connection.execute(_ADD_TO_DIGESTS, digest_ids, [row["match_id"] for row in rows])
    await connection.execute(_DUE_AS_PARTS, digest_ids, [row["due_at"] for row in rows])


_ADD_DIGESTS = """
INSERT INTO notices (notice_id, kind, profile_id, way, due_at, caused_at)
SELECT notice_id, $3, profile_id, $4, $5, $5
FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, profile_id)
"""
_GATHER = """
UPDATE notices SET state = 'digested', settled_at = $3, digest_id = new.digest_id
FROM unnest($1::uuid[], $2::uuid[]) AS new (profile_id, digest_id)
WHERE notices.profile_id = new.profile_id AND kind = ANY($4) AND way = $5 AND state = 'pending'
    AND due_at <= $3
RETURNING notices.digest_id, match_id, due_at
"""
_ADD_TO_DIGESTS = """
INSERT INTO summary_matches (notice_id, match_id)
SELECT DISTINCT notice_id, match_id FROM unnest($1::uuid[], $2::uuid[]) AS new (notice_id, match_id)
"""
_DUE_AS_PARTS = """
UPDATE notices SET due_at = first.due_at
FROM (
    SELECT notice_id, min(due_at) AS due_at
    FROM unnest($1::uuid[], $2::timestamptz[]) AS part (notice_id, due_at)
    GROUP BY notice_id
) AS first
WHERE notices.notice_id = first.notice_id
"""


async def _end(connection: Connection, skips: Sequence[Skip], now: datetime) -> None:
    rows = await connection.fetch(
        _END,
        [skip.notice.notice_id for skip in skips],
        [skip.ending.state for skip in skips],
        [skip.ending.detail for skip in skips],
        now,
    )
    await settled.publish(connection, rows, now)


_END = """
UPDATE notices
SET state = new.state, detail = new.detail, settled_at = $4, attempts = attempts + 1, address = NULL,
    mailbox = NULL
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (notice_id, state, detail)
WHERE notices.notice_id = new.notice_id
RETURNING notices.notice_id, kind, coalesce(match_id, past_match_id) AS match_id, assignment_id, profile_id,
    notices.state AS outcome, due_at
"""
