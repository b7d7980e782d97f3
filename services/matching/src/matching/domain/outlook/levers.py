"""Levers: what each single change of a professional's facts brings, and the best two together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

import numpy as np
from contracts.facts import ProfileFacts
from contracts.vocabulary import Rule

from matching.domain import criteria
from matching.domain.candidates import least_total
from matching.domain.failures import BIT
from matching.domain.judging import is_full, judge
from matching.domain.outlook import numbers
from matching.domain.outlook.changes import CRITERIA_OF, Change, changes
from matching.domain.rules import RULES
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles

LESS = Rule.RATE  # the rule of the one change that asks less


@dataclass(frozen=True)
class Lever:
    """One change or two, as a merge patch over the facts, and what it does to the assignments that fit.

    `adds`, `loses`: of how many open ones one becomes a candidate, and no longer is one; `adds_year`: of how
    many of the year one would become a candidate.
    """

    change: dict[str, Any]
    adds: int
    loses: int
    adds_year: int


@dataclass(frozen=True)
class Levers:
    """The changes that add something, the best first, and the best pair of two, if one adds something."""

    items: list[Lever]
    pair: Lever | None


def levers(facts: ProfileFacts, opened: Assignments, year: Assignments) -> Levers:
    """Return what changes of the facts bring. `opened`: open, and not ended for this professional.

    To ask less is tried, alone and in pairs, only where no other change brings anything. Of changes and pairs
    that bring as many the first in the order of `changes` comes first.
    """
    tried = changes(facts)
    now = _Effects(facts, tried, opened)
    adds = now.adds()
    if any(count for change, count in zip(tried, adds, strict=True) if change.rule is not LESS):
        tried = [change for change in tried if change.rule is not LESS]
    over_a_year = _Effects(facts, tried, year, numbers.HELD_OVER_A_YEAR)

    def lever(*chosen: int) -> Lever:
        return Lever(
            change=reduce(or_, (tried[one].patch for one in chosen)),
            adds=now.count(chosen, gained=True),
            loses=now.count(chosen, gained=False),
            adds_year=over_a_year.count(chosen, gained=True),
        )

    best_first = sorted(range(len(tried)), key=lambda one: -adds[one])
    pair = now.best_pair(len(tried))
    return Levers(
        items=[lever(one) for one in best_first if adds[one]],
        pair=None if pair is None else lever(*pair),
    )


def best(found: Levers) -> list[Lever]:
    """Return the one or two that bring most, a pair among them: the best first, of equals the single one."""
    all_of_them = [*found.items, *([found.pair] if found.pair else [])]
    return sorted(all_of_them, key=lambda one: -one.adds)[:2]


class _Effects:
    """What each of some changes does to each assignment that one or two of them may bring, or take away.

    `failed`: the BITs of the rules that fail now; `eased`: per change, the BIT of its rule where that fails
    now and would hold; `more`: per change, the points that it adds to `total`.
    """

    def __init__(
        self,
        facts: ProfileFacts,
        tried: Sequence[Change],
        assignments: Assignments,
        held: Collection[Rule] = (),
    ) -> None:
        self._fields = [change.field for change in tried]
        self._bits = [BIT[change.rule] for change in tried]
        judgement = judge(Profiles.single(facts), assignments, held)
        beyond = ~reduce(or_, self._bits, np.uint16(0))
        within_two = ((judgement.failed & beyond) == 0) & (np.bitwise_count(judgement.failed) <= 2)
        places = np.flatnonzero(within_two)
        some = assignments.select(places)
        self.failed, self.total = judgement.failed[places], judgement.total[places]
        self.now = judgement.candidate[places]
        self.eased = np.zeros((len(tried), len(places)), np.uint16)
        self.more = np.zeros((len(tried), len(places)))
        for number, change in enumerate(tried):
            changed = Profiles.single(facts.model_copy(update={change.field: change.value}))
            if change.rule not in held:
                holds = RULES[change.rule](changed, some)
                self.eased[number] = np.where(holds, self.failed & BIT[change.rule], np.uint16(0))
            for criterion in CRITERIA_OF[change.field]:
                if not is_full(criterion, held):
                    before = judgement.points[criteria.PLACE[criterion]][places]
                    self.more[number] += criteria.points_of(criterion, changed, some) - before

    def adds(self) -> list[int]:
        """Return how many assignments each change brings."""
        return (self._reached(self.eased, self.more) & ~self.now).sum(axis=-1).tolist()

    def count(self, chosen: Sequence[int], *, gained: bool) -> int:
        """Return how many assignments some changes together bring, or else take away."""
        eased = np.bitwise_or.reduce(self.eased[list(chosen)])
        then = self._reached(eased, self.more[list(chosen)].sum(axis=0))
        return int(np.count_nonzero(then & ~self.now if gained else self.now & ~then))

    def best_pair(self, count: int) -> tuple[int, int] | None:
        """Return the pair that brings most, of the first `count` changes; None where none brings anything."""
        brings = np.zeros((count, count), np.int64)
        groups = [list(group) for _, group in groupby(range(count), lambda one: self._fields[one])]
        for place, some in enumerate(groups):
            for others in groups[place + 1 :]:
                brings[some[0] : some[-1] + 1, others[0] : others[-1] + 1] = self._together(some, others)
        best = int(brings.argmax()) if count else 0
        return divmod(best, count) if count and brings.flat[best] else None

    def _together(self, some: list[int], others: list[int]) -> Array:
        """Return how many assignments each change of one fact brings with each change of another."""
        beyond = ~(self._bits[some[0]] | self._bits[others[0]])
        left, right = slice(some[0], some[-1] + 1), slice(others[0], others[-1] + 1)
        most = self.total + self.more[left].max(axis=0) + self.more[right].max(axis=0)
        at = np.flatnonzero(~self.now & ((self.failed & beyond) == 0) & (most >= least_total()))
        eased = self.eased[left, None, at] | self.eased[None, right, at]
        more = self.more[left, None, at] + self.more[None, right, at]
        return self._reached(eased, more, at).sum(axis=-1)

    def _reached(self, eased: Array, more: Array, at: Array | slice = slice(None)) -> Array:
        """Tell of which assignments `at` some places one would be a candidate."""
        return (eased == self.failed[at]) & (self.total[at] + more >= least_total())
