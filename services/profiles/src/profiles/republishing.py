"""Publishes every profile once more, and every erasure."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.republishing import Published, Republication, versions_on_topics
from contracts.topics import CONTACTS, PROFILES

from profiles import SERVICE, keys, store
from profiles.domain.profile import erased

BATCH_SIZE = 200


async def publish_profiles(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish some profiles, each under a version that nobody has seen, and with its key."""
    found = await store.page_for_update(connection, after, BATCH_SIZE)
    profiles = [profile for profile in found.values() if profile is not None]
    ids = [profile.profile_id for profile in profiles]
    made = await keys.keys_made(connection, ids)
    await outbox.publish(connection, SERVICE, made, now, republished=True)
    on_topics = await versions_on_topics(connection, ids)
    for profile in profiles:
        above = on_topics.get(profile.profile_id, 0)
        again, events = profile.publish_again(above, now)
        await store.update(connection, again)
        await outbox.publish(connection, SERVICE, events, now, republished=True)
    return Published(len(profiles), next(reversed(found), None))


async def publish_erasures(connection: Connection, after: UUID | None, now: datetime) -> Published:
    """Publish the tombstones of some who were erased."""
    gone = await store.erasures(connection, after, BATCH_SIZE)
    events = [tombstone for profile_id in gone for tombstone in erased(profile_id)]
    await outbox.publish(connection, SERVICE, events, now, republished=True)
    return Published(len(gone), gone[-1] if gone else None)


REPUBLICATION = Republication(
    steps={"profiles": publish_profiles, "erasures": publish_erasures}, versioned=(PROFILES, CONTACTS)
)
