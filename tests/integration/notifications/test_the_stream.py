"""The stream of alerts: every alert in order, whatever becomes of the connection that announces them."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from chassis.database import Pool, migrate, open_pool
from contracts.events import MatchWithdrawn
from contracts.vocabulary import WithdrawalReason
from notifications.board import stream
from notifications.board.stream import Stream
from sse_starlette import ServerSentEvent
from support.notifying import add_assignment, deliver
from support.stacks import until
from uuid_utils.compat import uuid7

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


async def add_alert(pool: Pool) -> None:
    withdrawn = MatchWithdrawn(
        match_id=uuid7(),
        revision=1,
        assignment_id=await add_assignment(pool, random.Random(1), "normaal"),
        profile_id=uuid7(),
        reason=WithdrawalReason.ASSIGNMENT_CHANGED,
        withdrawn_at=datetime.now(UTC),
    )
    await deliver(pool, withdrawn)


async def next_id(events: AsyncIterator[ServerSentEvent]) -> str:
    async with asyncio.timeout(10):
        return str((await anext(events)).id)


async def test_a_listener_that_lost_its_connection_listens_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 3600)  # only an announcement wakes it
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as pool:
        alerts = Stream(database, pool)
        listening = asyncio.create_task(alerts.listen())
        try:
            events = alerts.events(None)
            await anext(events)  # a comment: it listens

            async def listener() -> int | None:
                pid: int | None = await pool.fetchval(LISTENERS)
                return pid

            first = await until(listener)
            waiting = asyncio.create_task(next_id(events))
            await add_alert(pool)
            assert await waiting == "1"

            waiting = asyncio.create_task(next_id(events))
            await pool.execute("SELECT pg_terminate_backend($1)", first)

            async def another_listener() -> bool:
                return await listener() not in {None, first}

            await until(another_listener)
            await add_alert(pool)
            assert await waiting == "2"
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
