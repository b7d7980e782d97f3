"""Scores are the same in bulk and one by one, and on every processor; sines and provinces are right."""

import hashlib
import json
import os
import random
import subprocess
import sys
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from matching.domain import criteria, selection
from matching.domain.candidates import scores
from matching.engine import trigonometry
from matching.engine.assignments import Assignments
from matching.engine.profiles import Population, encode_profile, profile_records
from matching.places import read_places
from support import people as random_facts

PEOPLE = 2000
ASSIGNMENTS = 60
WIDE = "AVX2 FMA3 X86_V3 X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"


def population_of(people: list[dict[str, object]]) -> Population:
    population = Population()
    encoded = [encode_profile(ProfileFacts.model_validate_json(json.dumps(one))) for one in people]
    ids = [UUID(int=number + 1) for number in range(len(people))]
    population.upsert(ids, np.ones(len(people), np.int32), *profile_records(encoded))
    return population


def crowd(rng: random.Random) -> Population:
    return population_of([random_facts.profile_facts(rng) for _ in range(PEOPLE)])


def assignments(rng: random.Random) -> list[Assignments]:
    bodies = [random_facts.assignment_facts(rng) for _ in range(ASSIGNMENTS)]
    return [Assignments.single(AssignmentFacts.model_validate_json(json.dumps(body))) for body in bodies]


def fingerprint() -> str:
    """Return what every bit of every point and score of some 100,000 pairs comes to."""
    rng = random.Random(11)
    profiles, digest = crowd(rng).profiles, hashlib.sha256()
    for assignment in assignments(rng):
        for part in criteria.points(profiles, assignment):
            digest.update(np.ascontiguousarray(np.broadcast_to(part, PEOPLE)).tobytes())
        digest.update(scores(profiles, assignment).tobytes())
    return digest.hexdigest()


def test_points_are_the_same_bits_for_all_at_once_and_for_one() -> None:
    rng = random.Random(5)
    profiles = crowd(rng).profiles
    for assignment in assignments(rng)[:8]:
        together = [np.broadcast_to(part, PEOPLE) for part in criteria.points(profiles, assignment)]
        for row in rng.sample(range(PEOPLE), 40):
            alone = criteria.points(profiles.part(row, row + 1), assignment)
            assert [float(part[row]) for part in together] == [float(part[0]) for part in alone]


def test_points_are_the_same_bits_on_a_processor_without_wide_registers() -> None:
    # NumPy's stubs leave out what it was built for
    build = np._core._multiarray_umath  # type: ignore[attr-defined]
    off = [one for one in WIDE.split() if build.__cpu_features__.get(one) and one in build.__cpu_dispatch__]
    code = f"import sys; sys.path[:0] = {sys.path!r}; import {__name__} as t; print(t.fingerprint())"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(off)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == fingerprint()


def test_sines_are_right_to_the_last_unit() -> None:
    rng = random.Random(3)
    turn = np.longdouble("6.283185307179586476925286766559")
    for _ in range(20_000):
        degrees = rng.choice([rng.uniform(-180, 180), rng.uniform(3, 7), rng.uniform(50, 54)])
        sine, cosine = trigonometry.sine_and_cosine(degrees)
        assert abs(sine - np.sin(np.longdouble(degrees) / 360 * turn)) < 2e-16
        assert abs(cosine - np.cos(np.longdouble(degrees) / 360 * turn)) < 2e-16
    ratios = np.linspace(0, 1, 100_001)
    exact = np.arcsin(ratios.astype(np.longdouble))
    assert float(np.max(np.abs(trigonometry.arcsine(ratios) - exact))) < 3e-16


def test_provinces_and_rates() -> None:
    rng = random.Random(1)
    towns = [(53.22, 6.57), (50.85, 5.69), (52.09, 5.12)]
    people = [
        {
            **random_facts.profile_facts(rng),
            "place": {"name": "x", "latitude": latitude, "longitude": longitude},
            "status": "active",
            "level": "senior",
        }
        for latitude, longitude in towns
    ]
    population = population_of(people)
    proposed, grown = population.rows_of([UUID(int=1), UUID(int=2)]), np.array([], np.int64)
    found = selection.rates(population.profiles, read_places(), proposed, grown)
    rates = {(rate.group, rate.value): rate for rate in found}
    assert rates["province", "Groningen"].rate == 1
    assert rates["province", "Limburg"].of_highest == 1
    assert (rates["province", "Utrecht"].professionals, rates["province", "Utrecht"].proposed) == (1, 0)
    assert rates["level", "senior"].rate == pytest.approx(0.6667)
    assert rates["level", "junior"].professionals == 0
