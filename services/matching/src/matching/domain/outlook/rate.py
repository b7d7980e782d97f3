"""What comparable assignments name as the most that they pay, and what was agreed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from contracts.facts import ProfileFacts

from matching.domain.outlook import numbers
from matching.domain.outlook.placements import Placement
from matching.engine.assignments import NO_MAXIMUM, Assignments
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Comparable:
    """Assignments of the own level that name a maximum and, unless `widened`, share a specialism."""

    assignments: Assignments
    widened: bool


@dataclass(frozen=True)
class Quartiles:
    """Of `n` amounts in cents: a quarter, half and three quarters of them are no higher than these."""

    n: int
    p25: int
    p50: int
    p75: int

    @classmethod
    def of(cls, cents: Sequence[int]) -> Self:
        """Return them of some amounts, by nearest rank."""
        ordered = sorted(cents)
        p25, p50, p75 = (ordered[-(-percent * len(ordered) // 100) - 1] for percent in numbers.PERCENTS)
        return cls(len(ordered), p25, p50, p75)


@dataclass(frozen=True)
class Rate:
    """The maxima of `n` comparable assignments, in cents an hour.

    `pays`: beside what the professional asks, in cents, the share of them that pays at least so much;
    `ask_more`: whether that is far below what most of them name.
    """

    n: int
    widened: bool
    p25: int
    p50: int
    p75: int
    pays: dict[str, float]
    agreed: Quartiles | None
    ask_more: bool


def comparable(profile: Profiles, own: Assignments) -> Comparable | None:
    """Return what compares, of the own level; None where that is too little to say anything."""
    named = own.select(own.rate_max != NO_MAXIMUM)
    alike = named.select((named.wanted & profile.specialisms) != 0)
    if len(alike) >= numbers.LEAST_BEHIND:
        return Comparable(alike, widened=False)
    return Comparable(named, widened=True) if len(named) >= numbers.LEAST_BEHIND else None


def rate(facts: ProfileFacts, found: Comparable, placements: Iterable[Placement]) -> Rate:
    """Return what the comparable ones pay, and what was agreed at the own level where that is enough."""
    maxima, asked = found.assignments.rate_max, facts.rate_min_cents
    named = Quartiles.of(maxima.tolist())
    return Rate(
        n=named.n,
        widened=found.widened,
        p25=named.p25,
        p50=named.p50,
        p75=named.p75,
        pays={
            str(more): int(np.count_nonzero(maxima >= asked + more)) / named.n for more in numbers.PAYS_CENTS
        },
        agreed=_agreed(facts, placements),
        ask_more=asked * 100 < named.p25 * numbers.ASK_MORE_BELOW_PERCENT,
    )


def _agreed(facts: ProfileFacts, placements: Iterable[Placement]) -> Quartiles | None:
    cents = [one.rate_cents for one in placements if one.level is facts.level and not one.cancelled]
    return Quartiles.of(cents) if len(cents) >= numbers.LEAST_BEHIND else None
