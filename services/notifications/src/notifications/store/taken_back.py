"""What a database that went back knows again from the service's own topics: how notices ended, what was
answered. Events that it reads once more tell nobody what a notice told then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.events import MatchAnswered, NoticeSettled
from contracts.vocabulary import Answer

from notifications.domain.match import ENDING_ANSWERS
from notifications.domain.notice import OF_A_MATCH, Kind, NoticeState
from notifications.store.matches import keep_unknown

# The mail server has answered: it is not told once more.
TOLD = (NoticeState.ACCEPTED, NoticeState.REFUSED, NoticeState.BOUNCED, NoticeState.COMPLAINED)


async def take_back_endings(connection: Connection, events: Sequence[NoticeSettled]) -> bool:
    """Write how notices ended, each once; tell whether one of the endings was not known.

    One that is not known here at all becomes a row, the current one of its match and kind. One that is known
    and waits ends so, unless it was planned anew since.
    """
    columns = (
        [event.notice_id for event in events],
        [event.kind for event in events],
        [event.match_id for event in events],
        [event.assignment_id for event in events],
        [event.profile_id for event in events],
        [event.outcome for event in events],
        [event.due_at for event in events],
        [event.at for event in events],
    )
    ended = await connection.fetch(_END_KNOWN, columns[0], columns[5], columns[6], columns[7])
    unknown = {row["notice_id"] for row in await connection.fetch(_UNKNOWN, columns[0])}
    # One by one: a later one of a match and kind moves the one before it aside.
    for row in zip(*columns, strict=True):
        if row[0] in unknown:
            await connection.execute(_MOVE_ASIDE, row[2], row[1])
            await connection.execute(_ADD, *row, list(TOLD))
    return bool(ended or unknown)


_END_KNOWN = """
UPDATE notices
SET state = new.outcome, settled_at = new.at, taken_back = true, digest_id = NULL,
    sent_at = CASE WHEN new.outcome = 'accepted' THEN new.at ELSE sent_at END
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    AS new (notice_id, outcome, due_at, at)
WHERE notices.notice_id = new.notice_id AND notices.state IN ('pending', 'sending', 'digested')
    AND (notices.state <> 'digested' OR new.outcome <> 'accepted')
    AND new.at > coalesce(notices.settled_at, notices.caused_at)
    AND new.due_at >= CASE notices.state WHEN 'sending' THEN coalesce(notices.planned_at, notices.due_at)
        ELSE notices.due_at END
RETURNING notices.notice_id
"""
_UNKNOWN = """
SELECT notice_id FROM unnest($1::uuid[]) AS settled (notice_id)
WHERE NOT EXISTS (SELECT FROM notices WHERE notices.notice_id = settled.notice_id)
"""
_MOVE_ASIDE = """
UPDATE notices SET past_match_id = match_id, match_id = NULL, retry_at = NULL
WHERE match_id = $1 AND kind = $2
"""
_ADD = """
INSERT INTO notices (notice_id, kind, match_id, assignment_id, profile_id, state, due_at, caused_at,
    settled_at, sent_at, created_at, taken_back)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, CASE WHEN $6 = ANY($9::text[]) THEN $8::timestamptz END, $8, true)
"""


async def take_back_answers(connection: Connection, answers: Sequence[MatchAnswered]) -> list[MatchAnswered]:
    """Write answers, each of another match, where they are later than what is known; return those."""
    await keep_unknown(connection, answers)
    rows = await connection.fetch(
        _ANSWERED,
        [answer.match_id for answer in answers],
        [answer.answer for answer in answers],
        [answer.reason for answer in answers],
        [answer.answered_at for answer in answers],
        list(ENDING_ANSWERS),
        Answer.INTERESTED,
    )
    taken = {row["match_id"] for row in rows}
    return [answer for answer in answers if answer.match_id in taken]


_ANSWERED = """
UPDATE matches
SET answer = new.answer,
    answer_reason = CASE WHEN c.erased IS NOT TRUE THEN new.reason END,
    answered_at = new.at,
    answers = matches.answers + 1,
    live = matches.live AND (new.answer = ANY($5)) IS NOT TRUE,
    comes_back = coalesce(matches.answer = ANY($5) AND new.answer = $6, false)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS new (match_id, answer, reason, at)
JOIN matches AS known USING (match_id) LEFT JOIN contacts c USING (profile_id)
WHERE matches.match_id = new.match_id AND (known.answered_at >= new.at) IS NOT TRUE
RETURNING matches.match_id
"""


async def told(connection: Connection, kind: Kind, happened: Mapping[UUID, datetime]) -> set[UUID]:
    """Return of which matches a notice of this kind that was taken back told what happened at these moments.

    What is told of a new match may have been told later, on request.
    """
    kinds = list(OF_A_MATCH) if kind in OF_A_MATCH else [kind]
    rows = await connection.fetch(_TOLD, list(happened), list(happened.values()), kinds, list(TOLD))
    return {row["match_id"] for row in rows}


_TOLD = """
SELECT match_id
FROM unnest($1::uuid[], $2::timestamptz[]) AS happened (match_id, at)
WHERE EXISTS (
    SELECT FROM notices n
    WHERE n.match_id = happened.match_id AND n.kind = ANY($3) AND n.taken_back AND n.state = ANY($4)
        AND n.settled_at >= happened.at
) OR EXISTS (
    SELECT FROM notices n
    WHERE n.past_match_id = happened.match_id AND n.kind = ANY($3) AND n.taken_back AND n.state = ANY($4)
        AND n.settled_at >= happened.at
)
"""


async def warned(connection: Connection, happened: Mapping[UUID, datetime]) -> set[UUID]:
    """Return of which assignments a warning that was taken back told what was noticed at these moments."""
    rows = await connection.fetch(_WARNED, list(happened), list(happened.values()), list(TOLD))
    return {row["assignment_id"] for row in rows}


_WARNED = """
SELECT assignment_id
FROM unnest($1::uuid[], $2::timestamptz[]) AS happened (assignment_id, at)
WHERE EXISTS (
    SELECT FROM notices n
    WHERE n.kind = 'warning' AND n.assignment_id = happened.assignment_id AND n.match_id IS NULL
        AND n.taken_back AND n.state = ANY($3) AND n.settled_at >= happened.at
)
"""


async def last_summary(connection: Connection) -> datetime | None:
    """Return when the last summary went out that was taken back, whosever it was."""
    at: datetime | None = await connection.fetchval(_LAST_SUMMARY)
    return at


_LAST_SUMMARY = """
SELECT max(settled_at) FROM notices
WHERE kind = 'summary' AND assignment_id IS NULL AND match_id IS NULL AND taken_back AND state = 'accepted'
"""


async def note_versions_told(connection: Connection, versions: Mapping[UUID, tuple[int, datetime]]) -> None:
    """Write down, of mails that were taken back, which version of an opdracht they told: the one that
    happened before they went out."""
    await connection.execute(
        _NOTE_VERSIONS,
        list(versions),
        [version for version, _ in versions.values()],
        [at for _, at in versions.values()],
    )


_NOTE_VERSIONS = """
UPDATE notices SET version = new.version
FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) AS new (assignment_id, version, at)
WHERE notices.assignment_id = new.assignment_id AND notices.taken_back AND notices.sent_at >= new.at
    AND (notices.version >= new.version) IS NOT TRUE
"""
