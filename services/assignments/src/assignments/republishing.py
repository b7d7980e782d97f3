"""Publishes every assignment once more that was published before; drafts stay private."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.republishing import Published, Republication, versions_on_topics
from contracts.topics import ASSIGNMENTS

from assignments import SERVICE, store

BATCH_SIZE = 200


async def publish_assignments(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish some assignments, each under a version that nobody has seen."""
    assignments = await store.page_for_update(connection, after, BATCH_SIZE)
    on_topic = await versions_on_topics(connection, [one.assignment_id for one in assignments])
    for assignment in assignments:
        again, events = assignment.publish_again(above=on_topic.get(assignment.assignment_id, 0))
        await store.save(connection, again)
        await outbox.publish(connection, SERVICE, events, now, republished=True)
    return Published(len(assignments), assignments[-1].assignment_id if assignments else None)


REPUBLICATION = Republication(steps={"assignments": publish_assignments}, versioned=(ASSIGNMENTS,))
