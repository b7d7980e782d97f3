"""Time without an opdracht: how much there was, when the next one may start, and from when to look."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.facts import ProfileFacts

from matching.domain.judging import judge
from matching.domain.outlook.placements import Placement, end_of_running
from matching.domain.outlook.portfolio import months_without
from matching.domain.outlook.rate import Comparable
from matching.engine.assignments import Assignments
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Gaps:
    """Months without an entry in the last 24, and what comes.

    `first_start`: of the open assignments from `available_from` on of which one is a candidate; `lead_days`:
    half of the comparable assignments started so many days after they opened, or fewer; `respond_from`: so
    long before one is free again.
    """

    months_without_24: float
    placement_ends: date | None
    first_start: date | None
    lead_days: float | None
    respond_from: date | None


def gaps(
    facts: ProfileFacts,
    possible: Assignments,
    found: Comparable | None,
    placements: Iterable[Placement],
    today: date,
) -> Gaps:
    """Return what was and what comes. `possible`: open assignments that are not over for the professional."""
    ends = end_of_running(placements, today)
    free = facts.available_from.toordinal() if ends is None else ends.toordinal() + 1
    lead = None if found is None else _lead_days(found.assignments)
    return Gaps(
        months_without_24=months_without(facts, today),
        placement_ends=ends,
        first_start=_first_start(facts, possible),
        lead_days=lead,
        respond_from=None if lead is None else _day(free - math.ceil(lead)),
    )


def _first_start(facts: ProfileFacts, possible: Assignments) -> date | None:
    fits = judge(Profiles.single(facts), possible).candidate
    starts = possible.starts_on[fits & (possible.starts_on >= facts.available_from.toordinal())]
    return date.fromordinal(int(starts.min())) if len(starts) else None


def _lead_days(assignments: Assignments) -> float:
    return statistics.median((assignments.starts_on - assignments.opened_on).tolist())


def _day(ordinal: int) -> date:
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))
