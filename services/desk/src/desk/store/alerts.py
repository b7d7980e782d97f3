"""The stream of alerts, in commit order.

Why no reader misses one: whoever writes takes turns, and a turn ends with its transaction, so a higher id is
committed after every lower one. A reader that has seen id n never finds a lower one later.
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
TURN = 0x6465736B
SELECTING = "AssignmentSelecting.v1"  # of the stream alone: its time is up, no event says so


@dataclass(frozen=True)
class Alert:
    """An event as the stream shows it. `data` as the event's JSON; `at`: when it was written here."""

    id: int
    type: str
    data: dict[str, Any]
    at: datetime


async def take_turn(connection: Connection) -> None:
    """Let nobody else write what is known, or alerts of it, until the transaction ends."""
    await connection.execute(_TAKE_TURN, TURN)


_TAKE_TURN = """
SELECT pg_advisory_xact_lock($1)
"""


async def add(connection: Connection, events: Sequence[Data]) -> None:
    """Append events to the stream and wake its readers at commit. The caller has taken its turn."""
    if not events:
        return
    await connection.execute(
        _ADD,
        [type_of(event) for event in events],
        [event.model_dump_json() for event in events],
        [getattr(event, "assignment_id", None) for event in events],
        [getattr(event, "profile_id", None) for event in events],
    )
    await connection.execute(_NOTIFY, CHANNEL)


_ADD = """
INSERT INTO alerts (type, data, assignment_id, profile_id)
SELECT type, data::jsonb, assignment_id, profile_id
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY
    AS new (type, data, assignment_id, profile_id, place)
ORDER BY place
"""
_NOTIFY = """
SELECT pg_notify($1, '')
"""


async def any_selecting(connection: Connection, since: datetime, now: datetime) -> bool:
    """Tell whether an opdracht entered selection between two moments and was not told of."""
    return bool(await connection.fetchval(_ANY_SELECTING, since, now))


_ANY_SELECTING = """
SELECT EXISTS (
    SELECT FROM assignments
    WHERE open AND told_selecting IS DISTINCT FROM respond_by AND respond_by > $1 AND respond_by <= $2
)
"""


async def add_selecting(connection: Connection, since: datetime, now: datetime) -> None:
    """Append that opdrachten entered selection, each once, and wake readers at commit. The caller has taken
    its turn."""
    await connection.execute(_ADD_SELECTING, since, now, SELECTING)
    await connection.execute(_NOTIFY, CHANNEL)


_ADD_SELECTING = """
WITH told AS (
    UPDATE assignments SET told_selecting = respond_by
    WHERE open AND told_selecting IS DISTINCT FROM respond_by AND respond_by > $1 AND respond_by <= $2
    RETURNING assignment_id, version, respond_by
)
INSERT INTO alerts (type, data, assignment_id)
SELECT $3, jsonb_build_object('assignment_id', assignment_id, 'version', version, 'respond_by', respond_by),
    assignment_id
FROM told
ORDER BY respond_by, assignment_id
"""


async def lift(connection: Connection) -> None:
    """Let ids go on above all that were ever handed out: readers know the last that they saw.

    A database that was restored, or is new, does not know them; no count of alerts reaches the milliseconds
    since 1970.
    """
    async with connection.transaction():
        await take_turn(connection)
        await connection.execute(_LIFT)


_LIFT = """
SELECT setval(pg_get_serial_sequence('alerts', 'id'),
    greatest(nextval(pg_get_serial_sequence('alerts', 'id')), (extract(epoch FROM now()) * 1000)::bigint))
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
