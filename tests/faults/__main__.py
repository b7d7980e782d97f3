"""The fault suite, by `make`:

    python -m faults short                  some points and a short storm, as CI has it
    python -m faults long [SECONDS]         every point, alone and in pairs; every play; then a storm
    python -m faults plays [WORD …]         plays that lead into one kind of trouble
    python -m faults mutations [WORD …]     whether the checker sees mistakes, or some by name
    python -m faults soak [SECONDS]         an even load without faults: what grows

Settings: FAULTS_SEED (otherwise by chance, and printed), FAULTS_REPLICAS of each service in the storm (2),
and FAULTS_LOGS, a folder for the logs, and for all that lay where when something was wrong.
"""

import asyncio
import logging
import os
import random
import secrets
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from faults import directed, mutating, runs
from faults import soak as soaking
from faults.mutations import MUTATIONS
from faults.report import show
from faults.scenarios import PLAYS

SHORT_POINTS = 4
SHORT_SECONDS = 30
LONG_SECONDS = 300
SOAK_SECONDS = 3600

SEED = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000))
REPLICAS = int(os.environ.get("FAULTS_REPLICAS") or 2)
LOGS = Path(os.environ["FAULTS_LOGS"]) if os.environ.get("FAULTS_LOGS") else None


def _source(part: str) -> runs.Source:
    if LOGS is None:
        return runs.INSTALLED
    folder = LOGS / part
    folder.mkdir(parents=True, exist_ok=True)
    return runs.Source(logs=folder)


def _told(outcome: runs.Outcome, title: str) -> bool:
    """Print a report; tell whether all was well."""
    print(show(outcome, title), flush=True)
    return not outcome.findings.violations


async def short(_arguments: list[str]) -> bool:
    """Go through some points, which the seed chooses, and a short storm."""
    steps = random.Random(SEED).sample([*directed.ALONE, *directed.IN_PAIRS], SHORT_POINTS)
    well = _told(await runs.directed(steps, SEED, source=_source("directed")), "crashes at named points")
    return _told(await runs.storm(SHORT_SECONDS, SEED, REPLICAS, source=_source("storm")), "a storm") and well


async def long(arguments: list[str]) -> bool:
    """Go through every point, alone and in pairs, and every play; then a storm of so many seconds."""
    seconds = float(arguments[0]) if arguments else LONG_SECONDS
    well = True
    for title, steps in (("alone", directed.ALONE), ("in pairs", directed.IN_PAIRS)):
        outcome = await runs.directed(steps, SEED, source=_source(title))
        well &= _told(outcome, f"crashes at named points, {title}")
    well &= await plays([])
    return _told(await runs.storm(seconds, SEED, REPLICAS, source=_source("storm")), "a storm") and well


async def plays(arguments: list[str]) -> bool:
    """Play one after another, those whose names have a word."""
    well = True
    for scene, replicas in PLAYS:
        if not arguments or any(word in scene.__name__ for word in arguments):
            outcome = await runs.play(scene, SEED, replicas, source=_source(scene.__name__))
            well &= _told(outcome, scene.__name__.replace("_", " "))
    return well


async def mutations(arguments: list[str]) -> bool:
    """Make mistake after mistake; each must be seen."""
    chosen = [one for one in MUTATIONS if not arguments or any(word in one.name for word in arguments)]
    results = []
    for number, mutation in enumerate(chosen):
        results.append(await mutating.run(mutation, SEED, _source(f"mutation-{number}").logs))
        print(results[-1].line(), flush=True)
    caught = sum(result.is_caught for result in results)
    print(f"{caught} of {len(results)} mutations caught")
    return caught == len(results)


async def soak(arguments: list[str]) -> bool:
    """Load the platform evenly for so many seconds, and tell what grows."""
    text, findings = await soaking.soak(float(arguments[0]) if arguments else SOAK_SECONDS, SEED, 1)
    print(text)
    for count in sorted(findings.counts.items()):
        print("{}: {}".format(*count))
    for one in findings.violations:
        print(f"WRONG: {one.kind}: {one.what}")
    return not findings.violations


COMMANDS: dict[str, Callable[[list[str]], Coroutine[Any, Any, bool]]] = {
    "short": short,
    "long": long,
    "plays": plays,
    "mutations": mutations,
    "soak": soak,
}


def main() -> None:
    """Run what is asked for; end with 1 where the checker found something, or a mistake was not found."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts while the broker is away
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    print(f"FAULTS_SEED={SEED}", flush=True)
    sys.exit(0 if asyncio.run(COMMANDS[sys.argv[1]](sys.argv[2:])) else 1)


if __name__ == "__main__":
    main()
