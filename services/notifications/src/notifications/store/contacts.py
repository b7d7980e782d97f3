"""Professionals: who they are, and how they want to be told. Of who is erased, that alone is known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible, read_row
from contracts.events import ContactUpdated
from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications.domain.address import in_ascii, normalised
from notifications.domain.contact import Contact, Recipient
from notifications.store import mailboxes
from notifications.store.addresses import Move


@dataclass(frozen=True)
class Changed:
    """A professional whose contact changed: another mailbox, another rhythm (frequency or quiet hours), or
    another minimum score. `move`: where the mailbox is another; `resubscribed`: their mailbox, where it is no
    longer unsubscribed; `asked_anew`: who was mailed is asked whether mails may come."""

    profile_id: UUID
    move: Move | None
    rhythm: bool
    min_score: bool
    resubscribed: str | None
    asked_anew: bool = False


async def upsert(connection: Connection, contacts: Sequence[ContactUpdated]) -> list[Changed]:
    """Write contacts, one a professional, where their version is newer, and return what changed of whom was
    known; who is erased stays erased.

    A choice that was made here holds until the profiles service tells of it: what it told before, and after
    for another reason, was under way; and so does a yes that was said here from this mailbox. Who wanted no
    mail and wants some now takes back that their mailbox was unsubscribed. With another mailbox, links to the
    former one end.
    """
    rows = await connection.fetch(_BEFORE, [contact.profile_id for contact in contacts])
    before = {row["profile_id"]: row for row in rows}
    chosen = {one["profile_id"]: one["chosen_at"] for one in rows if one["chosen_at"] is not None}
    choosing = {
        contact.profile_id
        for contact in contacts
        if contact.profile_id in chosen and _precedes(contact, chosen[contact.profile_id])
    }
    links_from = [_links_from(contact, before.get(contact.profile_id)) for contact in contacts]
    written = await connection.fetch(
        _UPSERT,
        [contact.profile_id for contact in contacts],
        [contact.version for contact in contacts],
        [contact.name for contact in contacts],
        [in_ascii(contact.email) for contact in contacts],
        [contact.preferences.model_dump_json() for contact in contacts],
        list(choosing),
        links_from,
        [contact.erased_on for contact in contacts],
        [contact.silent_since for contact in contacts],
        [contact.called for contact in contacts],
        [contact.coach and contact.coach.model_dump_json() for contact in contacts],
        [contact.confirmed_at is None for contact in contacts],
    )
    new = {contact.profile_id: contact for contact in contacts}
    changed = []
    for row in written:
        profile_id = row["profile_id"]
        if profile_id not in before:
            continue
        wishes = None if profile_id in choosing else new[profile_id].preferences
        one = _changed(before[profile_id], new[profile_id].email, row["links_from"], wishes)
        if one.resubscribed is not None:
            await mailboxes.save(connection, one.resubscribed, profile_id, unsubscribed=False)
        asked_anew = row["unconfirmed"] and not before[profile_id]["unconfirmed"]
        changed.append(replace(one, asked_anew=asked_anew))
    return changed


_BEFORE = """
SELECT profile_id, email, preferences::text, chosen_at, links_from, unconfirmed
FROM contacts
WHERE profile_id = ANY($1) AND NOT erased
ORDER BY profile_id
FOR UPDATE
"""
_UPSERT = """
INSERT INTO contacts AS stored (profile_id, version, erased, name, email, preferences, links_from, erased_on,
    silent_since, called, coach, unconfirmed)
SELECT profile_id, version, false, name, email, preferences::jsonb, links_from, erased_on, silent_since,
    called, coach::jsonb, unconfirmed
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $7::int[], $8::date[],
        $9::timestamptz[], $10::text[], $11::text[], $12::bool[])
    AS new (profile_id, version, name, email, preferences, links_from, erased_on, silent_since, called, coach,
        unconfirmed)
ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE
SET version = excluded.version, name = excluded.name, email = excluded.email,
    called = excluded.called, coach = excluded.coach,
    unconfirmed = excluded.unconfirmed
        AND (stored.confirmed_at IS NULL OR lower(stored.email) <> lower(excluded.email)),
    confirmed_at = CASE WHEN excluded.unconfirmed AND lower(stored.email) = lower(excluded.email)
        THEN stored.confirmed_at END,
    links_from = greatest(stored.links_from, excluded.links_from),
    erased_on = excluded.erased_on, silent_since = excluded.silent_since,
    preferences = CASE WHEN excluded.profile_id = ANY($6) THEN stored.preferences
        ELSE excluded.preferences END,
    chosen_at = CASE WHEN excluded.profile_id = ANY($6) THEN stored.chosen_at END
WHERE NOT stored.erased AND excluded.version > stored.version
RETURNING profile_id, links_from, unconfirmed
"""


def _links_from(contact: ContactUpdated, before: asyncpg.Record | None) -> int:
    """Return the generation of links that a contact begins. Events of before it was in them do not say it:
    there it is the version that has another mailbox."""
    if contact.links_from is not None:
        return contact.links_from
    if before is None or normalised(before["email"]) == normalised(contact.email):
        return 1
    former: int = before["links_from"]
    return max(contact.version, former + 1)


def _precedes(contact: ContactUpdated, chosen_at: datetime) -> bool:
    """Tell whether a choice is not in a contact yet. Of before contacts said so, it is taken to be."""
    says = "chosen_at" in contact.model_fields_set
    return says and (contact.chosen_at is None or contact.chosen_at < chosen_at)


def _changed(before: asyncpg.Record, email: str, links_from: int, new: Preferences | None) -> Changed:
    """Return what changed; `new` None: nothing of what they prefer. What cannot be read was otherwise."""
    move = None
    if normalised(before["email"]) != normalised(email):
        move = Move(before["profile_id"], before["email"], links_from)
    if new is None:
        return Changed(before["profile_id"], move, rhythm=False, min_score=False, resubscribed=None)
    old = read_if_possible("contacts", before["profile_id"], before, _preferences)
    wants_mail_again = new.frequency is not Frequency.NONE and (
        old is None or old.frequency is Frequency.NONE
    )
    return Changed(
        before["profile_id"],
        move,
        rhythm=old is None or (old.frequency, old.quiet_hours) != (new.frequency, new.quiet_hours),
        min_score=old is None or old.min_score != new.min_score,
        resubscribed=normalised(email) if wants_mail_again else None,
    )


def _preferences(row: asyncpg.Record) -> Preferences:
    return Preferences.model_validate_json(row["preferences"])


async def erased(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these is erased."""
    rows = await connection.fetch(_ERASED, list(profile_ids))
    return {row["profile_id"] for row in rows}


_ERASED = """
SELECT profile_id FROM contacts WHERE profile_id = ANY($1) AND erased
"""


async def get(connection: Connection, profile_id: UUID) -> Contact | None:
    """Return a contact; None where it is not known, or erased. Raises UnreadableRow."""
    row = await connection.fetchrow(_GET, profile_id)
    return None if row is None else read_row("contacts", profile_id, row, _contact)


_GET = """
SELECT profile_id, version, name, preferences::text, paused_until, links_from, unconfirmed,
    coalesce(no_news, false) AS no_news, coalesce(unsubscribed, false) AS unsubscribed
FROM contacts LEFT JOIN mailboxes ON mailbox = lower(email)
WHERE profile_id = $1 AND NOT erased
"""


def _contact(row: asyncpg.Record) -> Contact:
    return Contact(
        profile_id=row["profile_id"],
        name=row["name"],
        preferences=effective(row["preferences"], unsubscribed=row["unsubscribed"]),
        paused_until=row["paused_until"],
        news=not row["no_news"],
        version=row["version"],
        links_from=row["links_from"],
        unconfirmed=row["unconfirmed"],
    )


async def recipients(connection: Connection, profile_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """Return those of these professionals who are known, and can be read, as who is to be told."""
    rows = await connection.fetch(_RECIPIENTS, list(profile_ids))
    read = {
        row["profile_id"]: read_if_possible("contacts", row["profile_id"], row, recipient) for row in rows
    }
    return {profile_id: one for profile_id, one in read.items() if one is not None}


_RECIPIENTS = """
SELECT c.profile_id, c.name, c.called, c.email, c.links_from, c.unconfirmed, c.preferences::text,
    s.reason AS suppressed,
    coalesce(b.unsubscribed, false) AS unsubscribed, coalesce(b.no_news, false) AS no_news
FROM contacts c
LEFT JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
LEFT JOIN mailboxes b ON b.mailbox = lower(c.email)
WHERE c.profile_id = ANY($1) AND NOT c.erased
"""


def recipient(row: asyncpg.Record) -> Recipient:
    """Return who is to be told, of a row that has them."""
    return Recipient(
        name=row["name"],
        email=row["email"],
        preferences=effective(row["preferences"], unsubscribed=row["unsubscribed"]),
        suppressed=row["suppressed"],
        news=not row["no_news"],
        links_from=row["links_from"],
        called=row["called"],
        unconfirmed=row["unconfirmed"],
    )


def effective(preferences: str, *, unsubscribed: bool) -> Preferences:
    """Read preferences as they count: a mailbox that was unsubscribed gets no mail about new opdrachten."""
    wishes = Preferences.model_validate_json(preferences)
    return wishes.model_copy(update={"frequency": Frequency.NONE}) if unsubscribed else wishes


async def get_for_update(connection: Connection, profile_id: UUID) -> Contact | None:
    """Return a contact as `get` does, its row locked until the transaction ends."""
    await connection.execute(_LOCK, profile_id)
    return await get(connection, profile_id)


_LOCK = """
SELECT FROM contacts WHERE profile_id = $1 FOR UPDATE
"""


async def save_choice(connection: Connection, contact: Contact, chosen_at: datetime) -> str:
    """Write how a professional chose to be told, until the profiles service says it; return their mailbox."""
    mailbox: str = await connection.fetchval(
        _SAVE_CHOICE,
        contact.profile_id,
        contact.preferences.model_dump_json(),
        contact.paused_until,
        chosen_at,
        contact.links_from,
    )
    return mailbox


_SAVE_CHOICE = """
UPDATE contacts SET preferences = $2::text::jsonb, paused_until = $3, chosen_at = $4, links_from = $5,
    erased_on = NULL
WHERE profile_id = $1
RETURNING lower(email)
"""
