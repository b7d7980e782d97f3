"""A professional chooses how to be told: saved here at once, and published for the profiles service to keep.

The profile is that service's to change, so the choice travels as an event; what it makes of it comes back
as the contact's next version.
"""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.delivery import outbox
from contracts.events import PreferencesChosen
from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications import SERVICE
from notifications.answers.links import Link
from notifications.domain.contact import Contact
from notifications.store import contacts, erasure, mailboxes, notices, suppressions

Choose = Callable[[Contact], tuple[Contact, PreferencesChosen]]


async def look_up(pool: Pool, link: Link) -> Contact | None:
    """Return the contact that a link leads to; None where it is not known, or erased, or the link ended."""
    async with pool.acquire() as connection:
        contact = await contacts.get(connection, link.subject)
    return contact if contact is not None and link.holds(contact.links_from) else None


async def choose(
    pool: Pool,
    profile_id: UUID,
    wishes: Preferences,
    paused_until: date | None,
    now: datetime,
    *,
    news: bool | None = None,
) -> bool:
    """Take a choice; return False where nobody is known by this id.

    To want no mail, or no news, goes for the mailbox: for every professional whose address it is.
    """
    return await _take(pool, profile_id, now, lambda one: one.choose(wishes, paused_until, now, news=news))


async def unsubscribe(pool: Pool, profile_id: UUID, now: datetime, *, news: bool | None = None) -> bool:
    """Choose no mail about new opdrachten, and leave the other preferences as they are; as `choose`."""
    return await _take(pool, profile_id, now, lambda one: one.unsubscribe(now, news=news))


async def _take(pool: Pool, profile_id: UUID, now: datetime, choose: Choose) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        return await _apply(connection, profile_id, now, choose) is not None


async def end_links(connection: Connection, profile_id: UUID, now: datetime) -> str | None:
    """End the links in all mails to a professional so far; return their mailbox, None where nobody is known
    by this id. The caller locks erasures out."""
    return await _apply(connection, profile_id, now, lambda one: one.end_links(now))


async def _apply(connection: Connection, profile_id: UUID, now: datetime, choose: Choose) -> str | None:
    before = await contacts.get_for_update(connection, profile_id)
    if before is None:
        return None
    contact, event = choose(before)
    mailbox = await contacts.save_choice(connection, contact, event.chosen_at)
    unsubscribed = contact.preferences.frequency is Frequency.NONE
    no_news = not contact.news
    await mailboxes.save(connection, mailbox, profile_id, unsubscribed=unsubscribed, no_news=no_news)
    if unsubscribed is not (before.preferences.frequency is Frequency.NONE):
        everybody = await suppressions.profiles_of(connection, [mailbox])
        await notices.reconsider(connection, everybody, now, other_address=False)
    elif _rhythm(before) != _rhythm(contact):
        await notices.reconsider(connection, [profile_id], now, other_address=False)
    if before.preferences.min_score != contact.preferences.min_score:
        await notices.reconsider_by_score(connection, now, profile_ids=[profile_id])
    await outbox.publish(connection, SERVICE, [event], now)
    return mailbox


def _rhythm(contact: Contact) -> tuple[Frequency, bool]:
    return contact.preferences.frequency, contact.preferences.quiet_hours
