"""What easing an assignment's requirements brings: each relaxation alone, and the best pair of two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ContractForm, Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.candidates import ROUNDING, rounded
from matching.domain.failures import BIT, Failures
from matching.domain.rules import RULES
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Change:
    """One relaxation: the one rule that it eases, a field as it would be, and the criteria that it touches.

    Changes of two fields touch no part of a criterion both, so that what two of them give is what each gives:
    of ambition, one is about the level and one about the direction.
    """

    rule: Rule
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
    for days in range(facts.onsite_days - 1, -1, -1):  # the distance gives as much on one day as on five
        changes.append(Change(Rule.DISTANCE, "onsite_days", days, () if days else (Criterion.DISTANCE,)))
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


Eased: TypeAlias = list[tuple[Change, Assignments]]  # changes, each with the assignment as it would be


def relaxations(
    facts: AssignmentFacts, ended: Array, failing: Failures, candidates: Array
) -> list[Relaxation]:
    """Return what each relaxation newly brings, and last the best pair of two that change different fields.

    Of pairs that bring as many, the first in the order of their changes. `candidates`: the rows of those who
    are candidates now.
    """
    # "Not after the end" and the like are decided in `relaxed`: the copies need no validation.
    eased = [
        (change, Assignments.single(facts.model_copy(update={change.field: change.value}), ended))
        for change in relaxed(facts)
    ]
    others = _Others(failing, candidates, Assignments.single(facts, ended), eased)
    singles = [_relaxation([change], others.added_alone(place)) for place, (change, _) in enumerate(eased)]
    return [*singles, *_best_pair(eased, others)]


def _best_pair(eased: Eased, others: "_Others") -> Iterator[Relaxation]:
    """Yield the best pair, if there is one: only pairs that may be it are looked at in full."""
    pairs = [
        pair
        for pair in combinations(range(len(eased)), 2)
        if eased[pair[0]][0].field != eased[pair[1]][0].field
    ]
    alone = [others.added_alone(*pair) for pair in pairs]
    at_most = [known + others.failing_both(*pair) for known, pair in zip(alone, pairs, strict=True)]
    best, most = 0, -1
    for place in sorted(range(len(pairs)), key=lambda place: -at_most[place]):
        if at_most[place] < most:
            break
        adds = alone[place]
        if adds + others.passing_both(*pairs[place]) >= most:
            adds += others.added_of_both(*pairs[place])
        if adds > most or (adds == most and place < best):
            best, most = place, adds
    if pairs:
        yield _relaxation([eased[place][0] for place in pairs[best]], most)


def _relaxation(changes: list[Change], adds: int) -> Relaxation:
    return Relaxation(change={change.field: _in_json(change) for change in changes}, adds=adds)


class _Others:
    """Who is no candidate, in groups that fail the same rules: a group is judged when it is asked for.

    A change eases one rule, so nobody who fails three can come by two changes. Changes are given by their
    places in `eased`; two of them ease different rules.
    """

    def __init__(self, failing: Failures, candidates: Array, assignment: Assignments, eased: Eased) -> None:
        self._failing, self._candidates = failing, candidates
        self._assignment, self._eased = assignment, eased
        self._bits = [int(BIT[change.rule]) for change, _ in eased]
        self._sizes = np.bincount(failing.failed, minlength=sum(map(int, BIT.values())) + 1)
        self._alike: dict[int, _Alike] = {}

    def added_alone(self, *places: int) -> int:
        """Return how many of those who fail one rule at most are brought by a change, or by two together."""
        return sum(self._group(bits).added(*places) for bits in (0, *(self._bits[one] for one in places)))

    def failing_both(self, one: int, other: int) -> int:
        """Return how many fail just the two rules that two changes ease."""
        return int(self._sizes[self._bits[one] | self._bits[other]])

    def passing_both(self, one: int, other: int) -> int:
        """Return how many of these two changes let pass."""
        return self._group(self._bits[one] | self._bits[other]).passing(one, other)

    def added_of_both(self, one: int, other: int) -> int:
        """Return how many of these they bring."""
        return self._group(self._bits[one] | self._bits[other]).added(one, other)

    def _group(self, bits: int) -> "_Alike":
        if bits not in self._alike:
            those = self._failing.few.select(self._failing.failed == bits)
            if bits == 0:
                those = those.select(~np.isin(those.row, self._candidates, assume_unique=True))
            self._alike[bits] = _Alike(bits, those, self._assignment, self._eased)
        return self._alike[bits]


class _Alike:
    """Those who fail the same rules (BITs) and whom some changes let pass these."""

    def __init__(self, bits: int, profiles: Profiles, assignment: Assignments, eased: Eased) -> None:
        lets_pass = {
            place: np.broadcast_to(BIT[change.rule] * RULES[change.rule](profiles, as_eased), len(profiles))
            for place, (change, as_eased) in enumerate(eased)
            if BIT[change.rule] & bits
        }
        by_any = np.bitwise_or.reduce([np.zeros(len(profiles), np.uint16), *lets_pass.values()])
        hopeful = np.flatnonzero(by_any == bits)
        self._bits, self._assignment, self._eased = bits, assignment, eased
        self._profiles = profiles.select(hopeful)
        self._lets_pass = {place: passing[hopeful] for place, passing in lets_pass.items()}
        self._gains: dict[int, Array] = {}

    @cached_property
    def _points(self) -> list[Array]:
        return criteria.points(self._profiles, self._assignment)

    @cached_property
    def _total(self) -> Array:
        return criteria.total(self._points)

    def passing(self, *places: int) -> int:
        """Return how many of them some changes together let pass every rule."""
        return int(np.count_nonzero(self._passing(places)))

    def _passing(self, places: tuple[int, ...]) -> Array:
        bits = np.zeros(len(self._profiles), np.uint16)
        for place in places:
            if place in self._lets_pass:
                bits |= self._lets_pass[place]
        return bits == self._bits

    def added(self, *places: int) -> int:
        """Return how many of them some changes together bring."""
        score = self._total
        for place in places:
            if self._eased[place][0].criteria:
                score = score + self._gain(place)
        enough = self._passing(places)
        enough &= score >= policy.THRESHOLD - ROUNDING
        near = score[enough & (score < policy.THRESHOLD + ROUNDING)]  # where rounding decides
        return int(np.count_nonzero(enough) - np.count_nonzero(rounded(near) < policy.THRESHOLD))

    def _gain(self, place: int) -> Array:
        """Return the points that a change adds."""
        if place not in self._gains:
            change, as_eased = self._eased[place]
            self._gains[place] = sum(
                (
                    criteria.points_of(criterion, self._profiles, as_eased)
                    - self._points[criteria.PLACE[criterion]]
                    for criterion in change.criteria
                ),
                np.zeros(len(self._profiles)),
            )
        return self._gains[place]


def _in_json(change: Change) -> Any:
    return change.value.isoformat() if change.field == "starts_on" else change.value
