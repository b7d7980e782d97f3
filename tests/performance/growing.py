"""How large one replica of matching can be: GROWING_TO profiles in its columns, or what the machine bears.

One population grows from size to size, as a replica's does; it is never on a disk. At each size the memory of
the process is measured, and the processor's time for the example's opdrachten, which others on the machine
hardly change. A size for which there is no memory is drawn: on the straight line through those that were
measured, and called `…_drawn`.
"""

import ctypes
import gc
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from contracts.facts import AssignmentFacts
from matching.domain.reach import reach
from matching.domain.seats import may_seat, seats
from matching.engine.assignments import (
    Assignments,
    OpenAssignments,
    assignment_records,
    encode_assignment,
)
from matching.engine.profiles import Population
from performance.people import SEED, opdrachten, people
from performance.rows import Row, alone
from uuid_utils.compat import uuid7

GROWING_TO = 20_000_000
MILLION = 1_000_000
SIZES = (10_000, 100_000, *(size * MILLION for size in (1, 2, 5, 10, 20, 50, 100)))
DRAWN_AT_ONCE = 250_000
# What a profile takes while the columns are there twice, and what is left to others on this machine.
BYTES_WHILE_GROWING = 420
KEPT_FREE = 2**30
OPEN = {"10k": 10_000, "100k": 100_000}  # opdrachten that are open at once
CHANGED = 100


@dataclass(frozen=True)
class Measured:
    """A replica at a size: `held` and `peak` bytes, the processor's ms for an opdracht and a `reach`."""

    profiles: int
    held: float
    peak: float
    assignment: float
    assignment_slowest: float
    reach: float


def run(_folder: Path) -> list[Row]:
    """Measure, in a fresh process: its memory is the replica's and nobody else's."""
    wanted = int(os.environ.get("GROWING_TO", str(GROWING_TO)))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        measured = fresh.submit(_grow, wanted).result()
        rows = [row for one in measured for row in _rows(one)]
        rows += drawn(measured, wanted)
        return rows + fresh.submit(_one_profile).result()


def sizes(wanted: int) -> list[int]:
    """Return the numbers of profiles to stop at, up to the wanted one, which is the last."""
    return [*(size for size in SIZES if size < wanted), wanted]


def _grow(wanted: int) -> list[Measured]:
    """Grow a population, and measure it at each size for which there is memory."""
    population, before = Population(), _held()
    crowds = _crowds()
    measured: list[Measured] = []
    for size in sizes(wanted):
        needed = size * BYTES_WHILE_GROWING - (_held() - before)
        if psutil.virtual_memory().available < needed + KEPT_FREE:
            break
        while len(population) < size:
            next(crowds)(size - len(population), population)
        measured.append(_measure(population, before))
    if not measured:
        raise MemoryError(f"there is no memory for {sizes(wanted)[0]:,} profiles")
    return measured


def _crowds() -> Iterator[Callable[[int, Population], None]]:
    """Yield one crowd after the other, each other people than the one before."""
    seed = SEED
    while True:
        yield partial(_enter, seed)
        seed += 1


def _enter(seed: int, most: int, population: Population) -> None:
    people(min(most, DRAWN_AT_ONCE), seed).enter(population)


def _measure(population: Population, before: int) -> Measured:
    questions = opdrachten()
    times = [_seconds(partial(_ask, population, facts), 3) * 1000 for facts in questions]
    reached = [_seconds(partial(reach, population, facts), 1) * 1000 for facts in questions[::5]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    return Measured(
        len(population),
        _held() - before,
        peak,
        statistics.median(times),
        max(times),
        statistics.median(reached),
    )


def _ask(population: Population, facts: AssignmentFacts) -> None:
    seats(population, Assignments.single(facts))


def _held() -> int:
    """Return the bytes of this process, once what is free in its heap is given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


def name_of(profiles: int) -> str:
    """Name a size as rows do: `20m`, `100k`."""
    return f"{profiles // MILLION}m" if profiles % MILLION == 0 else f"{profiles // 1000}k"


def _rows(one: Measured) -> list[Row]:
    name = f"growing_{name_of(one.profiles)}"
    return [
        alone(f"{name}_memory", one.held / 2**20, "MiB"),
        alone(f"{name}_memory_peak", one.peak / 2**20, "MiB"),
        alone(f"{name}_assignment_p50", one.assignment, "ms"),
        alone(f"{name}_assignment_slowest", one.assignment_slowest, "ms"),
        alone(f"{name}_reach_p50", one.reach, "ms"),
    ]


def drawn(measured: Sequence[Measured], wanted: int) -> list[Row]:
    """Return the slopes, and the wanted size on the lines where it was not measured."""
    slopes: dict[str, tuple[Callable[[Measured], float], str]] = {
        "memory": (lambda one: one.held / 2**20, "MiB"),
        "memory_peak": (lambda one: one.peak / 2**20, "MiB"),
        "assignment_p50": (lambda one: one.assignment, "ms"),
        "assignment_slowest": (lambda one: one.assignment_slowest, "ms"),
        "reach_p50": (lambda one: one.reach, "ms"),
    }
    rows = [alone("growing_measured_to", measured[-1].profiles, "profiles")]
    for name, (of, unit) in slopes.items():
        each, first = line([(one.profiles / MILLION, of(one)) for one in measured])
        rows.append(alone(f"growing_{name}_each_million", each, unit))
        if measured[-1].profiles < wanted:
            height = first + each * wanted / MILLION
            rows.append(alone(f"growing_{name_of(wanted)}_{name}_drawn", height, unit))
    return rows


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and height at zero of the straight line through points, by least squares; of a single
    point, the line through it and the origin."""
    if len(points) == 1:
        ((x, y),) = points
        return y / x, 0.0
    slope, height = np.polyfit([x for x, _ in points], [y for _, y in points], 1)
    return float(slope), float(height)


def _one_profile() -> list[Row]:
    """Measure one changed profile against all opdrachten that are open."""
    facts = opdrachten()
    encoded = [encode_assignment(one) for one in facts]
    population = people(CHANGED).population()
    rows = []
    for name, count in OPEN.items():
        opened = OpenAssignments()
        records = assignment_records([encoded[place % len(encoded)] for place in range(count)])
        opened.upsert([uuid7() for _ in range(count)], np.ones(count, np.int32), records)
        times = [
            _seconds(partial(may_seat, population.profiles.part(row, row + 1), opened.assignments), 1)
            for row in range(CHANGED)
        ]
        rows.append(alone(f"growing_profile_{name}_assignments", statistics.median(times) * 1000, "ms"))
    return rows


def _seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the processor's seconds of the fastest of some repeats."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)
