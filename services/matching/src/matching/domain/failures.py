"""Who of a population fails which of an assignment's hard rules."""

from collections.abc import Callable, Sequence
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

    `used`: who there is; `failing`: who fails each rule; `let`: of each rule that is eased, who fails it as
    it is and passes it as it is eased; `many`: who fails one rule at least, two, and three.
    """

    profiles: Profiles
    used: Array
    failing: dict[Rule, Array]
    let: list[Array]
    many: tuple[Array, Array, Array]

    def exactly(self, *rules: Rule) -> Array:
        """Return the set of those who fail these rules and no other. `rules`: two at most."""
        return reduce(and_, (self.failing[rule] for rule in rules), self.used) & ~self.many[len(rules)]


def failures(
    profiles: Profiles, assignment: Assignments, eased: Sequence[tuple[Rule, Assignments]] = ()
) -> Failures:
    """Return who fails what, of all profiles in use.

    `eased`: rules, each with an assignment that eases it.
    """
    asked = [*((rule, assignment) for rule in RULES), *eased]
    # In one pass: a rule's columns are still in the cache where it is asked once more.
    asked_by_rule = sorted(range(len(asked)), key=lambda place: asked[place][0].value)
    used, *found = rowsets.where(profiles, _used, *(_holding(*asked[place]) for place in asked_by_rule))
    passing = dict(zip(asked_by_rule, found, strict=True))
    failing = {rule: used & ~passing[place] for place, rule in enumerate(RULES)}
    let = [failing[rule] & passing[place] for place, (rule, _) in enumerate(eased, len(RULES))]
    once = np.zeros_like(used)
    twice, thrice = once, once
    for those in failing.values():
        thrice = thrice | twice & those
        twice = twice | once & those
        once = once | those
    return Failures(profiles, used, failing, let, (once, twice, thrice))


def _used(part: Profiles) -> Array:
    return part.used


def _holding(rule: Rule, assignment: Assignments) -> Callable[[Profiles], Array]:
    return lambda part: RULES[rule](part, assignment)
