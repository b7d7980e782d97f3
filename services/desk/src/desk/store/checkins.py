"""How people at work said that it goes, each answer."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import CheckInAnswered
from contracts.vocabulary import CheckIn

from desk.domain.placements import CheckedIn

MOST = 50


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write answers; return the events that are not known."""
    heard = {
        (data.placement_id, data.answered_at): (event, data)
        for event in reversed(events)
        if isinstance(data := event.data, CheckInAnswered)
    }
    if not heard:
        return []
    answers = [data for _, data in heard.values()]
    rows = await connection.fetch(
        _WRITE,
        [one.placement_id for one in answers],
        [one.answered_at for one in answers],
        [one.profile_id for one in answers],
        [one.answer for one in answers],
        [one.sentence for one in answers],
    )
    new = {(row["placement_id"], row["answered_at"]) for row in rows}
    return [event for event, data in reversed(heard.values()) if (data.placement_id, data.answered_at) in new]


_WRITE = """
INSERT INTO checkins (placement_id, answered_at, profile_id, answer, sentence)
SELECT placement_id, answered_at, profile_id, answer, sentence
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[])
    AS new (placement_id, answered_at, profile_id, answer, sentence)
ON CONFLICT DO NOTHING
RETURNING placement_id, answered_at
"""


async def of_placement(connection: Connection, placement_id: UUID) -> list[CheckedIn]:
    """Return what was answered in the course of a placement, the latest first."""
    rows = await connection.fetch(_OF_PLACEMENT, placement_id, MOST)
    return [CheckedIn(CheckIn(row["answer"]), row["sentence"], row["answered_at"]) for row in rows]


_OF_PLACEMENT = """
SELECT answer, sentence, answered_at FROM checkins
WHERE placement_id = $1
ORDER BY answered_at DESC
LIMIT $2
"""
