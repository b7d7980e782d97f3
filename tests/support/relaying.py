"""A broker that notes what a relay sends it, and events to send."""

import asyncio
from collections.abc import Sequence

from chassis.database import Pool
from chassis.delivery import outbox
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Sent


class Broker:
    """A publisher that notes what it takes: of each batch the first `takes` records; None: all."""

    def __init__(self) -> None:
        self.records: list[OutboxRecord] = []
        self.takes: int | None = None
        self.refused = asyncio.Event()

    async def send_all(self, records: Sequence[OutboxRecord]) -> Sent:
        taken = len(records) if self.takes is None else self.takes
        self.records += records[:taken]
        if taken == len(records):
            return Sent([True] * taken, None)
        self.refused.set()
        return Sent([number < taken for number in range(len(records))], ConnectionError("away"))

    @property
    def values(self) -> list[bytes | None]:
        return [record.value for record in self.records]


async def write(pool: Pool, numbers: range, key: bytes | None = None) -> list[bytes | None]:
    """Write a record for each number, of one key or each of its own; return their values."""
    values: list[bytes | None] = [str(number).encode() for number in numbers]
    async with pool.acquire() as connection, connection.transaction():
        await outbox.put(
            connection, [OutboxRecord("t", key or value, value, [("h", None)]) for value in values]
        )
    return values


async def all_published(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")
