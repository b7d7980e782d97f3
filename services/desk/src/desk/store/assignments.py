"""Opdrachten, each at its latest version, and the versions before it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import AssignmentClosed, AssignmentOpened

from desk.domain.latest import latest, newer

NOT_FACTS = {"assignment_id", "version", "closed_reason", "opened_at"}


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write opdrachten where their version is newer, and keep every version; return the events that brought
    one. The first event of an opdracht that does not say when it opened tells that by its own moment."""
    heard = [(event, event.data) for event in events if isinstance(event.data, AssignmentOpened)]
    if not heard:
        return []
    known = await connection.fetch(_KNOWN, list({data.assignment_id for _, data in heard}))
    versions = {row["assignment_id"]: row["version"] for row in known}
    new = newer(heard, versions, lambda one: one[1].assignment_id, lambda one: one[1].version)
    last = latest(heard, lambda one: one[1].assignment_id, lambda one: one[1].version)
    opened: dict[UUID, datetime] = {}
    for event, data in heard:
        at = data.opened_at or event.time
        opened[data.assignment_id] = min(opened.get(data.assignment_id, at), at)
    await connection.execute(
        _WRITE,
        list(last),
        [data.version for _, data in last.values()],
        [data.closed_reason if isinstance(data, AssignmentClosed) else None for _, data in last.values()],
        [data.model_dump_json(exclude=NOT_FACTS) for _, data in last.values()],
        [opened[assignment_id] for assignment_id in last],
        [event.time for event, _ in last.values()],
        [data.respond_by for _, data in last.values()],
    )
    await connection.execute(_OPENED, list(opened), list(opened.values()))
    await connection.execute(
        _KEEP_VERSIONS,
        [data.assignment_id for _, data in heard],
        [data.version for _, data in heard],
        [data.model_dump_json(exclude=NOT_FACTS) for _, data in heard],
        [event.time for event, _ in heard],
    )
    return [event for event, _ in new]


_KNOWN = """
SELECT assignment_id, version FROM assignments WHERE assignment_id = ANY($1)
"""
_WRITE = """
INSERT INTO assignments AS stored
    (assignment_id, version, open, closed_reason, facts, opened_at, closed_at, respond_by)
SELECT assignment_id, version, closed_reason IS NULL, closed_reason, facts::jsonb, opened_at,
    CASE WHEN closed_reason IS NOT NULL THEN at END, respond_by
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
        $7::timestamptz[])
    AS new (assignment_id, version, closed_reason, facts, opened_at, at, respond_by)
ON CONFLICT (assignment_id) DO UPDATE
SET version = excluded.version, open = excluded.open, closed_reason = excluded.closed_reason,
    facts = excluded.facts, respond_by = excluded.respond_by, closed_at = excluded.closed_at
WHERE excluded.version > stored.version
"""
_OPENED = """
UPDATE assignments SET opened_at = first.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS first (assignment_id, at)
WHERE assignments.assignment_id = first.assignment_id AND first.at < assignments.opened_at
"""
_KEEP_VERSIONS = """
INSERT INTO assignment_versions (assignment_id, version, facts, at)
SELECT assignment_id, version, facts::jsonb, at
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[]) AS new (assignment_id, version, facts, at)
ON CONFLICT DO NOTHING
"""
