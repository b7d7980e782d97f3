"""The stream of alerts: every alert in order, whatever becomes of the connection that announces them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
from chassis.database import Pool, open_pool
from desk.live import stream
from desk.live.stream import STREAMS_OF_ONE, Stream, TooManyStreams
from desk.store import alerts as store
from prometheus_client import REGISTRY
from support.desks import START, Pair, an_event, tell
from support.stacks import until
from uuid_utils.compat import uuid7

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


async def add_alert(pool: Pool) -> None:
    await tell(pool, [an_event(Pair(uuid7(), uuid7()).withdrawn(START), START)])


async def next_id(events: AsyncIterator[bytes]) -> str:
    async with asyncio.timeout(60):
        first, _, _ = (await anext(events)).decode().partition("\r\n")
    return first.removeprefix("id: ")


async def test_a_listener_that_lost_its_connection_listens_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 3600)  # only an announcement wakes it
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


async def test_streams_that_are_as_far_read_an_alert_once_together_and_one_that_is_behind_misses_none(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, after = [], store.after

    async def counted(*asked: Any) -> list[store.Alert]:
        read.append(asked[1])
        return await after(*asked)

    monkeypatch.setattr(store, "after", counted)
    monkeypatch.setattr(stream, "POLL_SECONDS", 3600)
    async with open_pool(database) as pool:
        await add_alert(pool)
        alerts = Stream(database, pool)
        together = [alerts.events(1) for _ in range(20)]
        waiting = []
        for events in (*together, behind := alerts.events(0)):
            await anext(events)
            waiting.append(asyncio.create_task(next_id(events)))
        assert await waiting.pop() == "1"
        await until(lambda: _are(read, [1, 0]))
        await add_alert(pool)
        alerts._wake()
        assert [await one for one in waiting] == ["2"] * len(together)
        assert await next_id(behind) == "2"
        assert sorted(read) == [0, 1, 1]


async def _are(found: list[Any], wanted: list[Any]) -> bool:
    return found == wanted


async def test_one_reader_has_five_streams_and_gets_a_place_back(database: str) -> None:
    async with open_pool(database) as pool:
        alerts = Stream(database, pool)
        with ExitStack() as held:
            for _ in range(STREAMS_OF_ONE):
                held.enter_context(alerts.place("rosa"))
            with pytest.raises(TooManyStreams), alerts.place("rosa"):
                pass
            with alerts.place("karim"):
                assert REGISTRY.get_sample_value("alert_streams") == STREAMS_OF_ONE + 1
        with alerts.place("rosa"):
            assert REGISTRY.get_sample_value("alert_streams") == 1
