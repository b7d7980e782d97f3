"""Profiles in PostgreSQL, each at its latest version, and encoded as the replicas hold them in memory."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import ProfileUpdated
from contracts.facts import ProfileFacts

from matching.engine.profiles import ENCODING, encode_profile

NEVER = datetime.min.replace(tzinfo=UTC)
BEGINNING = "0"  # before every transaction
READ_BATCH_SIZE = 4000
WRITE_BATCH_SIZE = 500  # in between, an urgent assignment has its turn


@dataclass(frozen=True)
class ProfilesPage:
    """Some profiles at their latest version, their facts encoded, and the ids of some that are erased.

    `horizon`: the oldest transaction that had not ended when the reading began.
    """

    horizon: str
    ids: list[UUID]
    versions: list[int]
    encoded: list[bytes]
    erased: list[UUID]


@dataclass(frozen=True)
class LockedProfile:
    """A profile's version, None once it is erased, and the moment of the event that brought it."""

    version: int | None
    event_at: datetime


async def upsert_profiles(connection: Connection, events: Iterable[Event]) -> None:
    """Write profiles whose version is newer than the stored one, and lock the rows of all, by id.

    Each profile comes once. An erased one stays erased. A tombstone (data None) leaves a row that says so
    where nothing was known, and else locks the row, for the erasure that follows.
    """
    ordered = sorted(events, key=lambda event: event.subject)
    for start in range(0, len(ordered), WRITE_BATCH_SIZE):
        batch = ordered[start : start + WRITE_BATCH_SIZE]
        data = [_profile(event) for event in batch]
        await connection.execute(
            _UPSERT,
            [event.subject for event in batch],
            [profile.version if profile else 0 for profile in data],
            [profile.model_dump_json() if profile else None for profile in data],
            [event.time for event in batch],
            [encode_profile(profile) if profile else None for profile in data],
            ENCODING,
        )


# ON CONFLICT locks every row that is there, also where its condition says not to update it.
_UPSERT = """
INSERT INTO profiles AS stored
    (profile_id, version, facts, erased, event_at, encoded, encoding, encoded_version)
SELECT profile_id, version, facts::jsonb, facts IS NULL, event_at, encoded, $6, version
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::bytea[])
    AS new (profile_id, version, facts, event_at, encoded)
ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET
    version = excluded.version,
    facts = excluded.facts,
    event_at = excluded.event_at,
    encoded = excluded.encoded,
    encoding = excluded.encoding,
    encoded_version = excluded.encoded_version,
    changed = pg_current_xact_id()
WHERE NOT stored.erased AND excluded.version > stored.version
"""


def _profile(event: Event) -> ProfileUpdated | None:
    assert event.data is None or isinstance(event.data, ProfileUpdated)
    return event.data


async def profiles_since(connection: Connection, since: str) -> AsyncIterator[ProfilesPage]:
    """Iterate over the profiles written by transaction `since` or a later one, many at a time."""
    if since != BEGINNING:
        yield _page(await connection.fetch(_SINCE, since, ENCODING))
        return
    async with connection.transaction():
        cursor = await connection.cursor(_SINCE, since, ENCODING)
        while rows := await cursor.fetch(READ_BATCH_SIZE):
            yield _page(rows)


_SINCE = """
SELECT horizon, profile_id, version, erased, encoded,
    CASE WHEN encoding = $2 AND encoded_version = version THEN NULL ELSE facts::text END AS facts
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS now
LEFT JOIN profiles ON changed >= $1::text::xid8
"""


def _page(rows: Sequence[asyncpg.Record]) -> ProfilesPage:
    found = [row for row in rows if row["profile_id"] is not None]
    present = [row for row in found if not row["erased"]]
    return ProfilesPage(
        horizon=rows[0]["horizon"],
        ids=[row["profile_id"] for row in present],
        versions=[row["version"] for row in present],
        encoded=[row["encoded"] if row["facts"] is None else _encode_anew(row["facts"]) for row in present],
        erased=[row["profile_id"] for row in found if row["erased"]],
    )


def _encode_anew(facts: str) -> bytes:
    return encode_profile(ProfileFacts.model_validate_json(facts))


async def encode_stored(connection: Connection, after: UUID | None) -> UUID | None:
    """Encode some stored profiles whose encoding is another, by id after an id; return the last, or None.

    One that changes meanwhile is encoded by whoever changes it. What the replicas hold is the same before and
    after, so `changed` stays.
    """
    rows = await connection.fetch(_STALE, ENCODING, after, WRITE_BATCH_SIZE)
    if not rows:
        return None
    await connection.execute(
        _ENCODED,
        [row["profile_id"] for row in rows],
        [row["version"] for row in rows],
        [_encode_anew(row["facts"]) for row in rows],
        ENCODING,
    )
    last: UUID = rows[-1]["profile_id"]
    return last


_STALE = """
SELECT profile_id, version, facts::text AS facts
FROM profiles
WHERE NOT erased
    AND (encoding, encoded_version) IS DISTINCT FROM ($1, version)
    AND ($2::uuid IS NULL OR profile_id > $2)
ORDER BY profile_id
LIMIT $3
"""

_ENCODED = """
UPDATE profiles AS stored
SET encoded = new.encoded, encoding = $4, encoded_version = stored.version
FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS new (profile_id, version, encoded)
WHERE stored.profile_id = new.profile_id AND stored.version = new.version AND NOT stored.erased
"""


async def get_profiles_for_share(
    connection: Connection, profile_ids: Collection[UUID]
) -> dict[UUID, LockedProfile]:
    """Return these profiles, by id, and keep them as they are until the transaction ends.

    A writer of one of them waits for this transaction, and then sees what it wrote. One that is not known is
    as one that is erased: a database that went back has heard of all that there are before it is asked.
    """
    rows = await connection.fetch(_GET_FOR_SHARE, list(profile_ids))
    unknown = dict.fromkeys(profile_ids, LockedProfile(version=None, event_at=NEVER))
    return unknown | {
        row["profile_id"]: LockedProfile(
            version=None if row["erased"] else row["version"], event_at=row["event_at"]
        )
        for row in rows
    }


_GET_FOR_SHARE = """
SELECT profile_id, version, erased, event_at
FROM profiles
WHERE profile_id = ANY($1)
ORDER BY profile_id
FOR SHARE
"""
