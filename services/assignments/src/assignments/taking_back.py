"""Takes back from the service's own topic what its database lost: newer versions, and whole assignments.

Each event is the full state. Drafts are on no topic: those go back with the database, but
for what was published meanwhile.
"""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import AssignmentOpened
from contracts.topics import ASSIGNMENTS

from assignments import draft_store, store
from assignments.domain.assignment import Assignment

OWN = (ASSIGNMENTS,)


async def take_back(connection: Connection, events: Sequence[Event]) -> bool:
    """Take back what events say beyond the database; tell whether that was anything."""
    found = [
        Assignment.published(event.data, event.time)
        for event in latest(events).values()
        if isinstance(event.data, AssignmentOpened)
    ]
    await draft_store.delete(connection, [assignment.assignment_id for assignment in found])
    return await store.take_back(connection, found)
