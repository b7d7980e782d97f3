"""Populations for the benchmarks: as many people as asked for, drawn with a fixed seed.

Each is put together from parts of the example's professionals: level with rate and portfolio from one,
specialisms with dossiers and ambition from a second, and so on; rates and dates then move a little. A third
say of their portfolio which specialisms it was about, one or two an entry.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import OrganisationType, Specialism
from matching.engine.profiles import CRAFT, PROFILE, Population, encode_profile, profile_records

SEED = 2026
DATA = Path(__file__).parents[2] / "deploy/local/src/stack/data"
PARTS = (
    ("level", "rate_min", "entries", "latest_type", "certificates"),
    ("specialisms", "dossiers", "ambition", "step_up", "depth"),
    ("x", "y", "z", "max_km", "max_chord2"),
    ("active", "available_from", "available_until"),
    ("hours_min", "hours_max", "contract_forms", "excluded"),
)
PARTS_OF_FACTS = (
    ("level", "rate_min_cents", "portfolio", "certificates"),
    ("specialisms", "dossiers", "ambition"),
    ("place", "max_distance_km"),
    ("status", "available_from", "available_until"),
    ("hours_min", "hours_max", "contract_forms", "excluded_organisation_types"),
)
AT_ONCE = 20_000


@dataclass(frozen=True)
class People:
    """Ids, the facts as an array of PROFILE, and the CRAFTs of all, one person after the other."""

    ids: list[UUID]
    records: Any
    crafts: Any

    def population(self) -> Population:
        """Fill a population with them."""
        filled = Population()
        self.enter(filled)
        return filled

    def enter(self, population: Population) -> None:
        """Add them to a population."""
        ends = np.cumsum(self.records["crafts_count"], dtype=np.int64)
        for start in range(0, len(self.ids), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            ids = self.ids[some]
            some_crafts = slice(ends[start] - self.records["crafts_count"][start], ends[some][-1])
            records, crafts = self.records[some], self.crafts[some_crafts]
            population.upsert(ids, np.ones(len(ids), np.int32), records, crafts)


def professionals() -> list[ProfileFacts]:
    """Return the example's professionals."""
    lines = (DATA / "professionals.ndjson").read_text().splitlines()
    return [ProfileFacts.model_validate_json(json.dumps(json.loads(line)["facts"])) for line in lines]


def opdrachten() -> list[AssignmentFacts]:
    """Return the example's opdrachten."""
    lines = (DATA / "opdrachten.ndjson").read_text().splitlines()
    return [AssignmentFacts.model_validate_json(line) for line in lines]


def people(count: int, seed: int = SEED) -> People:
    """Draw people; another seed, others."""
    draw = np.random.default_rng(seed)
    examples, _ = profile_records([encode_profile(facts) for facts in professionals()])
    records = np.zeros(count, PROFILE)
    for part in PARTS:
        chosen = draw.integers(0, len(examples), count)
        for name in part:
            records[name] = examples[name][chosen]
    records["rate_min"] += draw.integers(-5, 6, count).astype(np.int32) * 100
    records["available_from"] += draw.integers(-20, 21, count).astype(np.int32)
    crafts = _crafts(draw, records)
    high = draw.integers(0, 2**63, count).tolist()
    return People([UUID(int=one << 64 | place) for place, one in enumerate(high)], records, crafts)


def _crafts(draw: np.random.Generator, records: Any) -> Any:
    """Draw of which portfolio entries the specialisms are known, and which; write the counts into records."""
    entries = records["entries"].astype(np.int64)
    known = draw.integers(0, 3, len(records)) == 0
    which = np.repeat(np.arange(entries.size), entries.reshape(-1))  # an element per entry: person and type
    which = which[known[which // len(OrganisationType)]]
    crafts = np.zeros(len(which), CRAFT)
    crafts["organisation_type"] = which % len(OrganisationType)
    for _ in range(2):
        crafts["specialisms"] |= np.left_shift(1, draw.integers(0, len(Specialism), len(which))).astype("<u4")
    records["crafts_count"] = np.bincount(which // len(OrganisationType), minlength=len(records))
    return crafts


def facts(count: int) -> Iterator[dict[str, Any]]:
    """Draw people as `ProfileUpdated` carries them."""
    draw = random.Random(SEED)
    examples = [
        json.loads(line)["facts"] for line in (DATA / "professionals.ndjson").read_text().splitlines()
    ]
    for _ in range(count):
        one: dict[str, Any] = {}
        for part in PARTS_OF_FACTS:
            example = draw.choice(examples)
            one |= {name: example[name] for name in part}
        one["rate_min_cents"] += draw.randint(-5, 5) * 100
        first = date.fromisoformat(one["available_from"]) + timedelta(draw.randint(-20, 20))
        until = one["available_until"]
        one["available_from"] = first.isoformat() if until is None else min(first.isoformat(), until)
        yield one
