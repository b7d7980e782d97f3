"""Who is without any match, and when it is looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.events import LeverFound
from contracts.facts import ProfileFacts
from contracts.reading import read

BEGIN_AT_ONCE = 1000


@dataclass(frozen=True)
class Quiet:
    """A professional who is due to be looked at. `facts`: None where they cannot be read; `fits`: whether one
    of their matches is live; `last_match_at`: when something happened last to one of them."""

    profile_id: UUID
    facts: ProfileFacts | None
    fits: bool
    last_match_at: datetime | None


async def begin(connection: Connection, look_at: datetime) -> bool:
    """Begin to look for professionals who are new here; tell whether there may be more."""
    status = await connection.execute(_BEGIN, look_at, BEGIN_AT_ONCE)
    return status == f"INSERT 0 {BEGIN_AT_ONCE}"


_BEGIN = """
INSERT INTO silences (profile_id, look_at)
SELECT profile_id, $1 FROM profiles AS p
WHERE NOT erased AND NOT probe AND NOT EXISTS (SELECT FROM silences AS s WHERE s.profile_id = p.profile_id)
LIMIT $2
ON CONFLICT DO NOTHING
"""


async def claim(connection: Connection, now: datetime, limit: int) -> list[Quiet]:
    """Lock some who are due until the transaction ends; other replicas pass them over. No erasure of them
    runs meanwhile."""
    rows = await connection.fetch(_CLAIM, now, limit)
    return [
        Quiet(
            profile_id=row["profile_id"],
            facts=read_if_possible("profiles", row["profile_id"], row, _facts),
            fits=row["fits"],
            last_match_at=row["last_match_at"],
        )
        for row in rows
    ]


_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT p.profile_id, p.facts
    FROM silences AS s JOIN profiles AS p USING (profile_id)
    WHERE s.look_at <= $1 AND NOT p.erased
    ORDER BY s.look_at, s.profile_id
    LIMIT $2
    FOR UPDATE OF s SKIP LOCKED
    FOR SHARE OF p SKIP LOCKED
)
SELECT due.profile_id, due.facts::text, coalesce(pairs.fits, false) AS fits, pairs.last_match_at
FROM due CROSS JOIN LATERAL (
    SELECT bool_or(live) AS fits,
        max(greatest(proposed_at, withdrawn_at, answered_at, decided_at)) AS last_match_at
    FROM matches WHERE matches.profile_id = due.profile_id
) AS pairs
"""


def _facts(row: asyncpg.Record) -> ProfileFacts:
    return read(ProfileFacts, row["facts"]).data


async def look_again(connection: Connection, look_at: Mapping[UUID, datetime]) -> None:
    """Note when professionals are looked at again."""
    await connection.execute(_LOOK_AGAIN, list(look_at), list(look_at.values()))


_LOOK_AGAIN = """
UPDATE silences SET look_at = new.look_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (profile_id, look_at)
WHERE silences.profile_id = new.profile_id
"""


async def take_back_findings(
    connection: Connection, events: Sequence[LeverFound], look_at: Mapping[UUID, datetime]
) -> bool:
    """Note that levers were published, so that none are within a month of them; tell whether one was not
    known. `look_at`: when each professional is looked at again."""
    ids = sorted({event.profile_id for event in events})
    return bool(await connection.fetch(_TAKE_BACK, ids, [look_at[one] for one in ids]))


_TAKE_BACK = """
INSERT INTO silences AS known (profile_id, look_at)
SELECT new.profile_id, new.look_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (profile_id, look_at)
WHERE NOT EXISTS (SELECT FROM profiles AS p WHERE p.profile_id = new.profile_id AND p.erased)
ON CONFLICT (profile_id) DO UPDATE SET look_at = excluded.look_at WHERE known.look_at < excluded.look_at
RETURNING profile_id
"""
