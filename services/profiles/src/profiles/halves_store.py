"""Profiles as their topics have them, taken back into PostgreSQL: half a profile at a time, and erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import erasure
from chassis.database import Connection

from profiles import store
from profiles.erasure import ERASURE


@dataclass(frozen=True)
class Half:
    """One half of a profile as its topic has it: the contact, or what matching may know, as JSON.
    `links_from` comes with the contact."""

    profile_id: UUID
    is_contact: bool
    version: int
    content: str
    at: datetime
    links_from: int | None = None


async def take_back_halves(connection: Connection, halves: Sequence[Half]) -> bool:
    """Write halves that are newer than the profile here, and the other halves of these; tell whether one of
    them was newer.

    Those of one call are of one topic, each of another profile. Where a half was newer is noted (`halves`),
    for what is as new as the profile is taken with such a half alone. When they confirmed that they stay
    counts from this change then, and who was asked is asked again. A mailbox that may have changed is left
    to be filled in (`mailbox_store.fill_mailboxes`); whoever is erased stays erased.
    """
    if not halves:
        return False
    columns = (
        [half.profile_id for half in halves],
        ["contact" if half.is_contact else "facts" for half in halves],
        [half.version for half in halves],
        [half.content for half in halves],
        [half.at for half in halves],
        [half.links_from for half in halves],
    )
    newer = await connection.fetch(_TAKE_BACK_KNOWN, *columns)
    unknown = await connection.fetch(_KEEP_HALVES, *columns)
    await connection.execute(_JOIN_HALVES, columns[0])
    return bool(newer or unknown)


_TAKE_BACK_KNOWN = """
WITH known AS (
    SELECT new.*, profiles.version < new.version AS is_newer
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::int[])
        AS new (profile_id, half, version, content, at, links_from)
    JOIN profiles USING (profile_id)
    WHERE profiles.version < new.version OR profiles.version = new.version AND EXISTS (
        SELECT FROM halves
        WHERE halves.profile_id = new.profile_id AND halves.half <> new.half AND halves.version = new.version
    )
    ORDER BY profile_id
    FOR UPDATE OF profiles
), written AS (
    UPDATE profiles
    SET version = known.version, updated_at = greatest(updated_at, known.at), confirmed_at = NULL,
        erased_on = NULL, asked_since = NULL,
        contact = CASE known.half WHEN 'contact' THEN known.content::jsonb ELSE contact END,
        facts = CASE known.half WHEN 'facts' THEN known.content::jsonb ELSE facts END,
        mailbox = CASE WHEN known.half = 'contact' AND known.content::jsonb->>'email' <> contact->>'email'
            THEN NULL ELSE mailbox END,
        links_from = greatest(profiles.links_from, known.links_from)
    FROM known
    WHERE profiles.profile_id = known.profile_id
), whole AS (
    DELETE FROM halves USING known
    WHERE halves.profile_id = known.profile_id AND halves.half <> known.half
)
INSERT INTO halves AS stored (profile_id, half, version, content, at)
SELECT profile_id, half, version, '{}', at FROM known WHERE is_newer
ON CONFLICT (profile_id, half) DO UPDATE SET version = excluded.version, at = excluded.at
RETURNING profile_id
"""
_KEEP_HALVES = """
INSERT INTO halves AS stored (profile_id, half, version, content, at, links_from)
SELECT profile_id, half, version, content::jsonb, at, links_from
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::int[])
    AS new (profile_id, half, version, content, at, links_from)
WHERE NOT EXISTS (SELECT FROM profiles WHERE profiles.profile_id = new.profile_id)
    AND NOT EXISTS (SELECT FROM erasures WHERE erasures.profile_id = new.profile_id)
ON CONFLICT (profile_id, half) DO UPDATE
SET version = excluded.version, content = excluded.content, at = excluded.at, links_from = excluded.links_from
WHERE excluded.version > stored.version
RETURNING profile_id
"""
# Where their versions differ, the older half's newest version comes later: it goes with the newer half.
_JOIN_HALVES = """
WITH pair AS (
    SELECT profile_id, greatest(contact.version, facts.version) AS version,
        contact.version = facts.version AS is_whole, contact.content AS contact, facts.content AS facts,
        coalesce(contact.links_from, 1) AS links_from,
        least(contact.at, facts.at) AS first_at, greatest(contact.at, facts.at) AS last_at
    FROM halves AS contact JOIN halves AS facts USING (profile_id)
    WHERE profile_id = ANY($1) AND contact.half = 'contact' AND facts.half = 'facts'
        AND NOT EXISTS (SELECT FROM profiles WHERE profiles.profile_id = contact.profile_id)
), older AS (
    DELETE FROM halves USING pair
    WHERE halves.profile_id = pair.profile_id AND (is_whole OR halves.version < pair.version)
), newer AS (
    UPDATE halves SET content = '{}' FROM pair
    WHERE halves.profile_id = pair.profile_id AND NOT is_whole AND halves.version = pair.version
)
INSERT INTO profiles (profile_id, version, contact, facts, created_at, updated_at, links_from)
SELECT profile_id, version, contact, facts, first_at, last_at, links_from FROM pair
"""


async def take_back_erasures(connection: Connection, profile_ids: Sequence[UUID]) -> list[UUID]:
    """Erase people, known here or not; return those whose erasure was not known."""
    if not profile_ids:
        return []
    await store.lock(connection, profile_ids)
    unknown = [row["profile_id"] for row in await connection.fetch(_ADD_ERASURES, profile_ids)]
    await erasure.erase(connection, (*ERASURE, *erasure.CHASSIS), unknown)
    return unknown


_ADD_ERASURES = """
INSERT INTO erasures (profile_id, erased_at)
SELECT profile_id, now() FROM unnest($1::uuid[]) AS gone (profile_id) ORDER BY profile_id
ON CONFLICT DO NOTHING
RETURNING profile_id
"""
