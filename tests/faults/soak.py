"""A long, even load without faults: what grows, in figures."""

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from stack.layout import SERVICES
from support.ports import FAULTS
from support.stacks import a_folder_for_all

from faults import checker
from faults.deployment import Platform, running
from faults.findings import Findings
from faults.ledger import Ledger
from faults.stream_readers import reading
from faults.workload import Workload

RATE = 10.0  # operations a second: `make bench` opens twenty opdrachten a second
SAMPLES = 60
WARM = 1 / 6  # of the time: what grows until then is a cache that fills
MOST_GROWTH = 1.25  # of memory, connections and files after that
FEW = 16  # files or connections, which come and go
BOUNDED = frozenset({"kafka"})  # its heap fills up to what it is given (stack/kafka.py)


@dataclass(frozen=True)
class Sample:
    """What is used at a moment, by name: bytes, or a count."""

    at: float
    memory: dict[str, int]
    files: dict[str, int]
    connections: dict[str, int]
    tables: dict[str, int]


async def soak(seconds: float, seed: int, replicas: int) -> tuple[str, Findings]:
    """Run a platform under an even load; return a report, and what was found wrong at its end."""
    rng, ledger, samples = random.Random(seed), Ledger(), []
    with a_folder_for_all("soak-") as folder:
        async with (
            running(FAULTS, folder, dict.fromkeys(SERVICES, replicas)) as platform,
            reading(platform) as readers,
        ):
            workload, ended = Workload(platform, ledger, rng), asyncio.Event()
            await workload.populate()
            working = asyncio.create_task(workload.drive(RATE, ended))
            began = time.monotonic()
            while (now := time.monotonic() - began) < seconds:
                samples.append(await _sample(platform, now, folder))
                await asyncio.sleep(seconds / SAMPLES)
            samples.append(await _sample(platform, seconds, folder))
            ended.set()
            await working
            findings = await checker.check(platform, ledger, readers)
    _grows(samples, findings)
    findings.counts["operations"] = workload.done
    return _report(samples, seconds), findings


async def _sample(platform: Platform, at: float, folder: Path) -> Sample:
    memory, files = {}, {}
    for name, process in platform.processes.items():
        if process.pid is not None:
            found = psutil.Process(process.pid)
            family = [found, *found.children(recursive=True)]
            # what each has to itself: PostgreSQL's processes share one buffer, which each touches by and by
            memory[name] = sum(map(_own_memory, family))
            files[name] = found.num_fds()
    connections, tables = {}, {}
    for service in SERVICES:
        connection = await platform.database(service)
        try:
            connections[service] = await connection.fetchval(_CONNECTIONS)
            for row in await connection.fetch(_TABLES):
                tables[f"{service}.{row['name']}"] = row["size"]
        finally:
            await connection.close()
    tables["kafka's log"] = sum(file.stat().st_size for file in (folder / "kafka").rglob("*.log"))
    return Sample(at, memory, files, connections, tables)


def _own_memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:  # one of PostgreSQL's, which come and go
        return 0


_CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = """
SELECT relname AS name, pg_total_relation_size(c.oid) AS size FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public'
"""


def _warm(samples: list[Sample]) -> Sample:
    return next(one for one in samples if one.at >= samples[-1].at * WARM)


def _grows(samples: list[Sample], findings: Findings) -> None:
    """Memory, files and connections are flat once all is warm; tables hold what they were told."""
    first, last = _warm(samples), samples[-1]
    for what in ("memory", "files", "connections"):
        before, after = getattr(first, what), getattr(last, what)
        for name in (before.keys() & after.keys()) - BOUNDED:
            if after[name] > before[name] * MOST_GROWTH and after[name] - before[name] > FEW:
                findings.wrong("grows", f"{what} of {name}: {before[name]} to {after[name]}")


def _report(samples: list[Sample], seconds: float) -> str:
    first, warm, last = samples[0], _warm(samples), samples[-1]
    lines = [f"== soak: {seconds:.0f} s, {RATE:.0f} operations a second; at the start, warm, at the end"]
    for what, unit in (("memory", 1 << 20), ("files", 1), ("connections", 1), ("tables", 1 << 10)):
        name_of_unit = {1 << 20: "MiB", 1 << 10: "KiB", 1: "number"}[unit]
        lines.append(f"-- {what} ({name_of_unit})")
        for name, end in sorted(getattr(last, what).items()):
            values = [getattr(one, what).get(name, 0) // unit for one in (first, warm)]
            lines.append(f"{name:<40} {values[0]:>8} {values[1]:>8} {end // unit:>8}")
    return "\n".join(lines)
