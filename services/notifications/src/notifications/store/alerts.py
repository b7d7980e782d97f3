"""The recruiter's stream, in commit order.

Why no reader misses one: ids are handed out while a lock is held that ends with the transaction, so a
higher id is committed after every lower one. A reader that has seen id n never finds a lower one later.
"""

from collections.abc import Sequence

import asyncpg
from chassis.database import Connection
from contracts.envelope import type_of
from contracts.events import Data

CHANNEL = "alerts"
ORDER_LOCK = 0x616C72


async def add(connection: Connection, events: Sequence[Data]) -> None:
    """Append events to the stream and wake its readers at commit."""
    if not events:
        return
    await connection.execute("SELECT pg_advisory_xact_lock($1)", ORDER_LOCK)
    await connection.execute(
        "INSERT INTO alerts (type, data) SELECT type, data::jsonb"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS new (type, data, place) ORDER BY place",
        [type_of(event) for event in events],
        [event.model_dump_json() for event in events],
    )
    await connection.execute(f"NOTIFY {CHANNEL}")


async def after(connection: Connection, alert_id: int, limit: int) -> list[asyncpg.Record]:
    """Return the alerts after one, oldest first."""
    return await connection.fetch(
        "SELECT id, type, data, at FROM alerts WHERE id > $1 ORDER BY id LIMIT $2", alert_id, limit
    )


async def before(connection: Connection, alert_id: int | None, limit: int) -> list[asyncpg.Record]:
    """Return the alerts before one (None: the latest), newest first."""
    return await connection.fetch(
        "SELECT id, type, data, at FROM alerts WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        alert_id,
        limit,
    )


async def last_id(connection: Connection) -> int:
    """Return the id of the latest alert; 0 without any."""
    return int(await connection.fetchval("SELECT coalesce(max(id), 0) FROM alerts"))
