"""Profiles in PostgreSQL, each at its latest version, and encoded as the replicas hold them in memory."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

import asyncpg
import numpy as np
from chassis.database import Connection
from chassis.unreadable import forget, read_if_possible, read_row
from contracts.envelope import Event
from contracts.events import ProfileUpdated
from contracts.facts import ProfileFacts
from contracts.reading import read

from matching.engine.columnar import Array, keys_of
from matching.engine.profiles import ENCODING, encode_profile, profile_records

NEVER = datetime.min.replace(tzinfo=UTC)
TABLE = "profiles"
WRITE_BATCH_SIZE = 100  # in between, an urgent assignment has its turn


@dataclass(frozen=True)
class ProfilesPage:
    """Some profiles at their latest version, as a population takes them, and the ids of others.

    `ids`: an array of IDs; `crafts`: those of all records, one after the other; `probe`: of each profile,
    whether it is the probe's. `erased`, and `unreadable` by this version.
    """

    ids: Array
    versions: Array
    records: Array
    crafts: Array
    probe: Array
    erased: list[UUID]
    unreadable: list[UUID]

    def parted(self) -> tuple[Self, Self]:
        """Return the page without the probe's profiles, and these."""
        return self._of(~self.probe), self._of(self.probe)

    def _of(self, wanted: Array) -> Self:
        return replace(
            self,
            ids=self.ids[wanted],
            versions=self.versions[wanted],
            records=self.records[wanted],
            crafts=self.crafts[np.repeat(wanted, self.records["crafts_count"])],
            probe=self.probe[wanted],
        )


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
    ordered = sorted(events, key=lambda event: event.subject.int)  # as UUIDs, and much faster
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
            [profile is not None and profile.probe for profile in data],
        )


# ON CONFLICT locks every row that is there, also where its condition says not to update it.
_UPSERT = """
INSERT INTO profiles AS stored
    (profile_id, version, facts, erased, event_at, encoded, encoding, encoded_version, probe)
SELECT profile_id, version, facts::jsonb, facts IS NULL, event_at, encoded, $6, version, probe
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::bytea[], $7::bool[])
    AS new (profile_id, version, facts, event_at, encoded, probe)
ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET
    version = excluded.version,
    facts = excluded.facts,
    event_at = excluded.event_at,
    encoded = excluded.encoded,
    encoding = excluded.encoding,
    encoded_version = excluded.encoded_version,
    probe = excluded.probe,
    changed = pg_current_xact_id()
WHERE NOT stored.erased AND excluded.version > stored.version
"""


def _profile(event: Event) -> ProfileUpdated | None:
    assert event.data is None or isinstance(event.data, ProfileUpdated)
    return event.data


async def get_facts(connection: Connection, profile_id: UUID) -> ProfileFacts | None:
    """Return a profile's facts, None where it is not known or erased; raises UnreadableRow."""
    facts = await connection.fetchval(_GET_FACTS, profile_id)
    return None if facts is None else read_row(TABLE, profile_id, facts, _facts)


_GET_FACTS = """
SELECT facts::text FROM profiles WHERE profile_id = $1 AND NOT erased
"""


def _facts(stored: str) -> ProfileFacts:
    return read(ProfileFacts, stored).data


def as_page(rows: Sequence[asyncpg.Record]) -> ProfilesPage:
    """Return profiles as they were read."""
    ids: list[UUID] = []
    versions: list[int] = []
    encoded: list[bytes] = []
    probe: list[bool] = []
    erased: list[UUID] = []
    unreadable: list[UUID] = []
    for row in rows:
        profile_id = row["profile_id"]
        if row["erased"]:
            erased.append(profile_id)
        elif (made := _encoded(row)) is None:
            unreadable.append(profile_id)
        else:
            ids.append(profile_id)
            versions.append(row["version"])
            encoded.append(made)
            probe.append(row["probe"])
    forget(TABLE, (*ids, *erased))
    return ProfilesPage(
        keys_of(ids),
        np.array(versions, np.int32),
        *profile_records(encoded),
        np.array(probe, np.bool_),
        erased,
        unreadable,
    )


def _encoded(row: asyncpg.Record) -> bytes | None:
    """Return a profile's facts as the replicas hold them; None where this version cannot read them."""
    if row["facts"] is None:
        encoded: bytes = row["encoded"]
        return encoded
    return read_if_possible(TABLE, row["profile_id"], row["facts"], _encode_anew)


def _encode_anew(facts: str) -> bytes:
    return encode_profile(_facts(facts))


async def encode_stored(connection: Connection, after: UUID | None) -> UUID | None:
    """Encode some stored profiles whose encoding is another, by id after an id; return the last, or None.

    One that changes meanwhile is encoded by whoever changes it. What the replicas hold is the same before and
    after, so `changed` stays. What this version cannot read stays as well.
    """
    rows = await connection.fetch(_STALE, ENCODING, after, WRITE_BATCH_SIZE)
    if not rows:
        return None
    encoded = [(row, _encoded(row)) for row in rows]
    await connection.execute(
        _ENCODED,
        [row["profile_id"] for row, made in encoded if made is not None],
        [row["version"] for row, made in encoded if made is not None],
        [made for _, made in encoded if made is not None],
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
