"""The database goes away while mails are sent: what was sent is known once it is back, and sent once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from chassis.database import Pool, open_pool
from notifications.mail.sending import MOST_UNWRITTEN
from notifications.mail.smtp import MailServer
from support.cut import way_to
from support.faulty_smtp import Server
from support.notifying import make_sender, propose_to_many
from support.ports import free_port
from support.stacks import until

COUNT = 150


async def states(pool: Pool) -> Counter[str]:
    return Counter(row["state"] for row in await pool.fetch("SELECT state FROM notices"))


@pytest.mark.parametrize("after", [1, 40, 120])
async def test_nobody_is_mailed_twice_for_an_outage_of_the_database_and_few_mails_go_out_in_it(
    database: str, pool: Pool, after: int
) -> None:
    server, now = Server(free_port()), datetime.now(UTC)
    await propose_to_many(pool, COUNT, now)
    client = MailServer(f"smtp://127.0.0.1:{server.port}")
    async with server.up(), way_to(database) as way, open_pool(way.url) as through:
        sender = make_sender(through, client.send)

        def cut_in_the_middle(command: str) -> str:
            if command == "CONTENT" and sum(server.seen.values()) == after:
                way.cut()
            return ""

        server.fault = cut_in_the_middle
        sending = asyncio.create_task(sender.run())

        async def is_refused_again_and_again() -> bool:
            return way.refused > 5

        await until(is_refused_again_and_again)
        known = (await states(pool))["accepted"]
        assert sum(server.taken.values()) - known <= MOST_UNWRITTEN
        way.mend()

        async def all_is_sent() -> bool:
            return len(server.taken) == COUNT and await states(pool) == {"accepted": COUNT}

        # A claim whose commit was not heard of runs out first, after two minutes.
        await until(all_is_sent, seconds=180)
        while await sender.send_due(now + timedelta(minutes=3)):  # what was claimed is claimed no more
            pass
        await sender.close()
        await sending
    await client.close()
    assert max(server.seen.values()) == 1
