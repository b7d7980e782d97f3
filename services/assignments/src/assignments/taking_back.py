"""Takes back from the service's own topics what its database lost: newer versions, whole assignments and
placements.

Each event is the full state. Drafts are on no topic: those go back with the database, but
for what was published meanwhile.
"""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import AssignmentOpened, PlacementAgreed
from contracts.topics import ASSIGNMENTS, PLACEMENTS

from assignments import draft_store, placement_store, store
from assignments.domain.assignment import Assignment
from assignments.domain.placement import Placement

OWN = (ASSIGNMENTS, PLACEMENTS)


async def take_back(connection: Connection, events: Sequence[Event]) -> bool:
    """Take back what events say beyond the database; tell whether that was anything."""
    newest = latest(events).values()
    found = [
        Assignment.published(event.data, event.time)
        for event in newest
        if isinstance(event.data, AssignmentOpened)
    ]
    placements = [
        Placement.published(event.data, event.time)
        for event in newest
        if isinstance(event.data, PlacementAgreed)
    ]
    await store.forget(connection, [event.subject for event in events if event.type == ASSIGNMENTS.tombstone])
    await draft_store.delete(connection, [assignment.assignment_id for assignment in found])
    was_lost = await placement_store.take_back(connection, placements)
    return await store.take_back(connection, found) or was_lost
