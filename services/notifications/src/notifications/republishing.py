"""Publishes once more the last answer on every match, and how every notice ended."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.republishing import Published, Republication

from notifications import SERVICE
from notifications.store.last_events import last_answers, last_endings

BATCH_SIZE = 500


async def publish_answers(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish the last answers on some matches, which are locked."""
    match_ids, answers = await last_answers(connection, after, BATCH_SIZE)
    await outbox.publish(connection, SERVICE, answers, now, republished=True)
    return Published(len(answers), match_ids[-1] if match_ids else None)


async def publish_endings(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish how some notices ended, which are locked."""
    notice_ids, endings = await last_endings(connection, after, BATCH_SIZE)
    await outbox.publish(connection, SERVICE, endings, now, republished=True)
    return Published(len(endings), notice_ids[-1] if notice_ids else None)


REPUBLICATION = Republication(steps={"answers": publish_answers, "notices": publish_endings})
