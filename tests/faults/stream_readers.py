"""Readers of the recruiter's live stream, one at each replica: whoever loses the connection goes on from the
last id that they saw, as a browser does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from faults.deployment import Platform
from faults.findings import Findings
from faults.state import State

AGAIN_SECONDS = 0.3
SILENT_SECONDS = 20  # the stream pings more often
CATCH_UP_SECONDS = 15


@dataclass
class Reader:
    """Reads at one replica. `ids`: what it saw, in order."""

    replica: str
    ids: list[int] = field(default_factory=list)

    async def read(self, platform: Platform) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self._read_once(platform)
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read_once(self, platform: Platform) -> None:
        headers = {"Last-Event-ID": str(self.ids[-1] if self.ids else 0)}
        timeout = httpx.Timeout(10, read=SILENT_SECONDS)
        http = platform.http[self.replica]
        async with http.stream("GET", "/alerts", headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("id:"):
                    self.ids.append(int(line.removeprefix("id:")))


@asynccontextmanager
async def reading(platform: Platform) -> AsyncIterator[list[Reader]]:
    """Read at every replica until the end of the block."""
    readers = [Reader(replica.name) for replica in platform.replicas("desk")]
    tasks = [asyncio.create_task(reader.read(platform)) for reader in readers]
    try:
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def check(readers: list[Reader], found: State, findings: Findings) -> None:
    """Each reader saw every alert that there is, once, in rising order."""
    there = {row["id"] for row in found.alerts}
    last = max(there, default=0)
    for _ in range(CATCH_UP_SECONDS * 10):
        if all(reader.ids and reader.ids[-1] >= last for reader in readers):
            break
        await asyncio.sleep(0.1)
    for reader in readers:
        findings.counts["alerts read"] += len(reader.ids)
        if reader.ids != sorted(set(reader.ids)):
            findings.wrong("stream", f"{reader.replica}: ids do not rise, or come twice")
        if missed := there - set(reader.ids):
            findings.wrong("stream", f"{reader.replica}: {len(missed)} of {len(there)} alerts were not seen")
