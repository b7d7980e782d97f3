"""Professionals: who they are, and how they want to be told. Of who is erased, that alone is known."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis.database import Connection
from contracts.events import ContactUpdated
from contracts.facts import Preferences

from notifications.domain.contact import Contact


async def upsert(connection: Connection, contacts: Sequence[ContactUpdated]) -> None:
    """Write contacts, one a professional, where their version is newer; who is erased stays erased."""
    await connection.execute(
        _UPSERT,
        [contact.profile_id for contact in contacts],
        [contact.version for contact in contacts],
        [contact.name for contact in contacts],
        [contact.email for contact in contacts],
        [contact.preferences.model_dump_json() for contact in contacts],
    )


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
"""


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
        preferences=Preferences.model_validate_json(row["preferences"]),
        paused_until=row["paused_until"],
    )


_GET = """
SELECT profile_id, name, preferences::text, paused_until
FROM contacts
WHERE profile_id = $1 AND NOT erased
"""


async def get_for_update(connection: Connection, profile_id: UUID) -> Contact | None:
    """Return a contact as `get` does, its row locked until the transaction ends."""
    await connection.execute(_LOCK, profile_id)
    return await get(connection, profile_id)


_LOCK = """
SELECT FROM contacts WHERE profile_id = $1 FOR UPDATE
"""


async def save_choice(connection: Connection, contact: Contact) -> None:
    """Write how a professional chose to be told, until the profiles service says it."""
    await connection.execute(
        _SAVE_CHOICE, contact.profile_id, contact.preferences.model_dump_json(), contact.paused_until
    )


_SAVE_CHOICE = """
UPDATE contacts SET preferences = $2::text::jsonb, paused_until = $3 WHERE profile_id = $1
"""
