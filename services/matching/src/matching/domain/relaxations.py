"""What easing an assignment's requirements brings: each relaxation alone, and the best pair of two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, groupby
from typing import Any, TypeAlias

import numpy as np
from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ContractForm, Criterion, Rule

from matching.domain import criteria, policy
from matching.domain.candidates import ROUNDING, rounded
from matching.domain.failures import BIT
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


def relaxations(facts: AssignmentFacts, ended: Array, others: Profiles, failed: Array) -> list[Relaxation]:
    """Return what each relaxation newly brings, and last the best pair of two that change different fields.

    Of pairs that bring as many, the first in the order of their changes. `others`: who is no candidate and
    fails two rules at most, `failed` (BITs): a change eases one rule, so nobody else can become one.
    """
    # "Not after the end" and the like are decided in `relaxed`: the copies need no validation.
    eased = [
        (change, Assignments.single(facts.model_copy(update={change.field: change.value}), ended))
        for change in relaxed(facts)
    ]
    lets_pass = list(_lets_pass(eased, others, failed))
    by_any = np.bitwise_or.reduce([np.zeros_like(failed), *lets_pass])
    hopeful = np.flatnonzero(by_any == failed)
    hopeful = hopeful[np.argsort(failed[hopeful], kind="stable")]
    others, failed = others.select(hopeful), failed[hopeful]
    points = criteria.points(others, Assignments.single(facts, ended))
    effects = [
        _Effect(change, passing[hopeful], more)
        for (change, _), passing, more in zip(
            eased, lets_pass, _more(eased, others, failed, points), strict=True
        )
    ]
    hopefuls = _Hopefuls(failed, criteria.total(points))
    singles = [hopefuls.relaxation(effect) for effect in effects]
    pairs = [
        hopefuls.relaxation(*pair)
        for pair in combinations(effects, 2)
        if pair[0].change.field != pair[1].change.field
    ]
    return [*singles, *([max(pairs, key=lambda pair: pair.adds)] if pairs else [])]


def _lets_pass(eased: Eased, profiles: Profiles, failed: Array) -> Iterator[Array]:
    """Yield for each change the BIT of its rule, where that fails now and would hold: only for those of whom
    every rule that they fail is eased by some change."""
    hope = (failed & ~np.bitwise_or.reduce([BIT[change.rule] for change, _ in eased] or [np.uint16(0)])) == 0
    for rule, ones in groupby(eased, _rule):
        failing = np.flatnonzero(hope & (failed & BIT[rule] != 0))
        those = profiles.select(failing)  # gathers their facts once for the changes of a rule
        for _, assignment in ones:
            lets_pass = np.zeros_like(failed)
            lets_pass[failing] = BIT[rule] * RULES[rule](those, assignment)
            yield lets_pass


def _more(eased: Eased, profiles: Profiles, failed: Array, points: list[Array]) -> Iterator[Array]:
    """Yield for each change the points that it adds: 0 for who fails two rules and neither is the change's,
    whom nothing brings that it is part of."""
    free = np.bitwise_count(failed) < 2
    for rule, ones in groupby(eased, _rule):
        places = np.flatnonzero(free | (failed & BIT[rule] != 0))
        those = profiles.select(places)
        for change, assignment in ones:
            more = np.zeros(len(profiles))
            for criterion in change.criteria:
                now = points[criteria.PLACE[criterion]][places]
                more[places] += criteria.points_of(criterion, those, assignment) - now
            yield more


def _rule(eased: tuple[Change, Assignments]) -> Rule:
    return eased[0].rule


@dataclass(frozen=True)
class _Effect:
    """What a change does to each profile.

    `lets_pass`: the BIT of its rule, where that fails now and would hold; `more`: the points that it adds.
    """

    change: Change
    lets_pass: Array
    more: Array


class _Hopefuls:
    """Those whom some changes may bring, in the order of what they fail (BITs), with the total of each."""

    def __init__(self, failed: Array, total: Array) -> None:
        self._failed, self._total = failed, total
        bits, starts = np.unique(failed, return_index=True)
        stops = [*starts[1:].tolist(), len(failed)]
        self._alike = dict(zip(bits.tolist(), map(slice, starts.tolist(), stops), strict=True))

    def relaxation(self, *effects: _Effect) -> Relaxation:
        """Return the relaxation that some changes are together: only who fails nothing else is looked at."""
        eased = [int(BIT[effect.change.rule]) for effect in effects]
        return Relaxation(
            change={effect.change.field: _in_json(effect.change) for effect in effects},
            adds=sum(self._added(effects, bits) for bits in {0, *eased, sum(eased)}),
        )

    def _added(self, effects: tuple[_Effect, ...], bits: int) -> int:
        alike = self._alike.get(bits, slice(0))
        passing, score = self._failed[alike] * 0, self._total[alike]
        for effect in effects:
            passing, score = passing | effect.lets_pass[alike], score + effect.more[alike]
        enough = passing == bits
        enough &= score >= policy.THRESHOLD - ROUNDING
        near = score[enough & (score < policy.THRESHOLD + ROUNDING)]  # where rounding decides
        return int(np.count_nonzero(enough) - np.count_nonzero(rounded(near) < policy.THRESHOLD))


def _in_json(change: Change) -> Any:
    return change.value.isoformat() if change.field == "starts_on" else change.value
