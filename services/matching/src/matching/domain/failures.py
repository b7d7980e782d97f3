"""Who of a population fails which of an assignment's hard rules."""

from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np
from contracts.vocabulary import Rule

from matching.domain.rules import RULES
from matching.engine import rowsets
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles

BIT = {rule: np.uint16(1 << place) for place, rule in enumerate(RULES)}


@dataclass(frozen=True)
class Failures:
    """Who fails what, as sets of rows (`engine/rowsets.py`) of all `profiles`.

    `used`: who there is; `failing`: who fails each rule; `many`: who fails one rule at least, two, and three.
    """

    profiles: Profiles
    used: Array
    failing: dict[Rule, Array]
    many: tuple[Array, Array, Array]

    def exactly(self, *rules: Rule) -> Array:
        """Return the set of those who fail these rules and no other. `rules`: two at most."""
        those = reduce(and_, (self.failing[rule] for rule in rules), self.used)
        return those & ~self.many[len(rules)]


def failures(profiles: Profiles, assignment: Assignments) -> Failures:
    """Return who fails what, of all profiles in use."""
    used = rowsets.where(profiles, lambda part: part.used)
    failing = {rule: used & ~passing(rule, profiles, assignment) for rule in RULES}
    once = np.zeros_like(used)
    twice, thrice = once, once
    for those in failing.values():
        thrice = thrice | twice & those
        twice = twice | once & those
        once = once | those
    return Failures(profiles, used, failing, (once, twice, thrice))


def passing(rule: Rule, profiles: Profiles, assignment: Assignments) -> Array:
    """Return the set of all rows that a rule lets pass, in use or not."""
    return rowsets.where(profiles, lambda part: RULES[rule](part, assignment))
