"""Which specialisms and dossiers are asked, whether they are held, and which are scarce."""

from dataclasses import dataclass, replace

import numpy as np

from matching.domain.outlook import numbers
from matching.domain.outlook.market import asking
from matching.engine.assignments import Assignments
from matching.engine.bitsets import DOSSIERS, SPECIALISMS, Bits
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class Demanded:
    """A specialism or a dossier, and how many assignments of the year ask it, at the own and the next level.

    `supply`: how many active professionals have it. `scarcity`, of the scarcest only: assignments at both
    levels to each of these; where nobody has it, as if one had.
    """

    kind: str
    value: str
    own: int
    next: int
    held: bool
    supply: int
    scarcity: float | None = None

    @property
    def demand(self) -> int:
        """Return how many assignments ask it at both levels."""
        return self.own + self.next


def demand(profile: Profiles, everybody: Profiles, own: Assignments, above: Assignments) -> list[Demanded]:
    """Return all that is asked at the own level and the one above, what is asked most first."""
    active = everybody.select(everybody.used & everybody.active)
    asked = [
        *_asked("specialism", SPECIALISMS, own.wanted, above.wanted, profile.specialisms, active.specialisms),
        *_asked("dossier", DOSSIERS, own.dossiers, above.dossiers, profile.dossiers, active.dossiers),
    ]
    asked.sort(key=lambda one: -one.demand)  # of equals: as listed
    scarce = sorted(
        (one for one in asked if one.demand >= numbers.SCARCE_FROM), key=lambda one: -_scarcity(one)
    )[: numbers.SCARCE]
    return [replace(one, scarcity=_scarcity(one)) if one in scarce else one for one in asked]


def _asked(kind: str, values: Bits, own: Array, above: Array, held: Array, offered: Array) -> list[Demanded]:
    at_own, at_next = dict(asking(own, values)), dict(asking(above, values))
    return [
        Demanded(
            kind=kind,
            value=value,
            own=at_own.get(value, 0),
            next=at_next.get(value, 0),
            held=bool(held[0] >> values.place(value) & 1),
            supply=int(np.count_nonzero(offered & np.uint32(1 << values.place(value)))),
        )
        for value in values.names(values.pack(at_own.keys() | at_next.keys()))
    ]


def _scarcity(one: Demanded) -> float:
    return one.demand / max(1, one.supply)
