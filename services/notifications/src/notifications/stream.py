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

AT_ONCE = 200
POLL_SECONDS = 5.0


class Stream:
    """Wakes every open stream when alerts are committed, by this replica or another."""

    def __init__(self, url: str, pool: Pool) -> None:
        self._url = url
        self._pool = pool
        self._news = asyncio.Event()
        self._closing = False

    async def listen(self) -> None:
        """Pass the database's notices on until cancelled; a lost connection is made again."""
        while True:
            try:
                connection = await connect(self._url)
                try:
                    await connection.add_listener(alerts.CHANNEL, self._on_notify)
                    self._tell()
                    while not connection.is_closed():
                        await asyncio.sleep(1)
                finally:
                    connection.terminate()
            except UNAVAILABLE as error:
                log.warning("stream waits", **where(error))
                await asyncio.sleep(1)

    def _on_notify(self, *_: Any) -> None:
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """End the open streams; browsers come back to another replica and resume."""
        self._closing = True
        self._tell()

    async def events(self, last_id: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield what comes after alert `last_id`; None: after the latest."""
        with STREAMS.track_inprogress():
            if last_id is None:
                async with self._pool.acquire() as connection:
                    last_id = await alerts.last_id(connection)
            yield ServerSentEvent(comment="listening", retry=2000)
            while not self._closing:
                news = self._news
                async with self._pool.acquire() as connection:
                    rows = await alerts.after(connection, last_id, AT_ONCE)
                for row in rows:
                    last_id = row["id"]
                    yield ServerSentEvent(event=row["type"], id=str(row["id"]), data=json.dumps(row["data"]))
                if not rows:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await news.wait()
