"""What professionals do, in PostgreSQL: copies of placements, as far as their facts follow from them."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.events import PlacementAgreed
from contracts.vocabulary import Level, OrganisationType

from profiles.domain.effective import Placement

Placements = dict[UUID, tuple[asyncpg.Record, ...]]


async def people_of(connection: Connection, placements: Collection[PlacementAgreed]) -> dict[UUID, set[UUID]]:
    """Return whose facts follow from each of these placements: as it was known, and as it is."""
    found: dict[UUID, set[UUID]] = {
        one.placement_id: set() if one.profile_id is None else {one.profile_id} for one in placements
    }
    for row in await connection.fetch(_PEOPLE_OF, list(found)):
        found[row["placement_id"]].add(row["profile_id"])
    return found


_PEOPLE_OF = """
SELECT placement_id, profile_id FROM placements WHERE placement_id = ANY($1)
"""


async def keep(connection: Connection, events: Sequence[PlacementAgreed]) -> set[UUID]:
    """Keep placements, each once, that are newer than what is known; return the ids of those.

    Those of the erased are not kept. The caller has locked the rows of `people_of` them.
    """
    if not events:
        return set()
    forgotten = [one.placement_id for one in events if one.profile_id is None]
    await connection.execute(_FORGET, forgotten)
    named = [(one.profile_id, Placement.published(one)) for one in events if one.profile_id is not None]
    rows = await connection.fetch(
        _KEEP,
        [profile_id for profile_id, _ in named],
        [one.placement_id for _, one in named],
        [one.version for _, one in named],
        [one.organisation_type for _, one in named],
        [one.level for _, one in named],
        [one.first for _, one in named],
        [one.last for _, one in named],
        [one.hours for _, one in named],
        [one.cancelled for _, one in named],
    )
    return {row["placement_id"] for row in rows}


_FORGET = """
DELETE FROM placements WHERE placement_id = ANY($1)
"""
_KEEP = """
INSERT INTO placements AS known
    (placement_id, version, profile_id, organisation_type, level, first_on, last_on, hours, cancelled)
SELECT placement_id, version, profile_id, organisation_type, level, first_on, last_on, hours, cancelled
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::date[], $7::date[], $8::int[],
            $9::bool[])
    AS new (profile_id, placement_id, version, organisation_type, level, first_on, last_on, hours, cancelled)
WHERE NOT EXISTS (SELECT FROM erasures WHERE erasures.profile_id = new.profile_id)
ORDER BY placement_id
ON CONFLICT (placement_id) DO UPDATE
SET version = excluded.version, profile_id = excluded.profile_id,
    organisation_type = excluded.organisation_type, level = excluded.level, first_on = excluded.first_on,
    last_on = excluded.last_on, hours = excluded.hours, cancelled = excluded.cancelled
WHERE excluded.version > known.version
RETURNING placement_id
"""


async def of(connection: Connection, profile_ids: Collection[UUID]) -> Placements:
    """Return the rows of people's placements, by person; `placement` reads one."""
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in await connection.fetch(_OF, list(profile_ids)):
        found.setdefault(row["profile_id"], []).append(row)
    return {profile_id: tuple(rows) for profile_id, rows in found.items()}


_OF = """
SELECT profile_id, placement_id, version, organisation_type, level, first_on, last_on, hours, cancelled
FROM placements
WHERE profile_id = ANY($1)
ORDER BY placement_id
"""


def placement(row: asyncpg.Record) -> Placement:
    """Read a row; raises ValueError where this version cannot."""
    return Placement(
        placement_id=row["placement_id"],
        version=row["version"],
        organisation_type=OrganisationType(row["organisation_type"]),
        level=Level(row["level"]),
        first=row["first_on"],
        last=row["last_on"],
        hours=row["hours"],
        cancelled=row["cancelled"],
    )
