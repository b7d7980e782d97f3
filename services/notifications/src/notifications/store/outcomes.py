"""What became of notices that were claimed: ended, or given back to be tried again.

Whoever writes it may have to write it twice, as a lost connection does not tell whether it was committed: an
ending is written on what is still `sending`, and a giving back on the very claim that it gives back.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection

from notifications.domain.notice import Body, Ending, Kind
from notifications.store import bodies, settled

ONE_WAITS = frozenset({Kind.SUMMARY, Kind.EXPIRING})  # of a recruiter, or an opdracht: unique while it waits


@dataclass(frozen=True)
class Ended:
    """How a claimed notice ended. `retry_at`: when it is tried again, where a fault of ours ended it;
    `suppresses`: the mailbox that its ending shows to take no mail, and `profile_id` whose it is (None: a
    recruiter's); `body`: what its mail said, where it was sent."""

    notice_id: UUID
    ending: Ending
    retry_at: datetime | None = None
    suppresses: str | None = None
    profile_id: UUID | None = None
    body: Body | None = None


@dataclass(frozen=True)
class GivenBack:
    """A claimed notice that is due again at `due_at`. `attempt`: its number, counted from 1; `detail`: why
    that failed, None where no mail was begun, so that it was none."""

    notice_id: UUID
    attempt: int
    due_at: datetime
    detail: str | None = None


Outcome = Ended | GivenBack


async def record(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of claimed notices, and what their digests told with them. What was reported on one
    meanwhile (a mail that came back) stands, and its mail is kept beside it. The caller locks erasures out:
    no mail is kept that tells of somebody who was erased."""
    if ended := [outcome for outcome in outcomes if isinstance(outcome, Ended)]:
        await _end(connection, ended, now)
    if given_back := [outcome for outcome in outcomes if isinstance(outcome, GivenBack)]:
        await _give_back(connection, given_back)


async def _end(connection: Connection, outcomes: Sequence[Ended], now: datetime) -> None:
    """Of a professional who was erased meanwhile, whose notices have no address, the mail server's words are
    not written: they may repeat it."""
    rows = await connection.fetch(
        _END,
        [outcome.notice_id for outcome in outcomes],
        [outcome.ending.state for outcome in outcomes],
        [outcome.ending.detail for outcome in outcomes],
        [outcome.retry_at for outcome in outcomes],
        now,
        [bodies.pack(outcome.body) for outcome in outcomes],
    )
    retry_at = {outcome.notice_id: outcome.retry_at for outcome in outcomes}
    digests = {row["notice_id"]: retry_at[row["notice_id"]] for row in rows if row["kind"] == Kind.DIGEST}
    await settled.publish(connection, rows, now)
    await end_parts(connection, digests, now)
    ended = {row["notice_id"] for row in rows}
    reported = {one.notice_id: bodies.pack(one.body) for one in outcomes if one.notice_id not in ended}
    if any(reported.values()):
        await connection.execute(_KEEP_REPORTED, list(reported), list(reported.values()))


# A mail to a recruiter may tell of several professionals.
_MAY_BE_KEPT = """
address IS NOT NULL AND (profile_id IS NOT NULL OR placement_id IS NULL OR EXISTS (
    SELECT FROM placements p JOIN contacts c USING (profile_id)
    WHERE p.placement_id = notices.placement_id AND NOT c.erased
)) AND (profile_id IS NOT NULL OR NOT EXISTS (
    SELECT FROM matches m JOIN contacts c USING (profile_id)
    WHERE c.erased AND (m.match_id = coalesce(notices.match_id, notices.past_match_id) OR m.match_id IN (
        SELECT s.match_id FROM summary_matches s WHERE s.notice_id = notices.notice_id
    ))
))
"""
_END = f"""
UPDATE notices
SET state = new.state, settled_at = $5, detail = CASE WHEN address IS NOT NULL THEN new.detail END,
    retry_at = CASE WHEN kind <> 'digest' THEN new.retry_at END, claimed_until = NULL,
    body = CASE WHEN {_MAY_BE_KEPT} THEN coalesce(new.body, notices.body) END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $6::bytea[])
    AS new (notice_id, state, detail, retry_at, body)
WHERE notices.notice_id = new.notice_id AND notices.state = 'sending'
RETURNING notices.notice_id, kind, coalesce(match_id, past_match_id) AS match_id, assignment_id, profile_id,
    notices.state AS outcome, coalesce(planned_at, due_at) AS due_at
"""
_KEEP_REPORTED = f"""
UPDATE notices SET body = new.body
FROM unnest($1::uuid[], $2::bytea[]) AS new (notice_id, body)
WHERE notices.notice_id = new.notice_id AND state IN ('bounced', 'complained') AND {_MAY_BE_KEPT}
"""


async def end_parts(connection: Connection, digests: Mapping[UUID, datetime | None], now: datetime) -> None:
    """Let what was gathered in digests that ended end as these; what an accepted one told stays `digested`.
    The values say when each is tried again, in another digest."""
    if digests:
        rows = await connection.fetch(_END_WITH_DIGEST, list(digests), list(digests.values()), now)
        await settled.publish(connection, rows, now)


_END_WITH_DIGEST = """
UPDATE notices AS part
SET state = CASE digest.state WHEN 'accepted' THEN 'digested' ELSE digest.state END, detail = digest.detail,
    retry_at = new.retry_at, settled_at = $3
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (digest_id, retry_at), notices AS digest
WHERE digest.notice_id = new.digest_id AND part.digest_id = new.digest_id AND part.state = 'digested'
RETURNING part.notice_id, part.kind, coalesce(part.match_id, part.past_match_id) AS match_id,
    part.assignment_id, part.profile_id, digest.state AS outcome, part.due_at
"""


async def _give_back(connection: Connection, outcomes: Sequence[GivenBack]) -> None:
    """Give claims back by `due_at` and attempts alone: another notice may have taken the place of a waiting
    one meanwhile (the recruiter's next summary, the next reminder).

    Where none has, what was never tried waits as before, and a summary waits anew, so that what else is new
    goes along. Whether one has is only certain once this is written, so it may fail, and is then left.
    """
    rows = await connection.fetch(
        _GIVE_BACK,
        [outcome.notice_id for outcome in outcomes],
        [outcome.attempt for outcome in outcomes],
        [outcome.due_at for outcome in outcomes],
        [outcome.detail for outcome in outcomes],
    )
    alone = [row["notice_id"] for row in rows if row["kind"] in ONE_WAITS]
    if alone:
        with suppress(asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute(_LET_WAIT, alone)


_GIVE_BACK = """
UPDATE notices
SET due_at = new.due_at, detail = coalesce(new.detail, notices.detail), claimed_until = NULL,
    attempts = attempts - (new.detail IS NULL)::int,
    tried_at = CASE WHEN new.detail IS NULL AND attempts = 1 THEN NULL ELSE tried_at END,
    state = CASE WHEN new.detail IS NULL AND attempts = 1 AND kind NOT IN ('summary', 'expiring')
        THEN 'pending' ELSE state END
FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[])
    AS new (notice_id, attempt, due_at, detail)
WHERE notices.notice_id = new.notice_id AND notices.state = 'sending' AND notices.attempts = new.attempt
RETURNING notices.notice_id, kind
"""
_LET_WAIT = """
UPDATE notices SET state = 'pending'
WHERE notice_id = ANY($1) AND state = 'sending' AND (kind = 'summary' OR attempts = 0) AND NOT EXISTS (
    SELECT FROM notices other
    WHERE other.kind = notices.kind AND other.state = 'pending'
        AND (other.kind = 'summary' AND other.recruiter = notices.recruiter
            OR other.kind = 'expiring' AND other.assignment_id = notices.assignment_id)
)
"""
