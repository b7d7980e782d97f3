"""Takes away the oldest acts, from the chain's beginning: a segment at a time, whose last hash is kept."""

from datetime import datetime

from chassis.database import Connection

SEGMENT = 10_000  # links: what takes seconds


async def prune(connection: Connection, before: datetime, most: int = SEGMENT) -> int:
    """Delete up to `most` acts of before the day (UTC) of a moment, none of the last month; return how many.

    Only from the chain's beginning, and as far as every act is older: what is not chained yet stays.
    """
    return int(await connection.fetchval(_PRUNE, before, most))


_PRUNE = """
SELECT audit_prune($1, $2)
"""
