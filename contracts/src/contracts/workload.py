"""How many hours a week somebody's work takes on their busiest day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Work:
    """Work of `hours` a week from one day to another, both included; `last` None: for good."""

    hours: int
    first: date
    last: date | None


def busiest(work: Iterable[Work], first: date, last: date | None = None) -> int:
    """Return the hours a week on the busiest day from `first` to `last` (None: for ever); 0 without work."""
    end = date.max if last is None else last
    changes: list[tuple[int, int]] = []
    for one in work:
        begins, ends = max(one.first, first), min(one.last or end, end)
        if begins <= ends:
            changes += [(begins.toordinal(), one.hours), (ends.toordinal() + 1, -one.hours)]
    most = hours = 0
    for _, change in sorted(changes):  # of one day what ends comes before what begins
        hours += change
        most = max(most, hours)
    return most
