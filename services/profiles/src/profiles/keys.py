"""The keys that seal what is written about people: each is made with its profile, and told on topic `keys`.

Whoever has none yet, because the release before this one made the profile, gets one while the service runs;
and where that release erased somebody, their key is destroyed.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.delivery import outbox, sealing
from chassis.delivery.sealing import key_made, make_key
from chassis.jobs import repeat
from contracts.envelope import Tombstone
from contracts.events import KeyMade
from contracts.topics import KEYS

from profiles import SERVICE

EVERY_SECONDS = 2  # decisions on who has none wait for it
DESTROY_EVERY_SECONDS = 3600
BATCH_SIZE = 1000


async def make_keys(connection: Connection, profile_ids: Collection[UUID]) -> list[KeyMade]:
    """Make the keys of those who have none; return the events that tell of them."""
    ids = sorted(profile_ids)
    rows = await connection.fetch(_MAKE, ids, [make_key() for _ in ids])
    return [key_made(row["profile_id"], row["key"]) for row in rows]


_MAKE = """
WITH made AS (
    INSERT INTO person_keys (profile_id, key)
    SELECT profile_id, key FROM unnest($1::uuid[], $2::bytea[]) AS new (profile_id, key)
    ON CONFLICT DO NOTHING
    RETURNING profile_id, key
), marked AS (
    UPDATE profiles SET has_key = true WHERE profile_id = ANY($1)
)
SELECT profile_id, key FROM made
"""


async def keys_made(connection: Connection, profile_ids: Collection[UUID]) -> list[KeyMade]:
    """Return the events that tell of keys that are there."""
    rows = await connection.fetch(_KEYS, list(profile_ids))
    return [key_made(row["profile_id"], row["key"]) for row in rows]


_KEYS = """
SELECT profile_id, key FROM person_keys WHERE profile_id = ANY($1) AND key IS NOT NULL ORDER BY profile_id
"""


async def make_missing(pool: Pool) -> None:
    """Make the keys of all who have none, many at a time."""
    while True:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_KEYLESS, BATCH_SIZE)
            events = await make_keys(connection, [row["profile_id"] for row in rows])
            await outbox.publish(connection, SERVICE, events, datetime.now(UTC))
        if len(rows) < BATCH_SIZE:
            return


_KEYLESS = """
SELECT profile_id FROM profiles WHERE NOT has_key ORDER BY profile_id LIMIT $1 FOR UPDATE
"""


async def destroy_left_over(pool: Pool) -> None:
    """Destroy the keys of who is erased, here and on the topic."""
    async with pool.acquire() as connection, connection.transaction():
        erased = [row["profile_id"] for row in await connection.fetch(_LEFT_OVER)]
        await sealing.keep_keys(connection, dict.fromkeys(erased))
        tombstones = [Tombstone(KEYS, profile_id) for profile_id in erased]
        await outbox.publish(connection, SERVICE, tombstones, datetime.now(UTC))


_LEFT_OVER = """
SELECT profile_id FROM erasures JOIN person_keys USING (profile_id) WHERE key IS NOT NULL ORDER BY profile_id
"""


async def keep_making(pool: Pool) -> NoReturn:
    """Make missing keys until cancelled: the release before may run beside this one for some time."""
    await repeat(lambda: make_missing(pool), name="making keys", every=EVERY_SECONDS)


async def keep_destroying(pool: Pool) -> NoReturn:
    """Destroy what is left over until cancelled, for the same reason."""
    await repeat(lambda: destroy_left_over(pool), name="destroying keys", every=DESTROY_EVERY_SECONDS)
