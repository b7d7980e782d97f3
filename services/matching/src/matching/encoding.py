"""Encodes stored profiles anew where a version of this service encodes them in another way.

A replica that fills itself encodes such rows as it reads them; once they are stored, the next start need not.
"""

import asyncio
from uuid import UUID

from chassis.database import UNAVAILABLE, Pool
from chassis.retrying import retry

from matching.store.profiles import encode_stored


async def encode_profiles(pool: Pool) -> None:
    """Encode every stored profile whose encoding is another, some in each transaction."""
    after: UUID | None = None

    async def encode_some() -> UUID | None:
        async with pool.acquire() as connection:
            return await encode_stored(connection, after)

    while True:
        after = await retry(encode_some, on=UNAVAILABLE, log_as="encoding waits")
        if after is None:
            return
        await asyncio.sleep(0)  # a turn for others
