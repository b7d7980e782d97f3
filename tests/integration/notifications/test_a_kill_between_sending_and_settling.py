"""A sender is killed while outcomes are gathered: nobody is left out, few get a mail twice, as the same."""

import asyncio
import os
import random
import signal
import sys
from datetime import UTC, datetime

import pytest
from chassis.database import Pool
from notifications.mail.sending import MOST_UNWRITTEN
from notifications.mail.smtp import MailServer
from support.faulty_smtp import Server
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.ports import free_port
from uuid_utils.compat import uuid7

COUNT = 60


@pytest.mark.parametrize("after", [1, 15, 16, 45])
async def test_whoever_was_not_settled_is_mailed_again_with_the_same_message_id(
    database: str, pool: Pool, after: int
) -> None:
    server, now = Server(free_port()), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal")
    for number in range(COUNT):
        profile_id = uuid7()
        await add_contact(pool, profile_id, f"omgevallen{number}@example.org")
        await propose(pool, opdracht, profile_id, now)
    async with server.up():
        command = (sys.executable, "-m", "support.dying_sender", database, str(server.port), str(after))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        dying = await asyncio.create_subprocess_exec(*command, env=environment)
        assert await dying.wait() == -signal.SIGKILL
        assert server.seen.total() >= after
        await pool.execute(_LEASES_END, now)
        client = MailServer(f"smtp://127.0.0.1:{server.port}")
        await make_sender(pool, client.send).send_all()
        await client.close()
    assert len(server.taken) == COUNT
    assert max(server.seen.values()) <= 2
    assert server.seen.total() <= COUNT + MOST_UNWRITTEN
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'accepted'") == COUNT


_LEASES_END = """
UPDATE notices SET claimed_until = now(), due_at = $1 WHERE state = 'sending'
"""
