"""How mails ended, each as it was told last."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import NoticeSettled

from desk.domain.latest import latest, newer


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write how notices ended, where that is later than what is known; return the events that say so."""
    heard = [(event, event.data) for event in events if isinstance(event.data, NoticeSettled)]
    if not heard:
        return []
    known = await connection.fetch(_KNOWN, list({data.notice_id for _, data in heard}))
    moments = {row["notice_id"]: row["at"] for row in known}
    new = newer(heard, moments, lambda one: one[1].notice_id, lambda one: one[1].at)
    last = latest((data for _, data in new), lambda data: data.notice_id, lambda data: data.at).values()
    await connection.execute(
        _WRITE,
        [data.notice_id for data in last],
        [data.kind for data in last],
        [data.match_id for data in last],
        [data.assignment_id for data in last],
        [data.profile_id for data in last],
        [data.outcome for data in last],
        [data.due_at for data in last],
        [data.at for data in last],
    )
    return [event for event, _ in new]


_KNOWN = """
SELECT notice_id, at FROM notices WHERE notice_id = ANY($1)
"""
_WRITE = """
INSERT INTO notices AS stored (notice_id, kind, match_id, assignment_id, profile_id, outcome, due_at, at)
SELECT notice_id, kind, match_id, assignment_id, profile_id, outcome, due_at, at
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[],
        $8::timestamptz[])
    AS new (notice_id, kind, match_id, assignment_id, profile_id, outcome, due_at, at)
ON CONFLICT (notice_id) DO UPDATE
SET kind = excluded.kind, match_id = excluded.match_id, assignment_id = excluded.assignment_id,
    profile_id = excluded.profile_id, outcome = excluded.outcome, due_at = excluded.due_at, at = excluded.at
"""
