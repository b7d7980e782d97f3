"""Profiles in PostgreSQL.

Rows that this version cannot read stay as they are, and out of pages and of what is resumed. They are read
strictly: what would be left out of a reading would be lost with the next change.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

from contracts import probe
from profiles import placement_store
from profiles.domain.profile import Profile
from profiles.erasure import ERASURE
from profiles.placement_store import Placements

TABLE = "profiles"

# A profile's columns: its own fields by their names, and what is kept as JSON as its models write it.
_FIELDS = (
    "profile_id",
    "version",
    "created_at",
    "updated_at",
    "preferences_chosen_at",
    "resume_on",
    "mailbox",
    "links_from",
    "confirmed_at",
    "erased_on",
    "asked_since",
    "due_on",
)
_JSON: Mapping[str, Callable[[Profile], str | None]] = {
    "contact": lambda profile: profile.contact.model_dump_json(),
    "facts": lambda profile: profile.facts.model_dump_json(exclude={"commitments", "network"}),
    "commitments": lambda profile: to_json(profile.facts.commitments).decode(),
    "network": lambda profile: (
        None if profile.facts.network is None else profile.facts.network.model_dump_json()
    ),
}
_READ = ", ".join((*_FIELDS, *(f"{name}::text" for name in _JSON)))
# A row that is written is settled: what follows from it is published with it.
_WRITTEN = ", ".join((*_FIELDS, "settled_version", *_JSON))
_VALUES = ", ".join(
    (
        *(f"${number}" for number in range(1, len(_FIELDS) + 2)),
        *(f"${number}::text::jsonb" for number in range(len(_FIELDS) + 2, len(_FIELDS) + 2 + len(_JSON))),
    )
)


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
        await connection.execute(_INSERT, *_values(profile))


_IS_ERASED = """
SELECT EXISTS (SELECT FROM erasures WHERE profile_id = $1)
"""
_INSERT = f"""
INSERT INTO profiles ({_WRITTEN})
VALUES ({_VALUES})
"""


async def update(connection: Connection, profile: Profile) -> None:
    """Store a changed profile, whose row the caller has locked; raises AddressTaken."""
    with one_profile_an_address():
        await connection.execute(_UPDATE, *_values(profile))


_UPDATE = f"""
UPDATE profiles
SET ({_WRITTEN}) = ({_VALUES})
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


PROFILES = f"""
SELECT {_READ}
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


_LOCK = """
SELECT FROM profiles WHERE profile_id = ANY($1) ORDER BY profile_id FOR UPDATE
"""


async def readable(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Profile]:
    """Return those of the rows as profiles that can be read."""
    read = await _reading(connection, rows)
    return [profile for profile in map(read, rows) if profile is not None]


async def page(connection: Connection, after: UUID | None, limit: int) -> list[Profile]:
    """Return profiles by id (oldest first), after `after`, but for the probe's."""
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
WHERE ($1::uuid IS NULL OR profile_id > $1) AND profile_id <> '{probe.PROFILE_ID}'
ORDER BY profile_id
LIMIT $2
"""


async def page_for_update(
    connection: Connection, after: UUID | None, limit: int
) -> dict[UUID, Profile | None]:
    """Return profiles by id, after `after`, the probe's too, and lock their rows until the transaction ends;
    None for one that cannot be read."""
    rows = await connection.fetch(_PAGE_FOR_UPDATE, after, limit)
    read = await _reading(connection, rows)
    return {row["profile_id"]: read(row) for row in rows}


_PAGE_FOR_UPDATE = f"""
{PROFILES}
WHERE $1::uuid IS NULL OR profile_id > $1
ORDER BY profile_id
LIMIT $2
FOR UPDATE
"""


async def erasures(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Return who was erased, by id, after `after`."""
    return [row["profile_id"] for row in await connection.fetch(_ERASURES, after, limit)]


_ERASURES = """
SELECT profile_id FROM erasures WHERE $1::uuid IS NULL OR profile_id > $1 ORDER BY profile_id LIMIT $2
"""


def _values(profile: Profile) -> tuple[object, ...]:
    fields = (getattr(profile, field) for field in _FIELDS)
    return (*fields, profile.version, *(write(profile) for write in _JSON.values()))


async def _reading(
    connection: Connection, rows: Sequence[asyncpg.Record]
) -> Callable[[asyncpg.Record], Profile | None]:
    """Return how these rows are read, with what their people do: None where a row cannot be."""
    placements = await placement_store.of(connection, [row["profile_id"] for row in rows])
    read = partial(_profile, placements=placements)
    return lambda row: read_if_possible(TABLE, row["profile_id"], row, read)


def _profile(row: asyncpg.Record, placements: Placements) -> Profile:
    facts = {**from_json(row["facts"]), "commitments": from_json(row["commitments"])}
    if row["network"] is not None:
        facts["network"] = from_json(row["network"])
    return Profile(
        **{field: row[field] for field in _FIELDS},
        contact=Contact.model_validate_json(row["contact"]),
        facts=OwnFacts.model_validate_json(to_json(facts)),
        placements=tuple(map(placement_store.placement, placements.get(row["profile_id"], ()))),
    )
