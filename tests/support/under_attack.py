"""What an attack costs a real service: whether others are answered meanwhile, and its memory."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from support.stacks import Stack, process_of

BASE = Path(__file__).parents[2] / "deploy/kubernetes/base"
UNITS = {"Mi": 2**20, "Gi": 2**30}
LIMIT = re.compile(r"limits(?:/memory, value:|: { memory:) (\d+)(Mi|Gi)")
GENEROUS_SECONDS = 5.0  # this machine may have much else to do


def memory_limit(service: str) -> int:
    """Return how many bytes a service's pod may have, as its manifest says."""
    for file in (BASE / service / "kustomization.yaml", BASE / "service/deployment.yaml"):
        if found := LIMIT.search(file.read_text()):
            return int(found[1]) * UNITS[found[2]]
    raise AssertionError(f"{service} has no limit")


@dataclass
class Cost:
    """What was seen while an attack lasted: how long each answer of `/livez` took, and the most memory."""

    service: str
    waits: list[float] = field(default_factory=list)
    peak: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        ordered = sorted(self.waits)
        return (
            f"{self.service}: {self.seconds:.1f} s, {len(ordered)} times /livez,"
            f" median {ordered[len(ordered) // 2] * 1000:.0f} ms, longest {ordered[-1] * 1000:.0f} ms,"
            f" at most {self.peak / 2**20:.0f} MiB of {memory_limit(self.service) / 2**20:.0f}"
        )


@asynccontextmanager
async def watched(stack: Stack, service: str, what: str) -> AsyncIterator[Cost]:
    """Attack a service in the body; fails where it was not alive for others all the while, or outgrew its
    limit. Prints what it cost."""
    pid = process_of(stack.layout, service)
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here
    cost, over, began = Cost(service), asyncio.Event(), time.monotonic()

    async def look() -> None:
        async with httpx.AsyncClient(base_url=stack.layout.url(service), timeout=60) as http:
            while not over.is_set() or not cost.waits:
                asked = time.monotonic()
                assert (await http.get("/livez")).status_code == 200
                cost.waits.append(time.monotonic() - asked)
                await asyncio.sleep(0.01)

    looking = asyncio.create_task(look())
    try:
        yield cost
    finally:
        over.set()
        await looking
    cost.seconds = time.monotonic() - began
    status = Path(f"/proc/{pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    cost.peak = int(peak[1]) * 1024
    print(f"\n{what}: {cost}")
    assert process_of(stack.layout, service) == pid
    assert max(cost.waits) < GENEROUS_SECONDS
    assert cost.peak < memory_limit(service)
