"""Forms that were sent after a session had ended, encrypted."""

from datetime import datetime, timedelta

from chassis.database import Connection

KEPT = timedelta(minutes=15)
MOST = 10  # of one person


async def add(connection: Connection, key: bytes, subject: str, form: bytes, now: datetime) -> None:
    """Keep a form; the oldest of that person make room."""
    async with connection.transaction():
        await connection.execute(_ADD, key, subject, form, now)
        await connection.execute(_MAKE_ROOM, subject, MOST)


_ADD = """
INSERT INTO kept_forms (key, subject, form, kept_at) VALUES ($1, $2, $3, $4)
"""
_MAKE_ROOM = """
DELETE FROM kept_forms
WHERE key IN (SELECT key FROM kept_forms WHERE subject = $1 ORDER BY kept_at DESC, key OFFSET $2)
"""


async def find(connection: Connection, key: bytes, subject: str, now: datetime) -> bytes | None:
    """Return a form of that person's, unless it was kept long enough."""
    form: bytes | None = await connection.fetchval(_FIND, key, subject, now - KEPT)
    return form


_FIND = """
SELECT form FROM kept_forms WHERE key = $1 AND subject = $2 AND kept_at > $3
"""


async def drop(connection: Connection, key: bytes) -> None:
    """Forget a form."""
    await connection.execute(_DROP, key)


_DROP = """
DELETE FROM kept_forms WHERE key = $1
"""


async def prune(connection: Connection, now: datetime) -> None:
    """Delete what was kept long enough."""
    await connection.execute(_PRUNE, now - KEPT)


_PRUNE = """
DELETE FROM kept_forms WHERE kept_at <= $1
"""
