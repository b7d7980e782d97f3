"""Takes away the oldest acts: whole days from the beginning of the chain, whose last hash is kept."""

from datetime import datetime

from chassis.database import Connection


async def prune(connection: Connection, before: datetime) -> int:
    """Delete the acts of before the day (UTC) of a moment; return how many.

    Only from the chain's beginning, and as far as every act is older: what is not chained yet stays.
    """
    return int(await connection.fetchval(_PRUNE, before))


_PRUNE = """
SELECT audit_prune($1)
"""
