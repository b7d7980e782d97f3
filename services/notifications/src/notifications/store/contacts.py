"""Professionals: who they are, and how they want to be told. Of who is erased, that alone is known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Connection
from contracts.events import ContactUpdated
from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications.domain.address import in_ascii, normalised
from notifications.domain.contact import Contact
from notifications.store import mailboxes


@dataclass(frozen=True)
class Changed:
    """A professional whose contact changed: another mailbox, another rhythm (frequency or quiet hours), or
    another minimum score. `resubscribed`: their mailbox, where it is no longer unsubscribed."""

    profile_id: UUID
    mailbox: bool
    rhythm: bool
    min_score: bool
    resubscribed: str | None


async def upsert(connection: Connection, contacts: Sequence[ContactUpdated]) -> list[Changed]:
    """Write contacts, one a professional, where their version is newer, and return what changed of whom was
    known; who is erased stays erased.

    Who wanted no mail and wants some now takes back that their mailbox was unsubscribed.
    """
    rows = await connection.fetch(_BEFORE, [contact.profile_id for contact in contacts])
    before = {row["profile_id"]: row for row in rows}
    written = await connection.fetch(
        _UPSERT,
        [contact.profile_id for contact in contacts],
        [contact.version for contact in contacts],
        [contact.name for contact in contacts],
        [in_ascii(contact.email) for contact in contacts],
        [contact.preferences.model_dump_json() for contact in contacts],
    )
    new = {contact.profile_id: contact for contact in contacts}
    changed = []
    for profile_id in (row["profile_id"] for row in written):
        if profile_id not in before:
            continue
        old, contact = before[profile_id], new[profile_id]
        wishes = Preferences.model_validate_json(old["preferences"])
        one = _changed(profile_id, old["email"], wishes, contact)
        if one.resubscribed is not None:
            await mailboxes.save(connection, one.resubscribed, unsubscribed=False)
        changed.append(one)
    return changed


_BEFORE = """
SELECT profile_id, email, preferences::text
FROM contacts
WHERE profile_id = ANY($1) AND NOT erased
ORDER BY profile_id
FOR UPDATE
"""
_UPSERT = """
INSERT INTO contacts AS stored (profile_id, version, erased, name, email, preferences)
SELECT profile_id, version, false, name, email, preferences::jsonb
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[])
    AS new (profile_id, version, name, email, preferences)
ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE
SET version = excluded.version, name = excluded.name, email = excluded.email,
    preferences = excluded.preferences
WHERE NOT stored.erased AND excluded.version > stored.version
RETURNING profile_id
"""


def _changed(profile_id: UUID, email: str, wishes: Preferences, new: ContactUpdated) -> Changed:
    return Changed(
        profile_id,
        mailbox=normalised(email) != normalised(new.email),
        rhythm=(wishes.frequency, wishes.quiet_hours)
        != (new.preferences.frequency, new.preferences.quiet_hours),
        min_score=wishes.min_score != new.preferences.min_score,
        resubscribed=normalised(new.email)
        if wishes.frequency is Frequency.NONE and new.preferences.frequency is not Frequency.NONE
        else None,
    )


async def erased(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these is erased."""
    rows = await connection.fetch(_ERASED, list(profile_ids))
    return {row["profile_id"] for row in rows}


_ERASED = """
SELECT profile_id FROM contacts WHERE profile_id = ANY($1) AND erased
"""


async def get(connection: Connection, profile_id: UUID) -> Contact | None:
    """Return a contact; None where it is not known, or erased."""
    row = await connection.fetchrow(_GET, profile_id)
    if row is None:
        return None
    return Contact(
        profile_id=row["profile_id"],
        name=row["name"],
        preferences=effective(row["preferences"], unsubscribed=row["unsubscribed"]),
        paused_until=row["paused_until"],
        news=not row["no_news"],
    )


_GET = """
SELECT profile_id, name, preferences::text, paused_until, coalesce(no_news, false) AS no_news,
    coalesce(unsubscribed, false) AS unsubscribed
FROM contacts LEFT JOIN mailboxes ON mailbox = lower(email)
WHERE profile_id = $1 AND NOT erased
"""


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


async def save_choice(connection: Connection, contact: Contact) -> str:
    """Write how a professional chose to be told, until the profiles service says it; return their mailbox."""
    mailbox: str = await connection.fetchval(
        _SAVE_CHOICE, contact.profile_id, contact.preferences.model_dump_json(), contact.paused_until
    )
    return mailbox


_SAVE_CHOICE = """
UPDATE contacts SET preferences = $2::text::jsonb, paused_until = $3 WHERE profile_id = $1
RETURNING lower(email)
"""
