"""Mails that asked how work goes, and the latest answer to each."""

from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.telemetry import current_traceparent
from chassis.unreadable import read_row
from contracts.events import PlacementAgreed
from contracts.vocabulary import CheckIn

from notifications.domain.guidance import Asked
from notifications.domain.notice import CHECK_INS, Kind


async def lock(connection: Connection, notice_id: UUID) -> None:
    """Lock a mail until the transaction ends. Whoever reads after it, in a statement of its own, sees what
    the one before wrote."""
    await connection.execute(_LOCK, notice_id)


_LOCK = """
SELECT FROM notices WHERE notice_id = $1 FOR UPDATE
"""


async def find(connection: Connection, notice_id: UUID) -> Asked | None:
    """Return what a mail asked; None where there is no such mail, or its professional is erased. Raises
    UnreadableRow."""
    row = await connection.fetchrow(_FIND, notice_id, list(CHECK_INS))
    return None if row is None else read_row("check_ins", notice_id, row, _asked)


_FIND = """
SELECT n.notice_id, n.kind, p.facts::text, p.profile_id, c.links_from, a.answer, a.sentence,
    coalesce(a.answers, 0) AS answers
FROM notices n JOIN placements p USING (placement_id) JOIN contacts c ON c.profile_id = p.profile_id
LEFT JOIN check_ins a ON a.notice_id = n.notice_id
WHERE n.notice_id = $1 AND n.kind = ANY($2) AND NOT c.erased
"""


def _asked(row: asyncpg.Record) -> Asked:
    return Asked(
        notice_id=row["notice_id"],
        kind=Kind(row["kind"]),
        placement=PlacementAgreed.model_validate_json(row["facts"]),
        profile_id=row["profile_id"],
        links_from=row["links_from"],
        answer=row["answer"] and CheckIn(row["answer"]),
        sentence=row["sentence"],
        answers=row["answers"],
    )


async def save(
    connection: Connection,
    asked: Asked,
    answer: CheckIn,
    sentence: str | None,
    talk_id: UUID | None,
    now: datetime,
) -> None:
    """Write an answer, in place of the one before, and the notice that tells somebody of it, if one does."""
    placement = asked.placement
    await connection.execute(
        _SAVE, asked.notice_id, placement.placement_id, asked.profile_id, answer, sentence, now, talk_id
    )
    if talk_id is not None:
        await connection.execute(
            _TELL,
            talk_id,
            Kind.TALK,
            placement.assignment_id,
            placement.placement_id,
            now,
            current_traceparent(),
        )


_SAVE = """
INSERT INTO check_ins AS stored (notice_id, placement_id, profile_id, answer, sentence, answered_at, talk_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (notice_id) DO UPDATE
SET answer = excluded.answer, sentence = excluded.sentence, answered_at = excluded.answered_at,
    talk_id = excluded.talk_id, answers = stored.answers + 1
"""
_TELL = """
INSERT INTO notices (notice_id, kind, assignment_id, placement_id, due_at, caused_at, traceparent)
VALUES ($1, $2, $3, $4, $5, $5, $6)
"""
