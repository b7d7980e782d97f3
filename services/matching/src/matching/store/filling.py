"""All profiles, as a replica reads them when it is filled: as columns, without an object for each of them.

Why nobody is missed, or comes twice: in a snapshot, a profile is one row of the table, in one place, in a
block that was there when the snapshot was taken. How many blocks there are is asked later, when the table is
locked against whoever would move rows that others still see.
"""

import asyncio
from collections.abc import Callable

import asyncpg
import numpy as np
from chassis.database import Connection
from chassis.unreadable import forget

from matching.engine.columnar import ID, uuids_of
from matching.engine.profiles import CRAFT, ENCODING, PROFILE
from matching.store.profiles import TABLE, ProfilesPage, as_page
from matching.store.snapshots import Seen, current

BLOCKS_AT_ONCE = 1000  # of the table: some six thousand profiles


async def about_how_many(connection: Connection) -> int:
    """Return how many profiles there are, as the planner knows it; 0 where it does not."""
    estimate = await connection.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'profiles'::regclass")
    return max(0, int(estimate))


async def all_profiles(connection: Connection, take: Callable[[ProfilesPage], None]) -> Seen:
    """Have `take` take all profiles that are not erased, many at a time; return what their snapshot sees.

    Those that are stored as the replicas hold them come as columns, and are taken while PostgreSQL puts the
    next together; the others, few but for a while after a release, row by row.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        seen = await current(connection)
        await connection.execute("LOCK TABLE profiles IN ACCESS SHARE MODE")
        starts = range(0, await connection.fetchval(_BLOCKS), BLOCKS_AT_ONCE)
        reading = asyncio.create_task(_columns(connection, 0))
        try:
            for following in (*starts[1:], None):
                row = await reading
                if following is not None:
                    reading = asyncio.create_task(_columns(connection, following))
                    await asyncio.sleep(0)  # now it is asked for
                take(_plain(row))
                if row["others"]:
                    await asyncio.wait([reading])  # a connection is asked one thing at a time
                    take(as_page(await connection.fetch(_OTHERS, row["others"], ENCODING)))
        finally:
            reading.cancel()
            await asyncio.wait([reading])
    return seen


async def _columns(connection: Connection, first: int) -> asyncpg.Record:
    start, end = (first, 0), (first + BLOCKS_AT_ONCE, 0)
    row = await connection.fetchrow(_COLUMNS, start, end, ENCODING, PROFILE.itemsize)
    assert row is not None
    return row


_BLOCKS = """
SELECT pg_relation_size('profiles') / current_setting('block_size')::bigint
"""

# OFFSET 0: whether a profile is plain is found out once.
_COLUMNS = """
SELECT
    string_agg(uuid_send(profile_id), '') FILTER (WHERE plain) AS ids,
    string_agg(int4send(version), '') FILTER (WHERE plain) AS versions,
    string_agg(substring(encoded, 1, $4), '') FILTER (WHERE plain) AS records,
    string_agg(substring(encoded, $4 + 1), '') FILTER (WHERE plain) AS crafts,
    array_agg(profile_id) FILTER (WHERE plain IS NOT TRUE) AS others
FROM (
    SELECT profile_id, version, encoded,
        encoding = $3 AND encoded_version = version AND NOT probe AS plain
    FROM profiles
    WHERE NOT erased AND ctid >= $1 AND ctid < $2
    OFFSET 0
) AS page
"""

_OTHERS = """
SELECT profile_id, version, erased, encoded, probe,
    CASE WHEN encoding = $2 AND encoded_version = version THEN NULL ELSE facts::text END AS facts
FROM profiles
WHERE profile_id = ANY($1)
"""


def _plain(row: asyncpg.Record) -> ProfilesPage:
    ids = np.frombuffer(row["ids"] or b"", ID)
    forget(TABLE, uuids_of(ids))
    return ProfilesPage(
        ids=ids,
        versions=np.frombuffer(row["versions"] or b"", ">i4").astype(np.int32),
        records=np.frombuffer(row["records"] or b"", PROFILE),
        crafts=np.frombuffer(row["crafts"] or b"", CRAFT),
        probe=np.zeros(len(ids), np.bool_),
        erased=[],
        unreadable=[],
    )
