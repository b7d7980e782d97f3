"""What the level above asks, how much of it is held, and what would unlock most."""

from dataclasses import dataclass

import numpy as np
from contracts.facts import ProfileFacts
from contracts.vocabulary import Level

from matching.domain.judging import judge
from matching.domain.outlook import numbers
from matching.domain.outlook.market import asking, at_level
from matching.engine.assignments import Assignments
from matching.engine.bitsets import CERTIFICATES, SPECIALISMS
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Unlock:
    """A specialism or a certificate that alone keeps `n` assignments away."""

    kind: str
    value: str
    n: int


@dataclass(frozen=True)
class NextStep:
    """The level above: `n` assignments of the year, of which `q` require nothing that is not held.

    `q` is None, and nothing unlocks, where n is too small to say it. `growth_open`: open ones that take
    somebody from the level below; `growth_candidates`: of how many of them one would be a candidate with
    `step_up`.
    """

    level: Level
    n: int
    q: int | None
    unlocks: list[Unlock]
    growth_open: int
    growth_candidates: int


def level_above(level: Level) -> Level | None:
    """Return the next level; None above the highest."""
    levels = list(Level)
    place = levels.index(level) + 1
    return levels[place] if place < len(levels) else None


def next_step(
    facts: ProfileFacts, level: Level, asked: Assignments, opened: Assignments, possible: Assignments
) -> NextStep:
    """Return what a level asks: `asked` of the year there, `opened` of all, of which `possible` not ended."""
    profile = Profiles.single(facts)
    specialisms = asked.required & ~profile.specialisms
    certificates = asked.certificates & ~profile.certificates
    missing = np.bitwise_count(specialisms) + np.bitwise_count(certificates)
    enough = len(asked) >= numbers.LEAST_BEHIND
    alone = missing == 1
    unlocks = [
        *(Unlock("specialism", *found) for found in asking(specialisms[alone], SPECIALISMS)),
        *(Unlock("certificate", *found) for found in asking(certificates[alone], CERTIFICATES)),
    ]
    unlocks.sort(key=lambda unlock: -unlock.n)  # of equals: as listed
    growth = _for_growth(possible, level)
    upward = facts.model_copy(update={"ambition": facts.ambition.model_copy(update={"step_up": True})})
    return NextStep(
        level=level,
        n=len(asked),
        q=int(np.count_nonzero(missing == 0)) if enough else None,
        unlocks=unlocks[: numbers.UNLOCKS] if enough else [],
        growth_open=len(_for_growth(opened, level)),
        growth_candidates=int(np.count_nonzero(judge(Profiles.single(upward), growth).candidate)),
    )


def _for_growth(assignments: Assignments, level: Level) -> Assignments:
    there = at_level(assignments, level)
    return there.select(there.open_to_growth)
