"""Who of a population fails which of an assignment's hard rules."""

from collections.abc import Callable, Iterable
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
    (used,) = rowsets.where(profiles, lambda part: part.used)
    passing = who_pass(profiles, [(rule, assignment) for rule in RULES])
    failing = {rule: used & ~those for rule, those in zip(RULES, passing, strict=True)}
    once = np.zeros_like(used)
    twice, thrice = once, once
    for those in failing.values():
        thrice = thrice | twice & those
        twice = twice | once & those
        once = once | those
    return Failures(profiles, used, failing, (once, twice, thrice))


def who_pass(profiles: Profiles, rules: Iterable[tuple[Rule, Assignments]]) -> list[Array]:
    """Return the sets of all rows, in use or not, that pass rules, each for an assignment."""
    return rowsets.where(profiles, *(_holding(rule, assignment) for rule, assignment in rules))


def _holding(rule: Rule, assignment: Assignments) -> Callable[[Profiles], Array]:
    return lambda part: RULES[rule](part, assignment)
