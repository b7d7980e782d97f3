"""What easing an assignment's requirements brings: each relaxation alone, and the best pair of two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, reduce
from itertools import combinations
from operator import and_
from typing import Any, TypeAlias

import numpy as np
from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ContractForm, Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.candidates import ROUNDING, least_total
from matching.domain.failures import Failures
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

    @property
    def for_others(self) -> bool:
        """Tell whether it may make a difference to who passes the rule as it is: a step up is for nobody
        else than whose level is too low."""
        return bool(self.criteria) and self.rule is not Rule.LEVEL


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


def relaxations(eased: "Eased", failing: Failures, below: Profiles) -> list[Relaxation]:
    """Return what each relaxation newly brings, and last the best pair of two that change different fields.

    Of pairs that bring as many, the first in the order of their changes. `failing`: by the rules as they are,
    and as they are eased; `below`: those who pass every rule and score below the threshold.
    """
    changes = eased.changes
    others = _Others(failing, below, eased)
    singles = [_relaxation([change], others.added((place,))) for place, change in enumerate(changes)]
    return [*singles, *_best_pair(changes, others)]


def _best_pair(changes: list[Change], others: "_Others") -> Iterator[Relaxation]:
    """Yield the best pair, if there is one: only pairs that may be it are looked at in full."""
    pairs = [
        pair
        for pair in combinations(range(len(changes)), 2)
        if changes[pair[0]].field != changes[pair[1]].field
    ]
    at_most = [others.at_most(pair) for pair in pairs]
    best, most = 0, -1
    for place in sorted(range(len(pairs)), key=lambda place: -at_most[place]):
        if at_most[place] < most:
            break
        adds = others.added(pairs[place], most)
        if adds > most or (adds == most and place < best):
            best, most = place, adds
    if pairs:
        yield _relaxation([changes[place] for place in pairs[best]], most)


def _relaxation(changes: list[Change], adds: int) -> Relaxation:
    return Relaxation(change={change.field: _in_json(change) for change in changes}, adds=adds)


Places: TypeAlias = tuple[int, ...]  # some changes, by their places among all


# What is computed of everybody who may come, and what only of those of whom that does not tell enough.
FIRST = (
    Criterion.SPECIALISMS,
    Criterion.DOSSIERS,
    Criterion.AMBITION,
    Criterion.AVAILABILITY,
    Criterion.RATE,
)
THEN = (Criterion.DISTANCE, Criterion.SECTOR)


class Eased:
    """An assignment as some changes make it, each given by its place among them."""

    def __init__(self, facts: AssignmentFacts, ended: Array, changes: list[Change]) -> None:
        self._facts, self._ended = facts, ended
        self.changes = changes
        self._assignments: dict[Places, Assignments] = {}
        self.maxima = dict(zip(criteria.CRITERIA, criteria.maxima(self.by(())), strict=True))

    def by(self, places: Places) -> Assignments:
        """Return the assignment that some changes make."""
        if places not in self._assignments:
            # "Not after the end" and the like are decided in `relaxed`: the copies need no validation.
            values = {self.changes[place].field: self.changes[place].value for place in places}
            facts = self._facts.model_copy(update=values)
            self._assignments[places] = Assignments.single(facts, self._ended)
        return self._assignments[places]

    def rules(self) -> list[tuple[Rule, Assignments]]:
        """Return, of each change that eases a rule, that rule and the assignment that the change makes."""
        return [
            (change.rule, self.by((place,)))
            for place, change in enumerate(self.changes)
            if change.rule is not None
        ]

    def touching(self, criterion: Criterion, places: Places) -> Places:
        """Return those of some changes that touch a criterion."""
        return tuple(place for place in places if criterion in self.changes[place].criteria)


class _Others:
    """Who is no candidate, in groups that fail the same rules and whom the same changes let pass them.

    A change eases one rule at most, so nobody who fails three can come by two changes. Changes are given by
    their places; two of them are of different fields, and so ease different rules.
    """

    def __init__(self, failing: Failures, below: Profiles, eased: Eased) -> None:
        self._profiles, self._eased = failing.profiles, eased
        easing = [place for place, change in enumerate(eased.changes) if change.rule is not None]
        self._let = dict(zip(easing, failing.let, strict=True))
        self._no_more = [~more for more in failing.many]  # who fails no rule, one at most, two at most
        self._groups: dict[Places, _Group] = {(): _Group(below, (), eased)}
        self._sizes: dict[Places, int] = {(): len(below)}

    def at_most(self, places: Places) -> int:
        """Return a number that some changes together do not exceed in what they bring."""
        return sum(self._at_most(easing, places) for easing in self._parts(places))

    def added(self, places: Places, least: int = 0) -> int:
        """Return how many some changes together bring; where that is below `least`, no less than it and
        below `least` as well."""
        bounds = {easing: self._at_most(easing, places) for easing in self._parts(places)}
        total = sum(bounds.values())
        # Whose points are known are counted first: often they tell enough, and nobody else is judged.
        for easing in sorted(bounds, key=lambda easing: (easing not in self._groups, -bounds[easing])):
            if total < least:
                break
            others = total - bounds[easing]
            total = others + self._group(easing).added(places, least - others)
        return total

    def _parts(self, places: Places) -> Iterator[Places]:
        """Yield each part of some changes: who fails just the rules that it eases comes by these changes."""
        easing = [place for place in places if place in self._let]
        for count in range(len(easing) + 1):
            yield from combinations(easing, count)

    def _at_most(self, easing: Places, places: Places) -> int:
        """Return how many of a group come by some changes at most: so many as it has, or what is known."""
        if easing not in self._sizes:
            self._sizes[easing] = rowsets.size(self._who(easing))
        known = self._groups[easing].known(places) if easing in self._groups else None
        return self._sizes[easing] if known is None else known

    def _group(self, easing: Places) -> "_Group":
        if easing not in self._groups:
            profiles = self._profiles.select(rowsets.rows(self._who(easing)))
            self._groups[easing] = _Group(profiles, easing, self._eased)
        return self._groups[easing]

    def _who(self, easing: Places) -> Array:
        """Return who fails just the rules that some changes ease, and passes them as they are eased."""
        return reduce(and_, (self._let[place] for place in easing), self._no_more[len(easing)])


class _Group:
    """Those who fail just the rules that some changes ease, and whom these changes let pass."""

    def __init__(self, profiles: Profiles, easing: Places, eased: Eased) -> None:
        self._profiles, self._easing, self._eased = profiles, easing, eased
        self._points: dict[tuple[Criterion, Places], _Points] = {}
        self._added: dict[Places, int] = {}

    def known(self, places: Places) -> int | None:
        """Return how many of them some changes together bring, if that was found before."""
        concerning = self._concerning(places)
        return self._added.get(concerning) if concerning else 0

    def added(self, places: Places, least: int) -> int:
        """Return how many of them some changes together bring, or any bound of that below `least`."""
        concerning = self._concerning(places)
        if not concerning:
            return 0
        known = self._added.get(concerning)
        if known is None:
            known = self._count(concerning, least)
            if known >= least:
                self._added[concerning] = known
        return known

    def _concerning(self, places: Places) -> Places:
        """Return those of some changes that make a difference to them."""
        return tuple(
            place for place in places if place in self._easing or self._eased.changes[place].for_others
        )

    def _count(self, places: Places, needed: int) -> int:
        """Count who reaches the threshold, or stop where that is sure to be fewer than are needed.

        Whoever is sure to, or not to, by the criteria so far is judged no further: who passes every rule gets
        from nothing to its maximum of each. So bounds decide only what lies a step more than rounding away
        from the threshold; all others are judged by their exact totals.
        """
        least = criteria.total([self._of(criterion, places).all for criterion in FIRST])
        there = np.arange(len(least))
        left = sum(self._eased.maxima[criterion] for criterion in THEN)
        count, unsure = _bounded(least, left)
        for criterion in THEN:
            if count + len(unsure) < needed:
                return count + len(unsure)
            there = there.take(unsure)
            least = least.take(unsure) + self._of(criterion, places).some(there)
            left -= self._eased.maxima[criterion]
            sure, unsure = _bounded(least, left)
            count += sure
        there = there.take(unsure)
        points = [self._of(criterion, places).some(there) for criterion in criteria.CRITERIA]
        return count + int(np.count_nonzero(criteria.total(points) >= least_total()))

    def _of(self, criterion: Criterion, places: Places) -> "_Points":
        touching = self._eased.touching(criterion, places)
        if (criterion, touching) not in self._points:
            self._points[criterion, touching] = _Points(criterion, self._profiles, self._eased.by(touching))
        return self._points[criterion, touching]


def _bounded(least: Array, left: int) -> tuple[int, Array]:
    """Return how many are sure to reach the threshold, and the places of those of whom it is not known.

    `left`: so much may be added to what each has at least.
    """
    enough = least >= policy.THRESHOLD + ROUNDING
    unsure = np.flatnonzero(~enough & (least >= policy.THRESHOLD - ROUNDING - left))
    return int(np.count_nonzero(enough)), unsure


class _Points:
    """One criterion's points, of all or of some of them."""

    def __init__(self, criterion: Criterion, profiles: Profiles, assignment: Assignments) -> None:
        self._criterion, self._profiles, self._assignment = criterion, profiles, assignment
        self._some_known = False
        self._known = np.zeros(len(profiles), np.bool_)
        self._points = np.zeros(len(profiles))

    @cached_property
    def all(self) -> Array:
        """Return the points of all."""
        return criteria.points_of(self._criterion, self._profiles, self._assignment)

    def some(self, places: Array) -> Array:
        """Return the points of those at some places, each computed when it is first asked for."""
        if "all" in self.__dict__:
            return self.all.take(places)
        unknown = places.take(np.flatnonzero(~self._known.take(places))) if self._some_known else places
        if len(unknown):
            some = self._profiles.select(unknown)
            points = criteria.points_of(self._criterion, some, self._assignment)
            self._points[unknown] = points
            self._known[unknown] = True
            self._some_known = True
            if len(unknown) == len(places):
                return points
        return self._points.take(places)


def _in_json(change: Change) -> Any:
    return change.value.isoformat() if change.field == "starts_on" else change.value
