"""Publishes once more every assignment that was published before, and every placement; no draft."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.republishing import Published, Republication, versions_on_topics
from contracts.topics import ASSIGNMENTS, PLACEMENTS

from assignments import SERVICE, placement_store, store

BATCH_SIZE = 200


async def publish_assignments(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish some assignments, each under a version that nobody has seen."""
    found = await store.page_for_update(connection, after, BATCH_SIZE)
    assignments = [assignment for assignment in found.values() if assignment is not None]
    on_topic = await versions_on_topics(connection, [one.assignment_id for one in assignments])
    for assignment in assignments:
        again, events = assignment.publish_again(above=on_topic.get(assignment.assignment_id, 0))
        await store.save(connection, again)
        await outbox.publish(connection, SERVICE, events, now, republished=True)
    return Published(len(assignments), next(reversed(found), None))


async def publish_placements(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish some placements, each under a version that nobody has seen."""
    found = await placement_store.page_for_update(connection, after, BATCH_SIZE)
    placements = [placement for placement in found.values() if placement is not None]
    on_topic = await versions_on_topics(connection, [one.placement_id for one in placements])
    for placement in placements:
        again, event = placement.publish_again(above=on_topic.get(placement.placement_id, 0))
        await placement_store.save(connection, again)
        await outbox.publish(connection, SERVICE, [event], now, republished=True)
    return Published(len(placements), next(reversed(found), None))


REPUBLICATION = Republication(
    steps={"assignments": publish_assignments, "placements": publish_placements},
    versioned=(ASSIGNMENTS, PLACEMENTS),
)
