"""A professional chooses how to be told: saved here at once, and published for the profiles service to keep.

The profile is that service's to change, so the choice travels as an event; what it makes of it comes back
as the contact's next version.
"""

from datetime import date, datetime
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.delivery import outbox
from contracts.events import PreferencesChosen
from contracts.facts import Preferences

from notifications import SERVICE
from notifications.domain.contact import Contact
from notifications.store import contacts


async def look_up(pool: Pool, profile_id: UUID) -> Contact | None:
    """Return a professional's contact; None where it is not known, or erased."""
    async with pool.acquire() as connection:
        return await contacts.get(connection, profile_id)


async def choose(
    pool: Pool, profile_id: UUID, wishes: Preferences, paused_until: date | None, now: datetime
) -> bool:
    """Take a choice; return False where nobody is known by this id."""
    async with pool.acquire() as connection, connection.transaction():
        contact = await contacts.get_for_update(connection, profile_id)
        if contact is None:
            return False
        await _save(connection, *contact.choose(wishes, paused_until, now), now)
    return True


async def unsubscribe(pool: Pool, profile_id: UUID, now: datetime) -> bool:
    """Choose no mail at all, and leave the other preferences as they are; False as in `choose`."""
    async with pool.acquire() as connection, connection.transaction():
        contact = await contacts.get_for_update(connection, profile_id)
        if contact is None:
            return False
        await _save(connection, *contact.unsubscribe(now), now)
    return True


async def _save(connection: Connection, contact: Contact, event: PreferencesChosen, now: datetime) -> None:
    await contacts.save_choice(connection, contact)
    await outbox.publish(connection, SERVICE, [event], now)
