"""Events in, once: for effects that have no natural key of their own."""

from collections.abc import Sequence

from contracts.envelope import Event

from chassis.database import Connection

KEEP_DAYS = 35  # longer than any topic that is not compacted keeps its records


async def unseen(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Return the events that no committed transaction has seen, and mark them in this one."""
    if not events:
        return []
    rows = await connection.fetch(_MARK, [event.source for event in events], [event.id for event in events])
    new = {(row["source"], row["id"]) for row in rows}
    first: list[Event] = []
    for event in events:
        if (event.source, event.id) in new:
            new.discard((event.source, event.id))
            first.append(event)
    return first


_MARK = """
INSERT INTO inbox (source, id)
SELECT DISTINCT source, id
FROM unnest($1::text[], $2::text[]) AS event (source, id)
ORDER BY source, id
ON CONFLICT DO NOTHING
RETURNING source, id
"""


async def delete_old(connection: Connection) -> None:
    """Delete the marks of events that no topic can bring again."""
    await connection.execute(_DELETE_OLD, KEEP_DAYS)


_DELETE_OLD = """
DELETE FROM inbox
WHERE received_at < now() - make_interval(days => $1)
"""
