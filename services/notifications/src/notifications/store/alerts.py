"""The recruiter's stream, in commit order.

Why no reader misses one: ids are handed out while a lock is held that ends with the transaction, so a
higher id is committed after every lower one. A reader that has seen id n never finds a lower one later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from chassis.database import Connection
from contracts.envelope import type_of
from contracts.events import Data

CHANNEL = "alerts"
ORDER_LOCK = 0x616C72


@dataclass(frozen=True)
class Alert:
    """An event as the stream shows it. `data` as the event's JSON; `at`: when it was written here."""

    id: int
    type: str
    data: dict[str, Any]
    at: datetime


async def add(connection: Connection, events: Sequence[Data]) -> None:
    """Append events to the stream and wake its readers at commit."""
    if not events:
        return
    await connection.execute(_LOCK, ORDER_LOCK)
    await connection.execute(
        _ADD, [type_of(event) for event in events], [event.model_dump_json() for event in events]
    )
    await connection.execute(_NOTIFY, CHANNEL)


_LOCK = """
SELECT pg_advisory_xact_lock($1)
"""
_ADD = """
INSERT INTO alerts (type, data)
SELECT type, data::jsonb
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS new (type, data, place)
ORDER BY place
"""
_NOTIFY = """
SELECT pg_notify($1, '')
"""


async def after(connection: Connection, alert_id: int, limit: int) -> list[Alert]:
    """Return the alerts after one, oldest first."""
    return [_alert(row) for row in await connection.fetch(_AFTER, alert_id, limit)]


_AFTER = """
SELECT id, type, data, at FROM alerts WHERE id > $1 ORDER BY id LIMIT $2
"""


async def before(connection: Connection, alert_id: int | None, limit: int) -> list[Alert]:
    """Return the alerts before one (None: the latest), newest first."""
    return [_alert(row) for row in await connection.fetch(_BEFORE, alert_id, limit)]


_BEFORE = """
SELECT id, type, data, at FROM alerts WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2
"""


async def last_id(connection: Connection) -> int:
    """Return the id of the latest alert; 0 without any."""
    return int(await connection.fetchval(_LAST_ID))


_LAST_ID = """
SELECT coalesce(max(id), 0) FROM alerts
"""


def _alert(row: asyncpg.Record) -> Alert:
    return Alert(id=row["id"], type=row["type"], data=row["data"], at=row["at"])
