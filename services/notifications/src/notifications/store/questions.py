"""What colleagues ask, in PostgreSQL: each question with the notice that tells it, which has its id."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.telemetry import current_traceparent
from contracts.events import QuestionAsked

from notifications.domain.notice import Asker, Kind, Question


async def add(connection: Connection, asked: Sequence[QuestionAsked], now: datetime) -> None:
    """Keep questions, each once, with a notice to whom it is asked; none that an erased person asks or is
    asked."""
    if asked:
        await connection.execute(
            _ADD,
            [one.question_id for one in asked],
            [one.profile_id for one in asked],
            [one.asker_id for one in asked],
            [one.question for one in asked],
            [one.asked_at for one in asked],
            Kind.QUESTION,
            now,
            current_traceparent(),
        )


_ADD = """
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
        AS new (question_id, profile_id, asker_id, question, asked_at)
    WHERE NOT EXISTS (
        SELECT FROM contacts WHERE contacts.profile_id IN (new.profile_id, new.asker_id) AND erased
    )
), kept AS (
    INSERT INTO questions (question_id, profile_id, asker_id, question, asked_at)
    SELECT question_id, profile_id, asker_id, question, asked_at FROM asked
    ON CONFLICT DO NOTHING
)
INSERT INTO notices (notice_id, kind, profile_id, due_at, caused_at, traceparent)
SELECT question_id, $6, profile_id, $7, asked_at, $8 FROM asked
ON CONFLICT DO NOTHING
"""


async def by_ids(connection: Connection, question_ids: Collection[UUID]) -> dict[UUID, Question]:
    """Return questions; those of the erased are gone."""
    rows = await connection.fetch(_BY_IDS, list(question_ids))
    return {
        row["question_id"]: Question(
            row["question"], None if row["email"] is None else Asker(row["name"], row["email"])
        )
        for row in rows
    }


_BY_IDS = """
SELECT question_id, question, name, email
FROM questions LEFT JOIN contacts ON contacts.profile_id = questions.asker_id
WHERE question_id = ANY($1)
"""
