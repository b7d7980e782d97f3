"""The market: all assignments that are known, open and closed, and which of them are of the last year."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

import numpy as np
from contracts.vocabulary import Level

from matching.domain.outlook.numbers import MARKET_DAYS
from matching.engine.assignments import Assignments
from matching.engine.bitsets import LEVELS, Bits
from matching.engine.columnar import ID, Array


@dataclass(frozen=True)
class Market:
    """`assignments`: in arrays of their own, the first `open_count` of them open."""

    assignments: Assignments
    open_count: int

    @classmethod
    def of(cls, opened: Assignments, closed: Assignments) -> Self:
        """Put the open and the closed ones together."""
        return cls(Assignments.joined(opened, closed), len(opened))

    @property
    def open(self) -> Assignments:
        """Return those that are open."""
        return self.assignments.part(0, self.open_count)

    def open_without(self, ended: Collection[UUID]) -> Assignments:
        """Return those that are open, without some."""
        ids = np.array([one.bytes for one in ended], ID)
        return self.open.select(~np.isin(self.open.id, ids))

    def of_year(self, today: date) -> Assignments:
        """Return those that opened first in the year up to a day, or after it."""
        return self.assignments.select(self.assignments.opened_on >= today.toordinal() - MARKET_DAYS)


def at_level(assignments: Assignments, level: Level) -> Assignments:
    """Return those of a level."""
    return assignments.select(assignments.level == LEVELS.place(level))


def asking(sets: Array, values: Bits) -> list[tuple[str, int]]:
    """Return which values of a closed list are in some of the sets, and in how many, in the list's order."""
    used = values.names(int(np.bitwise_or.reduce(sets, initial=0)))
    return [(value, int(np.count_nonzero(sets >> values.place(value) & 1))) for value in used]
