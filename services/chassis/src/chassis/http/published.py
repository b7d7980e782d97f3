"""What another's server publishes, such as an issuer's keys: read beside the requests that need it.

Such an answer may be late, endless, huge, of any form, or wrong for a while; anybody may send requests that
make us ask. So one fetch at a time is bounded in time and size, another comes after a pause, whoever has what
they need waits for none, and what was last read well stays in force, though not for ever.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import httpx
import structlog

from chassis.telemetry import where

log = structlog.get_logger()

T = TypeVar("T")

DEADLINE_SECONDS = 5
MOST_BYTES = 256 * 1024
SEEK_AGAIN_SECONDS = (
    1  # after something new was sought, whoever seeks: an issuer signs with a new key at once
)
FIRST_PAUSE_SECONDS = 1  # after a fetch that failed; doubled with each that follows
LONGEST_PAUSE_SECONDS = 30
ASK_ANEW_SECONDS = 600  # then there may be news: a key that was withdrawn is trusted this much longer
# Without news for so long nothing is known any more. An issuer's bad day does not become ours, and whoever
# stole a key and keeps us from hearing that it was withdrawn, has a day.
LONGEST_SECONDS = 24 * 3600


class Unpublished(Exception):
    """It cannot be read, and what was read before, if anything, is too old."""


class Published(Generic[T]):
    """What lies at a URL (`http`, `https` or `file`), as `read` makes it of the bytes.

    `read` raises an exception of any kind for what it cannot use. `clock`: seconds that only go on.
    """

    def __init__(
        self, url: str, read: Callable[[bytes], T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._read = read
        self._clock = clock
        self._known: T | None = None
        self._known_at = float("-inf")
        self._again_at = float("-inf")
        self._failures = 0
        self._fetching: asyncio.Task[None] | None = None

    @property
    def failing(self) -> bool:
        """Tell whether the last fetch failed."""
        return self._failures > 0

    async def current(self) -> T:
        """Return what is known: without waiting, unless that is nothing, or too old. Raises Unpublished."""
        if self._age() > ASK_ANEW_SECONDS:
            self._begin(pause=0)
        if self._age() > LONGEST_SECONDS:
            await self._fetched()
        return self._valid()

    async def latest(self) -> T:
        """Return what is known once it was sought anew, where that may be done now. Raises Unpublished."""
        self._begin(pause=SEEK_AGAIN_SECONDS)
        await self._fetched()
        return self._valid()

    def _age(self) -> float:
        return self._clock() - self._known_at

    def _valid(self) -> T:
        if self._known is None or self._age() > LONGEST_SECONDS:
            raise Unpublished
        return self._known

    def _begin(self, *, pause: float) -> None:
        if self._fetching is None and self._clock() >= self._again_at:
            self._fetching = asyncio.create_task(self._fetch(pause))

    async def _fetched(self) -> None:
        if self._fetching is not None:
            await asyncio.shield(self._fetching)  # a caller that hangs up ends it for nobody else

    async def _fetch(self, pause: float) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                body = await _bytes_at(self._url)
            self._known, self._known_at, self._failures = self._read(body), self._clock(), 0
        except Exception as error:
            pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
            self._failures += 1
            log.warning(
                "what another server publishes cannot be read",
                host=urlsplit(self._url).hostname,
                failures=self._failures,
                **where(error),
            )
        finally:
            self._again_at = self._clock() + pause
            self._fetching = None


async def _bytes_at(url: str) -> bytes:
    """Read what lies at a URL; raises ValueError for what is too long."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return await asyncio.to_thread(_file, Path(parts.path))
    body = bytearray()
    async with (
        httpx.AsyncClient(timeout=DEADLINE_SECONDS, headers={"Accept-Encoding": "identity"}) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        async for chunk in answer.aiter_raw():
            body += chunk
            _check_length(body)
    return bytes(body)


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(MOST_BYTES + 1)
    _check_length(body)
    return body


def _check_length(body: bytes | bytearray) -> None:
    if len(body) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes")
