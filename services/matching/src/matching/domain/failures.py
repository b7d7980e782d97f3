"""Who of a population fails which of an assignment's hard rules."""

from dataclasses import dataclass

import numpy as np
from contracts.vocabulary import Rule

from matching.domain.rules import RULES
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles

BATCH_SIZE = 1 << 15  # rows at a time: what one rule leaves behind is still in the processor's cache
BIT = {rule: np.uint16(1 << place) for place, rule in enumerate(RULES)}


@dataclass(frozen=True)
class Failures:
    """`count`: how many fail each rule. `few`: the profiles that fail two rules at most.

    `failed`: which rules these fail, as a sum of BITs, an element per profile of `few`.
    """

    count: dict[Rule, int]
    few: Profiles
    failed: Array

    def only(self, rule: Rule) -> int:
        """Return how many fail this rule and no other."""
        return int(np.count_nonzero(self.failed == BIT[rule]))


def failures(profiles: Profiles, assignment: Assignments) -> Failures:
    """Return who fails what, of all profiles in use."""
    parts = [
        _failures(profiles.part(start, start + BATCH_SIZE), assignment)
        for start in range(0, len(profiles), BATCH_SIZE)
    ]
    return Failures(
        count={rule: sum(count[rule] for count, _, _ in parts) for rule in RULES},
        few=profiles.select(np.concatenate([NOBODY, *(rows for _, rows, _ in parts)])),
        failed=np.concatenate([np.zeros(0, np.uint16), *(failed for _, _, failed in parts)]),
    )


def _failures(profiles: Profiles, assignment: Assignments) -> tuple[dict[Rule, int], Array, Array]:
    used = profiles.used
    fails = {rule: used > holds(profiles, assignment) for rule, holds in RULES.items()}  # used, and not held
    once, twice, more = ~used, ~used, ~used
    for failing in fails.values():
        more |= twice & failing
        twice |= once & failing
        once |= failing
    few = np.flatnonzero(~more)
    failed = np.zeros(len(few), np.uint16)
    for rule, failing in fails.items():
        failed |= failing[few] * BIT[rule]
    count = {rule: int(np.count_nonzero(failing)) for rule, failing in fails.items()}
    return count, profiles.row[few], failed
