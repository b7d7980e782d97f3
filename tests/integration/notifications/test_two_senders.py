"""Two replicas that send at the same time: what one leaves to the other it keeps from nobody."""

import random
from datetime import UTC, datetime, timedelta

from chassis.database import open_pool
from notifications.store import queue
from support.notifying import add_assignment, add_contact, propose
from uuid_utils.compat import uuid7


async def test_what_is_left_to_the_other_is_not_locked(database: str) -> None:
    rng = random.Random(1)
    now = datetime.now(UTC)
    anna = uuid7()
    async with open_pool(database) as pool, pool.acquire() as one, pool.acquire() as other:
        await add_contact(pool, anna, "anna.two.senders@example.org", "daily")
        for _ in range(2):
            await propose(pool, await add_assignment(pool, rng, "normaal"), anna, now - timedelta(days=2))
        async with one.transaction(), other.transaction():
            mine = await queue.lock_due(one, now, most=1)
            assert len(mine) == 1
            assert await queue.lock_due(other, now) == []  # her mailbox is the first one's
            rows = await one.fetch(
                "SELECT notice_id FROM notices WHERE profile_id = $1 FOR UPDATE NOWAIT", anna
            )
            assert len(rows) == 2
