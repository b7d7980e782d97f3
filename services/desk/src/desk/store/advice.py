"""That nobody shows interest in an opdracht, as matching noticed it last."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import InterestLacking

from desk.domain.latest import latest


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write advice where it is later than what is known; return the events that are news: a matching that
    was rebuilt may say it a second time for one `respond_by`."""
    heard = [(event, event.data) for event in events if isinstance(event.data, InterestLacking)]
    if not heard:
        return []
    rows = await connection.fetch(_KNOWN, list({data.assignment_id for _, data in heard}))
    known = {row["assignment_id"]: row for row in rows}
    last = latest(heard, lambda one: one[1].assignment_id, lambda one: one[1].noticed_at)
    later = {
        assignment_id: (event, data)
        for assignment_id, (event, data) in last.items()
        if assignment_id not in known or data.noticed_at > known[assignment_id]["noticed_at"]
    }
    await connection.execute(
        _WRITE,
        list(later),
        [data.model_dump_json() for _, data in later.values()],
        [data.noticed_at for _, data in later.values()],
    )
    return [
        event
        for assignment_id, (event, data) in later.items()
        if assignment_id not in known or data.respond_by != known[assignment_id]["respond_by"]
    ]


_KNOWN = """
SELECT assignment_id, noticed_at, (data->>'respond_by')::timestamptz AS respond_by
FROM advice
WHERE assignment_id = ANY($1)
"""
_WRITE = """
INSERT INTO advice (assignment_id, data, noticed_at)
SELECT assignment_id, data::jsonb, noticed_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (assignment_id, data, noticed_at)
ON CONFLICT (assignment_id) DO UPDATE SET data = excluded.data, noticed_at = excluded.noticed_at
"""
