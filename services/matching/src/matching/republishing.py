"""Publishes once more how every pair stands: its last proposal, withdrawal and decision, where they are kept.

The events have the moments that they had, so whoever knows them changes nothing.
"""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.republishing import Published, Republication

from matching import SERVICE
from matching.store.assignments import lock_assignments
from matching.store.last_events import assignments_with_pairs, last_events

BATCH_SIZE = 20  # assignments, each with its pairs


async def publish_pairs(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish the pairs of some assignments, which are locked as by whoever changes one of their pairs."""
    assignments = await assignments_with_pairs(connection, after, BATCH_SIZE)
    await lock_assignments(connection, assignments)
    events = await last_events(connection, assignments)
    await outbox.publish(connection, SERVICE, events, now, republished=True)
    return Published(len(events), assignments[-1] if assignments else None)


REPUBLICATION = Republication(steps={"pairs": publish_pairs})
