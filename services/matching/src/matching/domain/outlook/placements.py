"""Placements, as far as the career view looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.vocabulary import Level


@dataclass(frozen=True)
class Placement:
    """Somebody does an opdracht. `own`: the professional in question; `ended`: also where `cancelled`."""

    own: bool
    level: Level
    starts_on: date
    ends_on: date
    rate_cents: int
    ended: bool = False
    cancelled: bool = False


def end_of_running(placements: Iterable[Placement], today: date) -> date | None:
    """Return the last day of what the professional does now; of several, of the one that ends last."""
    running = [
        one.ends_on
        for one in placements
        if one.own and not one.ended and one.starts_on <= today <= one.ends_on
    ]
    return max(running, default=None)
