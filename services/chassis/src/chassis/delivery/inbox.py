"""Events in, once: for effects that have no natural key of their own."""

from collections.abc import Sequence

from contracts.envelope import Event

from chassis.database import Connection

KEEP_DAYS = 35  # longer than any topic that is not compacted keeps its records


async def unseen(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Return the events that no committed transaction has seen, and mark them in this one."""
    if not events:
        return []
    rows = await connection.fetch(
        "INSERT INTO inbox (source, id)"
        " SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS e (source, id)"
        " ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING source, id",
        [event.source for event in events],
        [event.id for event in events],
    )
    new = {(row["source"], row["id"]) for row in rows}
    first: list[Event] = []
    for event in events:
        if (event.source, event.id) in new:
            new.discard((event.source, event.id))
            first.append(event)
    return first


async def forget_old(connection: Connection) -> None:
    """Drop what no topic can bring again, and answers to idempotency keys of over a day ago."""
    await connection.execute(
        "DELETE FROM inbox WHERE received_at < now() - make_interval(days => $1)", KEEP_DAYS
    )
    await connection.execute("DELETE FROM idempotency WHERE created_at < now() - interval '1 day'")
