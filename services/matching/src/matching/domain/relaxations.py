"""What easing an assignment's requirements brings: each relaxation alone, and the best pair of two."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

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
    """One relaxation: the one rule that it eases, and a field as it would be."""

    rule: Rule
    field: str
    value: Any


# What a change of a field touches, besides the rule. No two touch the same part of a criterion, so that what
# two of them give is what each gives: of ambition, one is about the level and one about the direction.
CRITERIA_OF: dict[str, tuple[Criterion, ...]] = {
    "rate_max_cents": (Criterion.RATE,),
    "open_to_growth": (Criterion.AMBITION,),
    "starts_on": (Criterion.AVAILABILITY,),
    "onsite_days": (Criterion.DISTANCE,),
    "hours_min": (),
    "contract_forms": (),
    "required_specialisms": (Criterion.SPECIALISMS, Criterion.SECTOR, Criterion.AMBITION),
    "required_certificates": (),
}


def relaxed(facts: AssignmentFacts) -> list[Change]:
    """Return every single relaxation, in the order of docs/reference/matching.md."""
    changes = []
    if facts.rate_max_cents is not None:
        for more in policy.RELAXED_RATES_CENTS:
            changes.append(Change(Rule.RATE, "rate_max_cents", facts.rate_max_cents + more))
    if not facts.open_to_growth:
        changes.append(Change(Rule.LEVEL, "open_to_growth", True))
    if (facts.ends_on - facts.starts_on).days >= policy.RELAXED_START_DAYS:
        later = facts.starts_on + timedelta(days=policy.RELAXED_START_DAYS)
        changes.append(Change(Rule.AVAILABILITY, "starts_on", later))
    for days in range(facts.onsite_days - 1, -1, -1):
        changes.append(Change(Rule.DISTANCE, "onsite_days", days))
    for fewer in policy.RELAXED_HOURS:
        if facts.hours_min > fewer:
            changes.append(Change(Rule.HOURS, "hours_min", facts.hours_min - fewer))
    for form in ContractForm:
        if form not in facts.contract_forms:
            changes.append(Change(Rule.CONTRACT_FORM, "contract_forms", [*facts.contract_forms, form]))
    for rule, field in (
        (Rule.SPECIALISMS, "required_specialisms"),
        (Rule.CERTIFICATES, "required_certificates"),
    ):
        required = getattr(facts, field)
        for dropped in required:
            changes.append(Change(rule, field, [other for other in required if other != dropped]))
    return changes


def relaxations(facts: AssignmentFacts, ended: Array, others: Profiles, failed: Array) -> list[Relaxation]:
    """Return what each relaxation newly brings, and last the best pair of two that change different fields.

    Of pairs that bring as many, the first in the order of their changes. `others`: who is no candidate and
    fails two rules at most, `failed` (BITs): a change eases one rule, so nobody else can become one.
    """
    changes = relaxed(facts)
    # "Not after the end" and the like are decided in `relaxed`: the copies need no validation.
    eased = [
        Assignments.single(facts.model_copy(update={change.field: change.value}), ended) for change in changes
    ]
    lets_pass = [_lets_pass(*pair, others, failed) for pair in zip(changes, eased, strict=True)]
    by_any = np.bitwise_or.reduce([np.zeros_like(failed), *lets_pass])
    hopeful = np.flatnonzero(by_any == failed)
    hopeful = hopeful[np.argsort(failed[hopeful], kind="stable")]
    others = others.select(hopeful)
    points = criteria.points(others, Assignments.single(facts, ended))
    effects = [
        _Effect(change, passing[hopeful], _more(change, one, others, points))
        for change, one, passing in zip(changes, eased, lets_pass, strict=True)
    ]
    hopefuls = _Hopefuls(failed[hopeful], criteria.total(points))
    singles = [hopefuls.relaxation(effect) for effect in effects]
    pairs = [
        hopefuls.relaxation(*pair)
        for pair in combinations(effects, 2)
        if pair[0].change.field != pair[1].change.field
    ]
    return [*singles, *([max(pairs, key=lambda pair: pair.adds)] if pairs else [])]


def _lets_pass(change: Change, eased: Assignments, profiles: Profiles, failed: Array) -> Array:
    bit = BIT[change.rule]
    lets_pass = np.zeros_like(failed)
    failing = np.flatnonzero(failed & bit)
    lets_pass[failing] = bit * RULES[change.rule](profiles.select(failing), eased)
    return lets_pass


def _more(change: Change, eased: Assignments, profiles: Profiles, points: list[Array]) -> Array:
    more = np.zeros(len(profiles))
    for criterion in CRITERIA_OF[change.field]:
        more += criteria.points_of(criterion, profiles, eased) - points[criteria.PLACE[criterion]]
    return more


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
        near = score[(passing == bits) & (score >= policy.THRESHOLD - ROUNDING)]
        return int(np.count_nonzero(rounded(near) >= policy.THRESHOLD))


def _in_json(change: Change) -> Any:
    return change.value.isoformat() if change.field == "starts_on" else change.value
