"""The keys that seal what is written about people: each is made with its profile, and told on topic `keys`.

Whoever has none yet, because the release before this one made the profile, gets one while the service runs.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.delivery.sealing import key_made, make_key
from chassis.jobs import repeat
from contracts.events import KeyMade

from profiles import SERVICE

EVERY_SECONDS = 60
BATCH_SIZE = 1000


async def make_keys(connection: Connection, profile_ids: Collection[UUID]) -> list[KeyMade]:
    """Make the keys of those who have none; return the events that tell of them."""
    ids = sorted(profile_ids)
    rows = await connection.fetch(_MAKE, ids, [make_key() for _ in ids])
    return [key_made(row["profile_id"], row["key"]) for row in rows]


_MAKE = """
INSERT INTO person_keys (profile_id, key)
SELECT profile_id, key FROM unnest($1::uuid[], $2::bytea[]) AS new (profile_id, key)
ON CONFLICT DO NOTHING
RETURNING profile_id, key
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
SELECT profile_id FROM profiles
WHERE NOT EXISTS (SELECT FROM person_keys WHERE person_keys.profile_id = profiles.profile_id)
ORDER BY profile_id LIMIT $1 FOR UPDATE
"""


async def keep_making(pool: Pool) -> NoReturn:
    """Make missing keys until cancelled: the release before may run beside this one for some time."""
    await repeat(lambda: make_missing(pool), name="making keys", every=EVERY_SECONDS)
