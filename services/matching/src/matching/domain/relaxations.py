"""What easing an assignment's requirements brings: each relaxation alone, and the best pair of two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Any, TypeAlias

import numpy as np
from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ContractForm, Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.candidates import LEAST_TOTAL, ROUNDING
from matching.domain.failures import Failures, passing
from matching.engine import rowsets
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Change:
    """One relaxation: the one rule that it eases, if any, a field as it would be, and the criteria that it
    touches."""

    rule: Rule | None
    field: str
    value: Any
    criteria: tuple[Criterion, ...] = ()


OF_SPECIALISMS = (Criterion.SPECIALISMS, Criterion.SECTOR, Criterion.AMBITION)


def relaxed(facts: AssignmentFacts) -> list[Change]:
    """Return every single relaxation, in the order of docs/reference/matching.md."""
    changes = []
    if facts.rate_max_cents is not None:
        for more in policy.RELAXED_RATES_CENTS:
            changes.append(
                Change(Rule.RATE, "rate_max_cents", facts.rate_max_cents + more, (Criterion.RATE,))
            )
    if not facts.open_to_growth:
        changes.append(Change(Rule.LEVEL, "open_to_growth", True, (Criterion.AMBITION,)))
    if (facts.ends_on - facts.starts_on).days >= policy.RELAXED_START_DAYS:
        later = facts.starts_on + timedelta(days=policy.RELAXED_START_DAYS)
        changes.append(Change(Rule.AVAILABILITY, "starts_on", later, (Criterion.AVAILABILITY,)))
    for days in range(facts.onsite_days - 1, -1, -1):  # one day is as far as five
        home = days == 0
        changes.append(
            Change(
                Rule.DISTANCE if home else None, "onsite_days", days, (Criterion.DISTANCE,) if home else ()
            )
        )
    for fewer in policy.RELAXED_HOURS:
        if facts.hours_min > fewer:
            changes.append(Change(Rule.HOURS, "hours_min", facts.hours_min - fewer))
    for form in ContractForm:
        if form not in facts.contract_forms:
            changes.append(Change(Rule.CONTRACT_FORM, "contract_forms", [*facts.contract_forms, form]))
    for dropped in facts.required_specialisms:
        left = [other for other in facts.required_specialisms if other != dropped]
        touched = () if dropped in facts.desired_specialisms else OF_SPECIALISMS  # it is wanted all the same
        changes.append(Change(Rule.SPECIALISMS, "required_specialisms", left, touched))
    for certificate in facts.required_certificates:
        others = [other for other in facts.required_certificates if other != certificate]
        changes.append(Change(Rule.CERTIFICATES, "required_certificates", others))
    return changes


def relaxations(facts: AssignmentFacts, ended: Array, failing: Failures, below: Profiles) -> list[Relaxation]:
    """Return what each relaxation newly brings, and last the best pair of two that change different fields.

    Of pairs that bring as many, the first in the order of their changes. `below`: those who pass every rule
    and score below the threshold.
    """
    changes = relaxed(facts)
    others = _Others(failing, below, _Eased(facts, ended, changes))
    singles = [_relaxation([change], others.added((place,))) for place, change in enumerate(changes)]
    return [*singles, *_best_pair(changes, others)]


def _best_pair(changes: list[Change], others: "_Others") -> Iterator[Relaxation]:
    """Yield the best pair, if there is one: only pairs that may be it are looked at in full."""
    pairs = [
        pair
        for pair in combinations(range(len(changes)), 2)
        if changes[pair[0]].field != changes[pair[1]].field
    ]
    at_most = [others.passing(pair) for pair in pairs]
    best, most = 0, -1
    for place in sorted(range(len(pairs)), key=lambda place: -at_most[place]):
        if at_most[place] < most:
            break
        adds = others.added(pairs[place])
        if adds > most or (adds == most and place < best):
            best, most = place, adds
    if pairs:
        yield _relaxation([changes[place] for place in pairs[best]], most)


def _relaxation(changes: list[Change], adds: int) -> Relaxation:
    return Relaxation(change={change.field: _in_json(change) for change in changes}, adds=adds)


Places: TypeAlias = tuple[int, ...]  # some changes, by their places among all


# What is read from few columns comes first.
IN_ORDER = (
    Criterion.SPECIALISMS,
    Criterion.DOSSIERS,
    Criterion.RATE,
    Criterion.AVAILABILITY,
    Criterion.AMBITION,
    Criterion.DISTANCE,
    Criterion.SECTOR,
)


class _Eased:
    """An assignment as some changes make it, each given by its place among them."""

    def __init__(self, facts: AssignmentFacts, ended: Array, changes: list[Change]) -> None:
        self._facts, self._ended = facts, ended
        self.changes = changes
        self._assignments: dict[Places, Assignments] = {}
        points = dict(zip(criteria.CRITERIA, criteria.maxima(self.by(())), strict=True))
        self.maxima = {criterion: points[criterion] for criterion in IN_ORDER}

    def by(self, places: Places) -> Assignments:
        """Return the assignment that some changes make."""
        if places not in self._assignments:
            # "Not after the end" and the like are decided in `relaxed`: the copies need no validation.
            values = {self.changes[place].field: self.changes[place].value for place in places}
            facts = self._facts.model_copy(update=values)
            self._assignments[places] = Assignments.single(facts, self._ended)
        return self._assignments[places]

    def touching(self, criterion: Criterion, places: Places) -> Places:
        """Return those of some changes that touch a criterion."""
        return tuple(place for place in places if criterion in self.changes[place].criteria)


class _Others:
    """Who is no candidate, in groups that fail the same rules: a group is judged when it is asked for.

    A change eases one rule at most, so nobody who fails three can come by two changes. Changes are given by
    their places; two of them are of different fields, and so ease different rules.
    """

    def __init__(self, failing: Failures, below: Profiles, eased: _Eased) -> None:
        self._failing, self._below, self._eased = failing, below, eased
        self._lets_pass = {
            place: passing(change.rule, failing.profiles, eased.by((place,)))
            for place, change in enumerate(eased.changes)
            if change.rule is not None
        }
        self._groups: dict[tuple[Rule, ...], _Alike] = {}

    def passing(self, places: Places) -> int:
        """Return how many some changes together let pass every rule: they bring no more."""
        return sum(self._passing(easing) for easing in self._parts(places))

    def added(self, places: Places) -> int:
        """Return how many some changes together bring."""
        return sum(self._group(easing).added(places) for easing in self._parts(places))

    def _parts(self, places: Places) -> Iterator[Places]:
        """Yield each part of some changes: who fails just the rules that it eases comes by these changes."""
        easing = [place for place in places if place in self._lets_pass]
        for count in range(len(easing) + 1):
            yield from combinations(easing, count)

    def _passing(self, easing: Places) -> int:
        if not easing:
            return len(self._below)
        those = self._failing.exactly(*self._rules(easing))
        return rowsets.size(reduce(and_, (self._lets_pass[place] for place in easing), those))

    def _group(self, easing: Places) -> "_Alike":
        rules = self._rules(easing)
        if rules not in self._groups:
            self._groups[rules] = self._judged(rules) if rules else _Alike(self._below, {}, self._eased)
        return self._groups[rules]

    def _judged(self, rules: tuple[Rule, ...]) -> "_Alike":
        """Return those who fail just these rules, and whom some changes let pass each."""
        those = self._failing.exactly(*rules)
        by_rule = [self._easing(rule) for rule in rules]
        for easing in by_rule:
            those &= reduce(or_, easing.values())
        rows = rowsets.rows(those)
        lets_pass = {
            place: rowsets.holding(some, rows) for easing in by_rule for place, some in easing.items()
        }
        return _Alike(self._failing.profiles.select(rows), lets_pass, self._eased)

    def _easing(self, rule: Rule) -> dict[int, Array]:
        return {
            place: some for place, some in self._lets_pass.items() if self._eased.changes[place].rule is rule
        }

    def _rules(self, easing: Places) -> tuple[Rule, ...]:
        return tuple(rule for place in easing if (rule := self._eased.changes[place].rule) is not None)


class _Alike:
    """Those who fail the same rules, and whom each change of these rules lets pass: a Boolean per profile."""

    def __init__(self, profiles: Profiles, lets_pass: dict[int, Array], eased: _Eased) -> None:
        self._profiles, self._lets_pass, self._eased = profiles, lets_pass, eased
        self._points: dict[tuple[Criterion, Places], _Points] = {}
        self._added: dict[Places, int] = {}

    def added(self, places: Places) -> int:
        """Return how many of them some changes together bring."""
        concerned = tuple(
            place for place in places if place in self._lets_pass or self._eased.changes[place].criteria
        )
        if concerned not in self._added:
            self._added[concerned] = self._count(concerned)
        return self._added[concerned]

    def _count(self, places: Places) -> int:
        """Count, leaving out whoever is sure to reach the threshold, or not to, with the criteria so far.

        Whoever passes every rule gets from 0 to its maximum of each criterion. What is left out by bounds is
        a step more than rounding away from the threshold; all others are judged by their exact totals.
        """
        passing = [self._lets_pass[place] for place in places if place in self._lets_pass]
        there = np.flatnonzero(reduce(and_, passing)) if passing else np.arange(len(self._profiles))
        count, least = 0, np.zeros(len(there))
        left = sum(self._eased.maxima.values())
        for criterion, most in self._eased.maxima.items():
            if len(there) == 0:
                return count
            least = least + self._of(criterion, places).of(there)
            left -= most
            if left < policy.THRESHOLD:
                enough = least >= policy.THRESHOLD + ROUNDING
                count += int(np.count_nonzero(enough))
                unsure = np.flatnonzero(~enough & (least + left >= policy.THRESHOLD - ROUNDING))
                there, least = there.take(unsure), least.take(unsure)
        points = [self._of(criterion, places).of(there) for criterion in criteria.CRITERIA]
        return count + int(np.count_nonzero(criteria.total(points) >= LEAST_TOTAL))

    def _of(self, criterion: Criterion, places: Places) -> "_Points":
        touching = self._eased.touching(criterion, places)
        if (criterion, touching) not in self._points:
            self._points[criterion, touching] = _Points(criterion, self._profiles, self._eased.by(touching))
        return self._points[criterion, touching]


class _Points:
    """One criterion's points, each computed when it is first asked for."""

    def __init__(self, criterion: Criterion, profiles: Profiles, assignment: Assignments) -> None:
        self._criterion, self._profiles, self._assignment = criterion, profiles, assignment
        self._known = np.zeros(len(profiles), np.bool_)
        self._points = np.zeros(len(profiles))

    def of(self, places: Array) -> Array:
        """Return the points of the profiles at some places."""
        unknown = places.take(np.flatnonzero(~self._known.take(places)))
        if len(unknown):
            some = self._profiles.select(unknown)
            self._points[unknown] = criteria.points_of(self._criterion, some, self._assignment)
            self._known[unknown] = True
        return self._points.take(places)


def _in_json(change: Change) -> Any:
    return change.value.isoformat() if change.field == "starts_on" else change.value
