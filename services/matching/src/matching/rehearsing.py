"""What PostgreSQL would do for the first opdracht after a start, done before it comes.

A new connection's server process knows no statement and no table yet: without this the first opdracht takes
some three times as long as the next. One connection is enough, for the pool lends the last that it got back.
"""

from chassis.database import Pool
from chassis.delivery import offsets

from matching.store import assignments, matches
from matching.store.profiles import get_profiles_for_share


async def rehearse(pool: Pool) -> None:
    """Have the statements on an opdracht's way prepared, to no effect."""
    async with pool.acquire() as connection:
        await offsets.rehearse(connection)
        await assignments.rehearse(connection)
        await matches.rehearse(connection)
        await get_profiles_for_share(connection, [])
