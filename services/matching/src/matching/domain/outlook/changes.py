"""The changes that levers try: each a step of one fact that could let a professional fit more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts.facts import ProfileFacts
from contracts.vocabulary import Certificate, ContractForm, Criterion, Rule, Specialism

from matching.domain.outlook import numbers

# What a change of a fact touches, besides its rule. No two facts touch the same part of a criterion, so that
# what two changes give is what each gives.
CRITERIA_OF: dict[str, tuple[Criterion, ...]] = {
    "hours_min": (),
    "hours_max": (),
    "max_distance_km": (Criterion.DISTANCE,),
    "available_from": (Criterion.AVAILABILITY,),
    "contract_forms": (),
    "ambition": (Criterion.AMBITION,),
    "excluded_organisation_types": (),
    "specialisms": (Criterion.SPECIALISMS,),
    "certificates": (),
    "rate_min_cents": (Criterion.RATE,),
}


@dataclass(frozen=True)
class Change:
    """A fact as it would be, the one rule that this eases, and the same as a merge patch over the facts."""

    rule: Rule
    field: str
    value: Any
    patch: dict[str, Any]


def changes(facts: ProfileFacts) -> list[Change]:
    """Return every single change, in the order of docs/reference/career.md, the lower rate last."""
    return [*_of_hours(facts), *_of_reach(facts), *_of_wishes(facts), *_of_craft(facts), *_of_rate(facts)]


def _of_hours(facts: ProfileFacts) -> Iterator[Change]:
    """Yield other hours; what would lie outside a week is left out."""
    for fewer in numbers.FEWER_HOURS_MIN:
        if (hours := facts.hours_min - fewer) in numbers.WEEK_HOURS:
            yield _plain(Rule.HOURS, "hours_min", hours)
    for more in numbers.MORE_HOURS_MAX:
        if (hours := facts.hours_max + more) in numbers.WEEK_HOURS:
            yield _plain(Rule.HOURS, "hours_max", hours)


def _of_reach(facts: ProfileFacts) -> Iterator[Change]:
    for more in numbers.MORE_KM:
        yield _plain(Rule.DISTANCE, "max_distance_km", facts.max_distance_km + more)
    if facts.available_from.toordinal() > numbers.EARLIER_DAYS:
        earlier = facts.available_from - timedelta(days=numbers.EARLIER_DAYS)
        yield Change(Rule.AVAILABILITY, "available_from", earlier, {"available_from": earlier.isoformat()})


def _of_wishes(facts: ProfileFacts) -> Iterator[Change]:
    for form in ContractForm:
        if form not in facts.contract_forms:
            yield _plain(Rule.CONTRACT_FORM, "contract_forms", [*facts.contract_forms, form])
    if not facts.ambition.step_up:
        upward = facts.ambition.model_copy(update={"step_up": True})
        yield Change(Rule.LEVEL, "ambition", upward, {"ambition": {"step_up": True}})
    excluded = facts.excluded_organisation_types
    for kind in excluded:
        others = [other for other in excluded if other is not kind]
        yield _plain(Rule.ORGANISATION, "excluded_organisation_types", others)


def _of_craft(facts: ProfileFacts) -> Iterator[Change]:
    for specialism in Specialism:
        if specialism not in facts.specialisms:
            yield _plain(Rule.SPECIALISMS, "specialisms", [*facts.specialisms, specialism])
    for certificate in Certificate:
        if certificate not in facts.certificates:
            yield _plain(Rule.CERTIFICATES, "certificates", [*facts.certificates, certificate])


def _of_rate(facts: ProfileFacts) -> Iterator[Change]:
    if facts.rate_min_cents >= numbers.LOWER_RATE_CENTS:
        yield _plain(Rule.RATE, "rate_min_cents", facts.rate_min_cents - numbers.LOWER_RATE_CENTS)


def _plain(rule: Rule, field: str, value: Any) -> Change:
    return Change(rule, field, value, {field: value})
