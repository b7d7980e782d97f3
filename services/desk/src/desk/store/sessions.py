"""Sessions of people who signed in by the browser."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.database import Connection

IDLE = timedelta(hours=8)
LONGEST = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """A session that lives. `tokens`: encrypted."""

    tokens: bytes
    refresh_at: datetime
    seen_at: datetime


async def add(
    connection: Connection, key: bytes, subject: str, tokens: bytes, refresh_at: datetime, now: datetime
) -> None:
    """Begin a session."""
    await connection.execute(_ADD, key, subject, tokens, refresh_at, now)


_ADD = """
INSERT INTO sessions (key, subject, tokens, refresh_at, started_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $5)
"""


async def find(connection: Connection, key: bytes, now: datetime) -> Session | None:
    """Return a session, unless it has ended."""
    row = await connection.fetchrow(_FIND, key, now - LONGEST, now - IDLE)
    return None if row is None else Session(**row)


_FIND = """
SELECT tokens, refresh_at, seen_at
FROM sessions
WHERE key = $1 AND started_at > $2 AND seen_at > $3
"""


async def alive(connection: Connection, keys: Collection[bytes], now: datetime) -> set[bytes]:
    """Return those of these sessions that have not ended."""
    rows = await connection.fetch(_ALIVE, list(keys), now - LONGEST, now - IDLE)
    return {row["key"] for row in rows}


_ALIVE = """
SELECT key FROM sessions WHERE key = ANY($1) AND started_at > $2 AND seen_at > $3
"""


async def lock(connection: Connection, key: bytes, now: datetime) -> Session | None:
    """Return a session as `find` does, and hold it until the transaction ends."""
    row = await connection.fetchrow(_FIND + "FOR UPDATE", key, now - LONGEST, now - IDLE)
    return None if row is None else Session(**row)


async def see(connection: Connection, key: bytes, now: datetime) -> None:
    """Keep that the session is used now."""
    await connection.execute(_SEE, key, now)


_SEE = """
UPDATE sessions SET seen_at = $2 WHERE key = $1
"""


async def renew(connection: Connection, key: bytes, tokens: bytes, refresh_at: datetime) -> None:
    """Replace a session's tokens."""
    await connection.execute(_RENEW, key, tokens, refresh_at)


_RENEW = """
UPDATE sessions SET tokens = $2, refresh_at = $3 WHERE key = $1
"""


async def subject_of(connection: Connection, key: bytes) -> str | None:
    """Return whose session it is; None where there is none."""
    subject: str | None = await connection.fetchval(_SUBJECT_OF, key)
    return subject


_SUBJECT_OF = """
SELECT subject FROM sessions WHERE key = $1
"""


async def end(connection: Connection, key: bytes) -> bytes | None:
    """End a session, and return its tokens; None where there is none."""
    tokens: bytes | None = await connection.fetchval(_END, key)
    return tokens


_END = """
DELETE FROM sessions WHERE key = $1 RETURNING tokens
"""


async def end_all_of(connection: Connection, subject: str) -> int:
    """End every session of somebody; return how many there were."""
    return len(await connection.fetch(_END_ALL_OF, subject))


_END_ALL_OF = """
DELETE FROM sessions WHERE subject = $1 RETURNING key
"""


async def prune(connection: Connection, now: datetime) -> None:
    """Delete the sessions that have ended by themselves."""
    await connection.execute(_PRUNE, now - LONGEST, now - IDLE)


_PRUNE = """
DELETE FROM sessions WHERE started_at <= $1 OR seen_at <= $2
"""
