"""The recruiter's live stream: server-sent events from the alerts, resumed without a gap."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import structlog
from chassis.database import UNAVAILABLE, Pool, connect
from chassis.telemetry import where
from sse_starlette import ServerSentEvent

from notifications.metrics import STREAMS
from notifications.store import alerts

log = structlog.get_logger()

BATCH_SIZE = 200
POLL_SECONDS = 5.0


class Stream:
    """Wakes every open stream when alerts are committed, by this replica or another."""

    def __init__(self, url: str, pool: Pool) -> None:
        self._url = url
        self._pool = pool
        self._woken = asyncio.Event()
        self._closing = False

    async def listen(self) -> None:
        """Pass the database's notifications on until cancelled; a lost connection is made again."""
        while True:
            try:
                connection = await connect(self._url)
                try:
                    await connection.add_listener(alerts.CHANNEL, self._on_notify)
                    self._wake()
                    while not connection.is_closed():
                        await asyncio.sleep(1)
                finally:
                    connection.terminate()
            except UNAVAILABLE as error:
                log.warning("stream waits", **where(error))
                await asyncio.sleep(1)

    def _on_notify(self, *_: Any) -> None:
        self._wake()

    def _wake(self) -> None:
        self._woken.set()
        self._woken = asyncio.Event()

    def close(self) -> None:
        """End the open streams; browsers come back to another replica and resume."""
        self._closing = True
        self._wake()

    async def events(self, last_id: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield what comes after alert `last_id`; None: after the latest."""
        with STREAMS.track_inprogress():
            if last_id is None:
                async with self._pool.acquire() as connection:
                    last_id = await alerts.last_id(connection)
            yield ServerSentEvent(comment="listening", retry=2000)
            while not self._closing:
                woken = self._woken
                async with self._pool.acquire() as connection:
                    found = await alerts.after(connection, last_id, BATCH_SIZE)
                for alert in found:
                    last_id = alert.id
                    yield ServerSentEvent(event=alert.type, id=str(alert.id), data=json.dumps(alert.data))
                if not found:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await woken.wait()
