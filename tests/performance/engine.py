"""The engine alone: one assignment, one profile, one draft, against populations up to five million.

The peers are asked for the first 25 only; the engine finds the seats of growth as well. `read` is one bare
pass over every column that the rules look at.
"""

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
from performance.people import People, opdrachten, people
from performance.rows import RUNS, Row, alone, better, medians
from uuid_utils.compat import uuid7

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}
READ_BY_CRITERIA_ONLY = {
    *("dossiers", "ambition", "max_km"),
    *("latest_type", "depth", "entries", "crafts_count", "crafts_start"),
}
CHANGED = 200
PROMISED = "1m"  # the size of which something is promised: the median of some runs
REPEATS = 3  # of a question, whose fastest counts
FEWER_REPEATS = {"1m": 2, "5m": 1}  # for peers: at a million five turns follow one another
EVERY = {"5m": 3}  # of thirty opdrachten the third alone: PostgreSQL takes seconds for one


def run(folder: Path) -> list[Row]:
    """Measure; the peers work in a folder."""
    rows: list[Row] = []
    for name, count in SIZES.items():
        crowd = people(count)
        population = crowd.population()
        rows += _beside_peers(folder, name, crowd, population)
        if name == PROMISED:
            rows += medians([_reach(population) for _ in range(RUNS)])
            rows.append(alone("match_profile_10k_assignments", _one_profile(population) * 1000, "ms"))
    return rows


def _beside_peers(folder: Path, size: str, crowd: People, population: Population) -> list[Row]:
    """Measure matching beside each peer, in turns."""
    questions, name = opdrachten()[:: EVERY.get(size, 1)], f"match_assignment_{size}"
    runs, repeats = RUNS if size == PROMISED else 1, FEWER_REPEATS.get(size, REPEATS)
    answers = [seats(population, Assignments.single(facts)).best(25).ids() for facts in questions]

    def beside(peer: str, theirs: Callable[[], float]) -> Row:
        pairs = [(statistics.mean(_ours(population, questions)), theirs()) for _ in range(runs)]
        return medians([[better(name, ours * 1000, "ms", peer, one * 1000)] for ours, one in pairs])[0]

    def asking(peer: peers.Peer) -> float:
        seconds, their_answers = peers.ask(peer, questions, repeats)
        assert their_answers == answers, "the peer was asked another question"
        return seconds

    with peers.postgresql(folder, crowd) as one:
        rows = [beside("postgresql", partial(asking, one))]
    with peers.in_duckdb(crowd) as one:
        rows.append(beside("duckdb", partial(asking, one)))
    return [*rows, beside("read", lambda: _seconds(partial(_read, population)))]


def _ours(population: Population, questions: list[AssignmentFacts]) -> list[float]:
    """Return the seconds of each question."""
    asked = [Assignments.single(facts) for facts in questions]
    return [_seconds(partial(seats, population, one)) for one in asked]


def _reach(population: Population) -> list[Row]:
    """Measure what a draft would reach beside one match of the same opdracht."""
    questions = opdrachten()
    matches = [seconds * 1000 for seconds in _ours(population, questions)]
    times = [_seconds(partial(reach, population, facts), 1) * 1000 for facts in questions]
    return [
        better("reach_1m", statistics.median(times), "ms", "match", statistics.median(matches)),
        alone("reach_1m_slowest", max(times), "ms"),
    ]


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


def _seconds(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the seconds of the fastest of some repeats."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
