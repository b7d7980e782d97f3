"""By which policies every open assignment was judged once."""

from chassis.database import Connection


async def settle_policy(connection: Connection, version: str) -> bool:
    """Write that everything was judged by a policy; tell whether nobody had written so before."""
    return bool(await connection.fetchval(_SETTLE, version))


_SETTLE = """
INSERT INTO settled_policies (version)
VALUES ($1)
ON CONFLICT DO NOTHING
RETURNING true
"""
