"""Which pairs are placed, and on what terms, as far as the career view looks at them."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import PlacementAgreed
from contracts.vocabulary import EndedReason, Level

from matching.domain.match import match_id
from matching.domain.outlook.placements import Placement

TABLE = "placements"


async def upsert_placements(connection: Connection, placements: Sequence[PlacementAgreed]) -> None:
    """Keep placements, each once, that are newer than what is known, and mark their pairs.

    The caller has locked their assignments, their profiles for share, and their matches by id. A pair that
    was never proposed is known from now on. Of an erased person nothing is kept.
    """
    if not placements:
        return
    forgotten = [one.placement_id for one in placements if one.profile_id is None]
    named = [(one.profile_id, one) for one in placements if one.profile_id is not None]
    rows = await connection.fetch(_FORGET, forgotten) if forgotten else []
    rows += await connection.fetch(
        _UPSERT,
        [one.placement_id for _, one in named],
        [one.version for _, one in named],
        [one.assignment_id for _, one in named],
        [profile_id for profile_id, _ in named],
        [one.level for _, one in named],
        [one.starts_on for _, one in named],
        [one.ended_on or one.ends_on for _, one in named],
        [one.rate_cents for _, one in named],
        [one.ended_reason is EndedReason.CANCELLED for _, one in named],
    )
    pairs = {match_id(*row): (row["assignment_id"], row["profile_id"]) for row in rows}
    columns = [one for one, _ in pairs.values()], [one for _, one in pairs.values()]
    await connection.execute(_MARK, list(pairs), *columns)


_FORGET = """
DELETE FROM placements WHERE placement_id = ANY($1) RETURNING assignment_id, profile_id
"""
_UPSERT = """
INSERT INTO placements AS known
    (placement_id, version, assignment_id, profile_id, level, starts_on, ends_on, rate_cents, cancelled)
SELECT placement_id, version, assignment_id, profile_id, level, starts_on, ends_on, rate_cents, cancelled
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::date[], $8::int[],
            $9::bool[])
    AS new (placement_id, version, assignment_id, profile_id, level, starts_on, ends_on, rate_cents,
            cancelled)
WHERE NOT EXISTS (SELECT FROM profiles AS p WHERE p.profile_id = new.profile_id AND p.erased)
ORDER BY placement_id
ON CONFLICT (placement_id) DO UPDATE
SET version = excluded.version, level = excluded.level, starts_on = excluded.starts_on,
    ends_on = excluded.ends_on, rate_cents = excluded.rate_cents, cancelled = excluded.cancelled
WHERE excluded.version > known.version
RETURNING assignment_id, profile_id
"""
_MARK = """
INSERT INTO matches AS stored (match_id, assignment_id, profile_id, placed)
SELECT match_id, assignment_id, profile_id, EXISTS (
    SELECT FROM placements AS p
    WHERE p.assignment_id = new.assignment_id AND p.profile_id = new.profile_id AND NOT p.cancelled
)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS new (match_id, assignment_id, profile_id)
ORDER BY match_id
ON CONFLICT (match_id) DO UPDATE SET placed = excluded.placed WHERE stored.placed <> excluded.placed
"""


async def placements_for(connection: Connection, profile_id: UUID, level: Level) -> list[Placement]:
    """Return a professional's placements, and everybody's of a level, of those that can be read."""
    rows = await connection.fetch(_PLACEMENTS_FOR, profile_id, level)
    found = (read_if_possible(TABLE, row["placement_id"], row, _placement) for row in rows)
    return [one for one in found if one is not None]


_PLACEMENTS_FOR = """
SELECT placement_id, profile_id = $1 AS own, level, starts_on, ends_on, rate_cents, cancelled
FROM placements
WHERE profile_id = $1 OR level = $2
ORDER BY placement_id
"""


def _placement(row: asyncpg.Record) -> Placement:
    return Placement(
        own=row["own"],
        level=Level(row["level"]),
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        rate_cents=row["rate_cents"],
        ended=row["cancelled"],
        cancelled=row["cancelled"],
    )
