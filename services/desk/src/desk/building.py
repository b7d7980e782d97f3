"""What a batch of events does to what the desk knows, and to the stream of alerts: in one transaction, so
whoever sees an alert finds what it tells.

Whatever order events come in, and however often, the latest of each thing counts: by its version, or by the
moment that its owner gave it. What is not later than what is known changes nothing, and alerts nobody.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import NoticeSettled
from contracts.topics import ASSIGNMENTS
from contracts.vocabulary import NoticeOutcome

from contracts import probe
from desk.store import advice, alerts, assignments, checkins, erasure, matches, notices, people, placements

CAME_BACK = frozenset({NoticeOutcome.BOUNCED, NoticeOutcome.COMPLAINED, NoticeOutcome.REFUSED})


async def build(connection: Connection, events: Sequence[Event], *, alerts_since: datetime) -> None:
    """Apply a batch. What is published once more alerts nobody, nor does what happened before
    `alerts_since`: that alert would not be kept. The probe is nothing that the desk knows of."""
    events = [one for one in events if one.type != ASSIGNMENTS.tombstone and not probe.concerns(one)]
    await alerts.take_turn(connection)
    await people.apply(connection, events)
    new = [
        *await assignments.apply(connection, events),
        *await matches.apply(connection, events),
        *await advice.apply(connection, events),
        *await notices.apply(connection, events),
        *await placements.apply(connection, events),
        *await checkins.apply(connection, events),
    ]
    told = [event for event in new if not event.republished and event.time >= alerts_since and _alerts(event)]
    await alerts.add(connection, [event.data for event in told if event.data is not None])
    await _erase(connection, events)


def _alerts(event: Event) -> bool:
    """Tell whether an event is for the stream: of mails only those that came back."""
    return not isinstance(event.data, NoticeSettled) or event.data.outcome in CAME_BACK


async def _erase(connection: Connection, events: Sequence[Event]) -> None:
    """Erase who is to be erased, and once more who was, and of whom something has come since."""
    erased = {event.subject for event in events if event.data is None}
    erased |= await people.erased(connection, _profiles(events))
    if erased:
        await erasure.erase(connection, erased)


def _profiles(events: Sequence[Event]) -> Collection[UUID]:
    ids = {getattr(event.data, "profile_id", None) for event in events}
    return [one for one in ids if one is not None]
