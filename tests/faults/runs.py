"""Runs: a platform, what is done to it, and rests at which everything is checked."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stack.layout import SERVICES
from support.ports import FAULTS
from support.stacks import a_folder_for_all

from faults import checker, database_faults
from faults.deployment import running
from faults.directed import Step, go_through
from faults.findings import Findings
from faults.ledger import Ledger
from faults.random_faults import Storm
from faults.rest import REST_SECONDS
from faults.scenarios import Play, Stage
from faults.strangers import Stranger
from faults.stream_readers import Reader, reading
from faults.workload import Workload

MUTATED_REST_SECONDS = 60  # a mutation may well never come to rest
SLICE_SECONDS = 60  # of faults, between two rests


@dataclass
class Outcome:
    """How a run went. `rested`: how long it took each time until all was at rest and checked, in seconds."""

    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    findings: Findings = field(default_factory=Findings)
    rested: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Source:
    """What runs: the installed services, or a copy of the repository with a mutation in it; and where its
    logs go, if they are to be kept."""

    copy: Path | None = None
    logs: Path | None = None


INSTALLED = Source()


@dataclass(frozen=True)
class _Run:
    stage: Stage
    outcome: Outcome
    readers: list[Reader]
    source: Source

    async def check(self) -> None:
        """Wait for rest and look at everything; what was found before is found again."""
        began = time.monotonic()
        patience = REST_SECONDS if self.source.copy is None else MUTATED_REST_SECONDS
        self.outcome.findings = await checker.check(
            self.stage.platform, self.stage.ledger, self.readers, self.source.logs, patience
        )
        self.outcome.rested.append(time.monotonic() - began)


@asynccontextmanager
async def _running(seed: int, replicas: int, source: Source) -> AsyncIterator[_Run]:
    """Run a platform with so many replicas of each service, and people and opdrachten in it."""
    began, outcome = time.monotonic(), Outcome(seed)
    counts = dict.fromkeys(SERVICES, replicas)
    with a_folder_for_all("faults-") as folder:
        async with (
            running(FAULTS, folder, counts, sources=source.copy, logs=source.logs) as platform,
            reading(platform) as readers,
        ):
            workload = Workload(platform, outcome.ledger, random.Random(seed))
            await workload.populate()
            yield _Run(Stage(platform, workload, outcome.ledger), outcome, readers, source)
    outcome.seconds = time.monotonic() - began


async def storm(
    seconds: float,
    seed: int,
    replicas: int,
    *,
    rate: float = 8.0,
    every: float = 1.0,
    source: Source = INSTALLED,
) -> Outcome:
    """Run a platform in a storm of faults; stop at the first rest that is wrong.

    `rate`: operations a second; `every`: seconds between faults, on average.
    """
    async with _running(seed, replicas, source) as run:
        await database_faults.install(run.stage.platform)
        left = seconds
        while left > 0 and not run.outcome.findings.violations:
            await _slice(run.stage, min(left, SLICE_SECONDS), rate, every)
            left -= SLICE_SECONDS
            await run.check()
    return run.outcome


async def directed(steps: Sequence[Step], seed: int, *, source: Source = INSTALLED) -> Outcome:
    """Let services die at named points, one step after another, and check everything after the last.

    There is one replica of each: whatever happens, happens at the one that is to die.
    """
    async with _running(seed, 1, source) as run:
        unreached = Findings()
        await go_through(steps, run.stage.platform, run.stage.workload, run.stage.ledger, unreached)
        await run.check()
        run.outcome.findings.violations += unreached.violations
    return run.outcome


async def play(scene: Play, seed: int, replicas: int = 1, *, source: Source = INSTALLED) -> Outcome:
    """Run one short play, and check everything after it."""
    async with _running(seed, replicas, source) as run:
        await scene(run.stage)
        await run.check()
    return run.outcome


async def _slice(stage: Stage, seconds: float, rate: float, every: float) -> None:
    """Let work and faults go on for some seconds, and end the work that was begun after the faults."""
    workload, rng = stage.workload, stage.workload.rng
    ended, stranger = asyncio.Event(), Stranger(stage.platform, stage.ledger, rng)
    working = asyncio.create_task(workload.drive(rate, ended, stranger))
    # A stream of chance of its own, so that what the network does to the workload changes no fault.
    await Storm(stage.platform, stage.ledger, random.Random(rng.getrandbits(64)), every).blow(seconds)
    ended.set()
    await working
