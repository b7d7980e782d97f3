"""Local copies of another service's state: of each subject only the latest event of a batch counts."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any
from uuid import UUID

from contracts.envelope import Event


def latest(events: Iterable[Event], order: Callable[[Any], Any] = attrgetter("version")) -> dict[UUID, Event]:
    """Return the latest event of each subject, in the order in which the subjects first appear.

    `order` maps an event's data to what rises with each change; of equals the first counts. A tombstone
    (data None) beats everything, whatever comes before or after it.
    """
    found: dict[UUID, Event] = {}
    for event in events:
        known = found.get(event.subject)
        if known is None or _is_later(event, known, order):
            found[event.subject] = event
    return found


def _is_later(event: Event, known: Event, order: Callable[[Any], Any]) -> bool:
    if known.data is None or event.data is None:
        return known.data is not None
    return bool(order(event.data) > order(known.data))
