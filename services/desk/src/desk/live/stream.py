"""The live stream: server-sent events from the alerts, resumed without a gap."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.database import UNAVAILABLE, Pool, connect, naming_outages
from chassis.jobs import repeat
from chassis.retrying import retry
from sse_starlette import ServerSentEvent

from desk.metrics import STREAMS
from desk.store import alerts, sessions
from desk.store.alerts import Alert

BATCH_SIZE = 200
POLL_SECONDS = 5.0
RECONNECT_SECONDS = 1.0
SESSIONS_SECONDS = 2.0
STREAMS_OF_ONE = 5


Record = Callable[[Sequence[Alert]], Awaitable[None]]


async def _nothing(_shown: Sequence[Alert]) -> None:
    """Nobody reads it but the platform itself."""


class TooManyStreams(Exception):
    """Somebody has as many streams open, of this replica, as one may have."""


@dataclass(frozen=True)
class Shown:
    """Alerts, and how they are written as server-sent events."""

    alerts: Sequence[Alert]
    events: bytes


class Stream:
    """Wakes every open stream when alerts are committed, by this replica or another."""

    def __init__(self, url: str, pool: Pool) -> None:
        self._url = url
        self._pool = pool
        self._woken = asyncio.Event()
        self._read: dict[int, asyncio.Task[Shown]] = {}
        self._closing = False
        self._open: Counter[str] = Counter()
        self._sessions: Counter[bytes] = Counter()
        self._ended: set[bytes] = set()

    @contextmanager
    def place(self, subject: str, session: bytes | None = None) -> Iterator[None]:
        """Hold one of somebody's places for a stream, of a session or of a script; raises TooManyStreams
        where none is left."""
        if self._open[subject] >= STREAMS_OF_ONE:
            raise TooManyStreams
        self._open[subject] += 1
        if session is not None:
            self._sessions[session] += 1
        try:
            with STREAMS.track_inprogress():
                yield
        finally:
            self._open = +(self._open - Counter([subject]))
            if session is not None:
                self._sessions = +(self._sessions - Counter([session]))

    async def watch_sessions(self) -> None:
        """End the streams of sessions that have ended, until cancelled."""
        await repeat(self._end_with_sessions, name="sessions", every=SESSIONS_SECONDS)

    async def _end_with_sessions(self) -> None:
        watched = list(self._sessions)
        if not watched:
            return
        async with self._pool.acquire() as connection:
            alive = await sessions.alive(connection, watched, datetime.now(UTC))
        self._ended = set(watched) - alive
        if self._ended:
            self._wake()

    async def listen(self) -> None:
        """Wake the streams on the database's notifications until cancelled; reconnect where that is lost."""
        while True:
            await retry(self._listen_until_lost, on=UNAVAILABLE, log_as="stream waits")
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await connect(self._url)
        lost = asyncio.Event()
        try:
            with naming_outages(connection):
                connection.add_termination_listener(lambda _: lost.set())
                await connection.add_listener(alerts.CHANNEL, self._on_notify)
                self._wake()  # for what was committed while nobody listened
                await lost.wait()
        finally:
            connection.terminate()

    def _on_notify(self, *_: Any) -> None:
        self._wake()

    def _wake(self) -> None:
        self._read = {}
        self._woken.set()
        self._woken = asyncio.Event()

    async def _after(self, last_id: int) -> Shown:
        """Return what comes after an alert: read and written out once for all streams that are as far, until
        they are woken again."""
        read = self._read
        if last_id not in read:
            read[last_id] = asyncio.create_task(self._read_after(last_id))
        try:
            shown = await asyncio.shield(read[last_id])
            if len(shown.alerts) == BATCH_SIZE:  # far behind, where hardly anybody is as far: not kept
                read.pop(last_id, None)
            return shown
        except Exception:
            read.pop(last_id, None)  # so that the next to ask reads again
            raise

    async def _read_after(self, last_id: int) -> Shown:
        async with self._pool.acquire() as connection:
            found = await alerts.after(connection, last_id, BATCH_SIZE)
        events = (ServerSentEvent(event=one.type, id=str(one.id), data=json.dumps(one.data)) for one in found)
        return Shown(found, b"".join(event.encode() for event in events))

    def close(self) -> None:
        """End the open streams; browsers come back to another replica and resume."""
        self._closing = True
        self._wake()

    async def events(
        self, last_id: int | None, session: bytes | None = None, record: Record = _nothing
    ) -> AsyncIterator[bytes]:
        """Yield what comes after alert `last_id`, as server-sent events; None: after the latest. `session`:
        the key of the one with which it ends; `record`: writes down what is shown next, before it is."""
        if last_id is None:
            async with self._pool.acquire() as connection:
                last_id = await alerts.last_id(connection)
        yield ServerSentEvent(comment="listening", retry=2000).encode()
        while not self._closing and session not in self._ended:
            woken = self._woken
            shown = await self._after(last_id)
            if shown.alerts:
                await record(shown.alerts)
                last_id = shown.alerts[-1].id
                yield shown.events
                continue
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await woken.wait()
            except TimeoutError:
                if woken is self._woken:  # the first whose time is up looks again, for all
                    self._wake()
