"""The engine alone: one assignment, one profile, one draft, against populations up to five million.

The peers are asked for the first 25 only; the engine finds the seats of growth as well. `read` is one bare
pass over every column that the rules look at.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from contracts.facts import AssignmentFacts
from matching.domain.reach import reach
from matching.domain.seats import may_seat, seats
from matching.engine.assignments import (
    Assignments,
    OpenAssignments,
    assignment_records,
    encode_assignment,
)
from matching.engine.profiles import PROFILE, Population
from performance import peers
from performance.people import opdrachten, people
from performance.rows import Row, alone, better
from uuid_utils.compat import uuid7

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}
READ_BY_CRITERIA_ONLY = {
    *("dossiers", "ambition", "max_km"),
    *("latest_type", "depth", "entries", "crafts_count", "crafts_start"),
}
CHANGED = 200


def run(folder: Path) -> list[Row]:
    """Measure; the peers work in a folder."""
    rows: list[Row] = []
    questions = opdrachten()
    for name, count in SIZES.items():
        crowd = people(count)
        population = crowd.population()
        ours, answers = _ours(population, questions)
        read = _seconds(partial(_read, population))
        postgresql, their_answers = asyncio.run(peers.ask_postgresql(folder, crowd, questions))
        duckdb, duckdbs_answers = peers.ask_duckdb(crowd, questions)
        assert answers == their_answers == duckdbs_answers, "the peers were asked another question"
        for peer, seconds in (("postgresql", postgresql), ("duckdb", duckdb), ("read", read)):
            rows.append(better(f"match_assignment_{name}", ours * 1000, "ms", peer, seconds * 1000))
        if name == "1m":
            rows.append(alone("match_profile_10k_assignments", _one_profile(population) * 1000, "ms"))
            times = [_seconds(partial(reach, population, facts), 1) for facts in questions]
            rows.append(alone("reach_1m", statistics.median(times) * 1000, "ms"))
            rows.append(alone("reach_1m_slowest", max(times) * 1000, "ms"))
    return rows


def _ours(population: Population, questions: list[AssignmentFacts]) -> tuple[float, list[Any]]:
    """Return the mean seconds of a question, and the first 25 of each."""
    seconds, answers = [], []
    for facts in questions:
        asked = Assignments.single(facts)
        seconds.append(_seconds(partial(seats, population, asked)))
        answers.append(seats(population, asked).best(25).ids())
    return statistics.mean(seconds), answers


def _one_profile(population: Population) -> float:
    """Return the median seconds of one changed profile against ten thousand open assignments."""
    facts = opdrachten()
    opened = OpenAssignments()
    encoded = assignment_records([encode_assignment(facts[place % len(facts)]) for place in range(10_000)])
    opened.upsert([uuid7() for _ in range(10_000)], np.ones(10_000, np.int32), encoded)

    def change(row: int) -> None:
        may_seat(population.profiles.part(row, row + 1), opened.assignments)

    return statistics.median(_seconds(partial(change, row), 1) for row in range(CHANGED))


def _read(population: Population) -> None:
    profiles = population.profiles
    for name in PROFILE.names or ():
        if name not in READ_BY_CRITERIA_ONLY:
            getattr(profiles, name).max()


def _seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Return the seconds of the fastest of some repeats."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
