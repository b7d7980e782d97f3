"""The outlook: all parts of the career view of one professional, on one day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.facts import ProfileFacts

from matching.domain.outlook import numbers
from matching.domain.outlook.demand import Demanded, demand
from matching.domain.outlook.gaps import Gaps, gaps
from matching.domain.outlook.market import Market, at_level
from matching.domain.outlook.next_step import NextStep, level_above, next_step
from matching.domain.outlook.placements import Placement
from matching.domain.outlook.portfolio import Ladder, Variation, ladder, variation
from matching.domain.outlook.rate import Rate, comparable, rate
from matching.engine.assignments import NOBODY
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Outlook:
    """The career view. `next_step` is None at the highest level, `rate` where too little compares."""

    today: date
    variation: Variation
    ladder: Ladder
    next_step: NextStep | None
    rate: Rate | None
    demand: list[Demanded]
    gaps: Gaps

    @property
    def words(self) -> dict[str, list[str]]:
        """Return what is to be said of a part: what its numbers are, or that there is too little for them."""
        too_few = [numbers.TOO_FEW]
        named = [numbers.HIGHEST_NAMED, *([numbers.ASK_MORE] if self.rate and self.rate.ask_more else [])]
        return {
            **({"next_step": too_few} if self.next_step and self.next_step.q is None else {}),
            "rate": named if self.rate else too_few,
            **({"gaps": too_few} if self.gaps.lead_days is None else {}),
        }


def outlook(
    facts: ProfileFacts,
    market: Market,
    everybody: Profiles,
    today: date,
    ended: Collection[UUID] = (),
    placements: Sequence[Placement] = (),
) -> Outlook:
    """Return the career view of one professional.

    `everybody`: the population; `ended`: the assignments that are over for this professional; `placements`:
    all that are known, of everybody.
    """
    profile, possible, year = Profiles.single(facts), market.open_without(ended), market.of_year(today)
    own, level = at_level(year, facts.level), level_above(facts.level)
    above = year.select(NOBODY) if level is None else at_level(year, level)
    found = comparable(profile, own)
    return Outlook(
        today=today,
        variation=variation(facts, today),
        ladder=ladder(facts, today),
        next_step=None if level is None else next_step(facts, level, above, market.open, possible),
        rate=None if found is None else rate(facts, found, placements),
        demand=demand(profile, everybody, own, above),
        gaps=gaps(facts, possible, found, placements, today),
    )
