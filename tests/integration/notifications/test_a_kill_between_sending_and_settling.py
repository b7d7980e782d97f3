"""A sender is killed while outcomes are gathered: nobody is left out, few get a mail twice, as the same."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

import pytest
from chassis.database import Pool
from notifications.mail.sending import MOST_UNWRITTEN
from notifications.mail.smtp import MailServer
from support.faulty_smtp import Server
from support.notifying import make_sender, propose_to_many
from support.ports import free_port

COUNT = 60


@pytest.mark.parametrize("after", [1, 15, 16, 45])
async def test_whoever_was_not_settled_is_mailed_again_with_the_same_message_id(
    database: str, pool: Pool, after: int
) -> None:
    server, now = Server(free_port()), datetime.now(UTC)
    await propose_to_many(pool, COUNT, now)
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
