"""Takes back from the service's own topics what its database lost: newer versions, whole profiles, erasures.

A profile stands on two topics, in two halves of one version. So each half is taken by itself where it is
newer than the profile here, and the other one with it; of a profile that is not known both are needed first.
What no topic says is not taken back: when a profile was made is then the moment of the event that brings it,
and the day on which a pause ends comes again with the professional's choice, which is read once more. The
commitments, and what colleagues see, stay those that the database has; what identifies a client in the
portfolio is on no topic, and an entry that is taken back is without it.

The contacts are read first. A change publishes its facts before its contact, so the facts may have gone out
alone: they are the last to set the version, and hide no contact.

Who was erased stays erased: the tombstones say so, whatever copy the database was restored from.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from chassis.delivery import outbox, sealing
from chassis.delivery.projection import latest
from chassis.delivery.sealing import KEY_TYPES
from contracts.envelope import Event
from contracts.events import ContactUpdated, ProfileUpdated
from contracts.facts import Contact, ProfileFacts
from contracts.topics import CONTACTS, KEYS, PROFILES

from profiles import SERVICE, halves_store
from profiles.domain.profile import erased
from profiles.halves_store import Half

OWN = (KEYS, CONTACTS, PROFILES)


async def take_back(connection: Connection, events: Sequence[Event]) -> bool:
    """Take back what events say beyond the database; tell whether that was anything."""
    found = await sealing.take_keys(connection, [event for event in events if event.type in KEY_TYPES])
    newest = latest([event for event in events if event.type not in KEY_TYPES])
    gone = sorted(profile_id for profile_id, event in newest.items() if event.data is None)
    unknown = await halves_store.take_back_erasures(connection, gone)
    # One of the two tombstones may have been lost with the database.
    tombstones = [tombstone for profile_id in unknown for tombstone in erased(profile_id)]
    await outbox.publish(connection, SERVICE, tombstones, datetime.now(UTC), republished=True)
    halves = [_half(event) for _, event in sorted(newest.items()) if event.data is not None]
    return await halves_store.take_back_halves(connection, halves) or bool(unknown) or found


def _half(event: Event) -> Half:
    data = event.data
    assert isinstance(data, ProfileUpdated | ContactUpdated)
    is_contact = isinstance(data, ContactUpdated)
    fields = Contact.model_fields if is_contact else ProfileFacts.model_fields
    if isinstance(data, ProfileUpdated):
        data = _as_written(data)
    return Half(
        profile_id=event.subject,
        is_contact=is_contact,
        version=data.version,
        content=data.model_dump_json(include=set(fields)),
        at=event.time,
        links_from=data.links_from if isinstance(data, ContactUpdated) else None,
    )


def _as_written(data: ProfileUpdated) -> ProfileUpdated:
    """Return the facts without what follows from the work, which follows again: the person's own hours and
    days, and no entry of a placement of which they said nothing."""
    own = {} if data.own is None else dict(data.own)
    said = [one for one in data.portfolio if one.placement_id is None or one.specialisms or one.dossiers]
    return data.model_copy(update={**own, "portfolio": said})
