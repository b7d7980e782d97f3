"""Profiles in PostgreSQL.

Rows that this version cannot read stay as they are, and out of pages and of what is resumed. They are read
strictly: what would be left out of a reading would be lost with the next change.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

import asyncpg
from chassis import erasure
from chassis.database import Connection
from chassis.unreadable import read_if_possible, read_row
from contracts.facts import Contact, OwnFacts
from pydantic_core import from_json, to_json

from profiles import placement_store
from profiles.domain.profile import Profile
from profiles.erasure import ERASURE
from profiles.placement_store import Placements

TABLE = "profiles"


@dataclass(frozen=True)
class Due:
    """Profiles whose day has come, and the ids of those that cannot be read."""

    readable: list[Profile]
    unreadable: list[UUID]


class AddressTaken(Exception):
    """Another profile has the address; the transaction is lost."""


class IdTaken(Exception):
    """A profile has the id, or an erased one had it; the transaction is lost."""


@contextmanager
def one_profile_an_address() -> Iterator[None]:
    """Raise AddressTaken where the database refuses a mailbox that another profile has, and IdTaken where it
    refuses an id."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "profiles_by_mailbox":
            raise AddressTaken from None
        if error.constraint_name == "profiles_pkey":
            raise IdTaken from None
        raise


async def insert(connection: Connection, profile: Profile) -> None:
    """Store a new profile; raises AddressTaken and IdTaken. It waits for whoever is storing one with this
    address."""
    if await connection.fetchval(_IS_ERASED, profile.profile_id):
        raise IdTaken
    with one_profile_an_address():
        await connection.execute(_INSERT, *_values(profile), profile.created_at)


_IS_ERASED = """
SELECT EXISTS (SELECT FROM erasures WHERE profile_id = $1)
"""
_INSERT = """
INSERT INTO profiles
    (profile_id, version, contact, facts, updated_at, preferences_chosen_at, resume_on, mailbox, links_from,
     confirmed_at, erased_on, commitments, due_on, settled_version, created_at)
VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb, $13,
    $2::int, $14)
"""


async def update(connection: Connection, profile: Profile) -> None:
    """Store a changed profile, whose row the caller has locked; raises AddressTaken."""
    with one_profile_an_address():
        await connection.execute(_UPDATE, *_values(profile))


_UPDATE = """
UPDATE profiles
SET version = $2, contact = $3::text::jsonb, facts = $4::text::jsonb, updated_at = $5,
    preferences_chosen_at = $6, resume_on = $7, mailbox = $8, links_from = $9, confirmed_at = $10,
    erased_on = $11, commitments = $12::text::jsonb, due_on = $13, settled_version = $2::int
WHERE profile_id = $1
"""


async def erase(connection: Connection, profile_id: UUID, now: datetime) -> None:
    """Erase a person, whose row the caller has locked; the id is never used again."""
    await erasure.erase(connection, (*ERASURE, *erasure.CHASSIS), [profile_id])
    await connection.execute(_ERASED, profile_id, now)


_ERASED = """
INSERT INTO erasures (profile_id, erased_at) VALUES ($1, $2)
"""


async def get(connection: Connection, profile_id: UUID) -> Profile | None:
    """Return a profile, None where there is none; raises UnreadableRow."""
    row = await connection.fetchrow(_GET, profile_id)
    if row is None:
        return None
    placements = await placement_store.of(connection, [profile_id])
    return read_row(TABLE, profile_id, row, partial(_profile, placements=placements))


PROFILES = """
SELECT profile_id, version, contact::text, facts::text, commitments::text, created_at, updated_at,
       preferences_chosen_at, resume_on, mailbox, links_from, confirmed_at, erased_on, due_on
FROM profiles
"""
_GET = f"""
{PROFILES}
WHERE profile_id = $1
"""


async def get_for_update(connection: Connection, profile_id: UUID) -> Profile | None:
    """Return a profile as `get` does, and lock its row until the transaction ends."""
    row = await connection.fetchrow(_GET_FOR_UPDATE, profile_id)
    if row is None:
        return None
    placements = await placement_store.of(connection, [profile_id])
    return read_row(TABLE, profile_id, row, partial(_profile, placements=placements))


_GET_FOR_UPDATE = f"""
{_GET}
FOR UPDATE
"""


async def to_resume(connection: Connection, today: date, limit: int, without: Collection[UUID]) -> Due:
    """Return profiles whose pause is over, and lock their rows; other replicas skip them. `without`: those
    that are to be left out.
    """
    return await _due(connection, _TO_RESUME, today, limit, without)


_TO_RESUME = f"""
{PROFILES}
WHERE resume_on <= $1 AND profile_id <> ALL($3::uuid[])
ORDER BY profile_id
LIMIT $2
FOR UPDATE SKIP LOCKED
"""


async def to_settle(connection: Connection, today: date, limit: int, without: Collection[UUID]) -> Due:
    """Return profiles of which something else follows today, or whose newest version was published without
    what follows, as `to_resume` does."""
    return await _due(connection, _TO_SETTLE, today, limit, without)


_TO_SETTLE = f"""
{PROFILES}
WHERE due_on IS NOT NULL AND (due_on <= $1 OR settled_version IS DISTINCT FROM version)
    AND profile_id <> ALL($3::uuid[])
ORDER BY profile_id
LIMIT $2
FOR UPDATE SKIP LOCKED
"""


async def _due(connection: Connection, query: str, today: date, limit: int, without: Collection[UUID]) -> Due:
    rows = await connection.fetch(query, today, limit, list(without))
    read = await _reading(connection, rows)
    found = {row["profile_id"]: read(row) for row in rows}
    return Due(
        readable=[profile for profile in found.values() if profile is not None],
        unreadable=[profile_id for profile_id, profile in found.items() if profile is None],
    )


async def lock(connection: Connection, profile_ids: Collection[UUID]) -> None:
    """Lock the rows of those who are there until the transaction ends, in the order of their ids."""
    await connection.execute(_LOCK, list(profile_ids))


async def readable(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Profile]:
    """Return those of the rows as profiles that can be read."""
    read = await _reading(connection, rows)
    return [profile for profile in map(read, rows) if profile is not None]


async def page(connection: Connection, after: UUID | None, limit: int) -> list[Profile]:
    """Return profiles by id (oldest first), after `after`."""
    found: list[Profile] = []
    while len(found) < limit:
        rows = await connection.fetch(_PAGE, after, limit - len(found))
        if not rows:
            break
        found += await readable(connection, rows)
        after = rows[-1]["profile_id"]
    return found


_PAGE = f"""
{PROFILES}
WHERE $1::uuid IS NULL OR profile_id > $1
ORDER BY profile_id
LIMIT $2
"""


async def page_for_update(connection: Connection, after: UUID | None, limit: int) -> list[Profile]:
    """Return profiles as `page` does, and lock their rows until the transaction ends."""
    rows = await connection.fetch(_PAGE_FOR_UPDATE, after, limit)
    placements = await placement_store.of(connection, [row["profile_id"] for row in rows])
    return [_profile(row, placements) for row in rows]


_PAGE_FOR_UPDATE = f"""
{_PAGE}
FOR UPDATE
"""


async def erasures(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Return who was erased, by id, after `after`."""
    return [row["profile_id"] for row in await connection.fetch(_ERASURES, after, limit)]


_ERASURES = """
SELECT profile_id FROM erasures WHERE $1::uuid IS NULL OR profile_id > $1 ORDER BY profile_id LIMIT $2
"""


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
        erased_on = NULL,
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
    await connection.execute(_LOCK, profile_ids)
    unknown = [row["profile_id"] for row in await connection.fetch(_ADD_ERASURES, profile_ids)]
    await erasure.erase(connection, (*ERASURE, *erasure.CHASSIS), unknown)
    return unknown


_LOCK = """
SELECT FROM profiles WHERE profile_id = ANY($1) ORDER BY profile_id FOR UPDATE
"""
_ADD_ERASURES = """
INSERT INTO erasures (profile_id, erased_at)
SELECT profile_id, now() FROM unnest($1::uuid[]) AS gone (profile_id) ORDER BY profile_id
ON CONFLICT DO NOTHING
RETURNING profile_id
"""


def _values(profile: Profile) -> tuple[object, ...]:
    return (
        profile.profile_id,
        profile.version,
        profile.contact.model_dump_json(),
        profile.facts.model_dump_json(exclude={"commitments"}),
        profile.updated_at,
        profile.preferences_chosen_at,
        profile.resume_on,
        profile.mailbox,
        profile.links_from,
        profile.confirmed_at,
        profile.erased_on,
        to_json(profile.facts.commitments).decode(),
        profile.due_on,
    )


async def _reading(
    connection: Connection, rows: Sequence[asyncpg.Record]
) -> Callable[[asyncpg.Record], Profile | None]:
    """Return how these rows are read, with what their people do: None where a row cannot be."""
    placements = await placement_store.of(connection, [row["profile_id"] for row in rows])
    read = partial(_profile, placements=placements)
    return lambda row: read_if_possible(TABLE, row["profile_id"], row, read)


def _profile(row: asyncpg.Record, placements: Placements) -> Profile:
    facts = {**from_json(row["facts"]), "commitments": from_json(row["commitments"])}
    return Profile(
        profile_id=row["profile_id"],
        version=row["version"],
        contact=Contact.model_validate_json(row["contact"]),
        facts=OwnFacts.model_validate_json(to_json(facts)),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        preferences_chosen_at=row["preferences_chosen_at"],
        resume_on=row["resume_on"],
        mailbox=row["mailbox"],
        links_from=row["links_from"],
        confirmed_at=row["confirmed_at"],
        erased_on=row["erased_on"],
        placements=tuple(map(placement_store.placement, placements.get(row["profile_id"], ()))),
        due_on=row["due_on"],
    )
