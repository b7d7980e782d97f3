"""Whether a session is ours for as long as it is open.

A pooler in transaction mode (PgBouncer's `pool_mode=transaction`) lends a server process for one transaction.
A session's locks, LISTEN and prepared statements are then left to whoever gets the process next: the outbox's
locks stay behind for ever, and nobody publishes. With one client all seems well, for it is lent the same
process again; so this is not left to be found out.
"""

import asyncpg

from chassis.database.connections import Session, naming_outages

ROUNDS = 25


class PooledByTransaction(Exception):
    """The database is reached through a pooler that shares sessions between its clients."""

    def __init__(self) -> None:
        super().__init__(
            "it leads to a pooler that lends a server process for one transaction (PgBouncer's"
            " pool_mode=transaction): session locks, LISTEN and prepared statements do not work"
            " there. Give the address of PostgreSQL itself, or of a pooler with pool_mode=session"
        )


async def require_sessions(url: str) -> None:
    """Raise PooledByTransaction where two sessions are served by one process, or one session by two.

    The first is asked before a transaction of the second, and in it. A pooler lends the second the process
    that the first gave back, and then the first another one: it takes a process that waits rather than start
    one. Others' transactions in between may hide this once, and hardly ever each time.
    """
    first, second = await _connect(url), await _connect(url)
    try:
        with naming_outages(first), naming_outages(second):
            for _ in range(ROUNDS):
                await _require_sessions(first, second)
    finally:
        first.terminate()
        second.terminate()


async def _require_sessions(first: Session, second: Session) -> None:
    before = await _process(first)
    async with second.transaction():
        if await second.fetchval(_PROCESS) == before or await _process(first) != before:
            raise PooledByTransaction


async def _process(session: Session) -> int:
    async with session.transaction():
        process: int = await session.fetchval(_PROCESS)
    return process


_PROCESS = """
SELECT pg_backend_pid()
"""


async def _connect(url: str) -> Session:
    """Open a connection without named statements, which a pooler would confuse."""
    return await asyncpg.connect(url, timeout=10, command_timeout=10, statement_cache_size=0)
