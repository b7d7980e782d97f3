"""A process to be killed, that stores what a topic brings: `storing.py BASE FOLDER DATABASE TOPIC NAME`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from chassis.database import Connection, open_pool
from contracts.envelope import Event
from stack.layout import Layout

from support.delivering import consuming
from support.stacks import Stack

CREATE = "CREATE TABLE effects (id bigserial, key uuid NOT NULL, number int NOT NULL)"


async def store(connection: Connection, events: Sequence[Event]) -> None:
    """Note each event; nothing but the offsets keeps one from being noted twice."""
    await connection.execute(_STORE, [event.subject for event in events], [int(event.id) for event in events])


_STORE = """
INSERT INTO effects (key, number)
SELECT key, number
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS event (key, number, place)
ORDER BY place
"""


async def main(base: str, folder: str, database: str, topic: str, name: str) -> None:
    stack = Stack(Layout(int(base), Path(folder)))
    async with (
        open_pool(database) as pool,
        consuming(stack, database, pool, topic, store, group=topic, instance=name),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
