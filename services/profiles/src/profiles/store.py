"""Profiles in PostgreSQL, each change with its events in the outbox."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.delivery import outbox
from contracts.facts import Contact, ProfileFacts
from contracts.topics import CONTACTS, PROFILES

from profiles.domain.profile import Profile

SERVICE = "profiles"
COLUMNS = "profile_id, version, contact, facts, created_at, updated_at, preferences_chosen_at, resume_on"


async def insert(connection: Connection, profile: Profile) -> None:
    """Store a new profile and publish it."""
    await connection.execute(
        f"INSERT INTO profiles ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.profile_id,
        profile.version,
        profile.contact.model_dump(mode="json"),
        profile.facts.model_dump(mode="json"),
        profile.created_at,
        profile.updated_at,
        profile.preferences_chosen_at,
        profile.resume_on,
    )
    await _publish(connection, profile)


async def update(connection: Connection, profile: Profile) -> None:
    """Store a changed profile, whose row the caller holds, and publish it."""
    await connection.execute(
        "UPDATE profiles SET version = $2, contact = $3, facts = $4, updated_at = $5,"
        " preferences_chosen_at = $6, resume_on = $7 WHERE profile_id = $1",
        profile.profile_id,
        profile.version,
        profile.contact.model_dump(mode="json"),
        profile.facts.model_dump(mode="json"),
        profile.updated_at,
        profile.preferences_chosen_at,
        profile.resume_on,
    )
    await _publish(connection, profile)


async def to_resume(connection: Connection, today: date, limit: int) -> list[Profile]:
    """Return profiles whose pause is over, and hold their rows until the transaction ends."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM profiles WHERE resume_on <= $1 ORDER BY profile_id LIMIT $2"
        " FOR UPDATE SKIP LOCKED",
        today,
        limit,
    )
    return [_profile(row) for row in rows]


async def erase(connection: Connection, profile_id: UUID, now: datetime) -> bool:
    """Delete all that is held on a person and publish the erasure; tell whether there was anything."""
    gone = await connection.fetchval("DELETE FROM profiles WHERE profile_id = $1 RETURNING true", profile_id)
    if not gone:
        return False
    await connection.execute("INSERT INTO erasures (profile_id, erased_at) VALUES ($1, $2)", profile_id, now)
    await outbox.put(
        connection,
        [outbox.tombstone_record(topic, SERVICE, profile_id, now) for topic in (PROFILES, CONTACTS)],
    )
    return True


async def get(connection: Connection, profile_id: UUID, *, lock: bool = False) -> Profile | None:
    """Return a profile; with `lock`, hold its row until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM profiles WHERE profile_id = $1{' FOR UPDATE' if lock else ''}", profile_id
    )
    return None if row is None else _profile(row)


async def page(connection: Connection, after: UUID | None, limit: int) -> list[Profile]:
    """Return profiles by id (oldest first), after `after`."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM profiles WHERE $1::uuid IS NULL OR profile_id > $1"
        " ORDER BY profile_id LIMIT $2",
        after,
        limit,
    )
    return [_profile(row) for row in rows]


def _profile(row: asyncpg.Record) -> Profile:
    return Profile(
        row["profile_id"],
        row["version"],
        Contact.model_validate(row["contact"], strict=False),
        ProfileFacts.model_validate(row["facts"], strict=False),
        row["created_at"],
        row["updated_at"],
        row["preferences_chosen_at"],
        row["resume_on"],
    )


async def _publish(connection: Connection, profile: Profile) -> None:
    facts, contact = profile.published()
    at = profile.updated_at
    await outbox.put(
        connection,
        [
            outbox.event_record(PROFILES, SERVICE, profile.profile_id, facts, at),
            outbox.event_record(CONTACTS, SERVICE, profile.profile_id, contact, at),
        ],
    )
