"""Professionals: who they are, and their facts. Of who is erased, that alone is known."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import ContactUpdated, ProfileUpdated

NOT_FACTS = {"profile_id", "version"}


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Write both halves of people, each where its version is newer."""
    contacts = latest(event for event in events if isinstance(event.data, ContactUpdated))
    await _write_contacts(connection, list(contacts.values()))
    facts = latest(event for event in events if isinstance(event.data, ProfileUpdated))
    await _write_facts(connection, list(facts.values()))


async def _write_contacts(connection: Connection, events: Sequence[Event]) -> None:
    known = [event.data for event in events if isinstance(event.data, ContactUpdated)]
    if not known:
        return
    await connection.execute(
        _END_SESSIONS,
        [one.profile_id for one in known],
        [one.version for one in known],
        [one.email for one in known],
    )
    await connection.execute(
        _WRITE_CONTACTS,
        [one.profile_id for one in known],
        [one.version for one in known],
        [one.name for one in known],
        [one.email for one in known],
        [one.phone for one in known],
        [one.preferences.model_dump_json() for one in known],
        [one.confirmed_at is None for one in known],
    )


# Who signed in by a link to an address is signed in no more once it is not theirs.
_END_SESSIONS = """
DELETE FROM sessions
USING unnest($1::uuid[], $2::int[], $3::text[]) AS new (profile_id, version, email)
    JOIN people USING (profile_id)
WHERE sessions.subject = new.profile_id::text AND lower(people.email) <> lower(new.email)
    AND new.version > people.contact_version
"""
_WRITE_CONTACTS = """
INSERT INTO people AS stored (profile_id, contact_version, name, email, phone, preferences, unconfirmed)
SELECT profile_id, version, name, email, phone, preferences::jsonb, unconfirmed
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[])
    AS new (profile_id, version, name, email, phone, preferences, unconfirmed)
ON CONFLICT (profile_id) DO UPDATE
SET contact_version = excluded.contact_version, name = excluded.name, email = excluded.email,
    phone = excluded.phone, preferences = excluded.preferences, unconfirmed = excluded.unconfirmed
WHERE (stored.contact_version >= excluded.contact_version) IS NOT TRUE
"""


async def _write_facts(connection: Connection, events: Sequence[Event]) -> None:
    known = [(event.data, event.time) for event in events if isinstance(event.data, ProfileUpdated)]
    if not known:
        return
    await connection.execute(
        _WRITE_FACTS,
        [one.profile_id for one, _ in known],
        [one.version for one, _ in known],
        [one.model_dump_json(exclude=NOT_FACTS) for one, _ in known],
        [at for _, at in known],
    )


_WRITE_FACTS = """
INSERT INTO people AS stored (profile_id, facts_version, facts, facts_at)
SELECT profile_id, version, facts::jsonb, at
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[]) AS new (profile_id, version, facts, at)
ON CONFLICT (profile_id) DO UPDATE
SET facts_version = excluded.facts_version, facts = excluded.facts, facts_at = excluded.facts_at
WHERE (stored.facts_version >= excluded.facts_version) IS NOT TRUE
"""


async def erased(connection: Connection, profile_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these is erased."""
    rows = await connection.fetch(_ERASED, list(profile_ids))
    return {row["profile_id"] for row in rows}


_ERASED = """
SELECT profile_id FROM people WHERE profile_id = ANY($1) AND erased
"""


async def names(connection: Connection, profile_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of those of these people whose name is known."""
    rows = await connection.fetch(_NAMES, list(profile_ids))
    return {row["profile_id"]: row["name"] for row in rows}


_NAMES = """
SELECT profile_id, name FROM people WHERE profile_id = ANY($1) AND name IS NOT NULL
"""
