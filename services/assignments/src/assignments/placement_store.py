"""Placements in PostgreSQL, and who there is to be placed.

Whoever writes about somebody's hours holds the lock on their row in `people`; whoever fills a position the
lock on the assignment's row. They are taken in this order: the person, the assignment, the placement.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible, read_row
from contracts.facts import PlacementTerms
from contracts.vocabulary import ContractForm, EndedReason, Level, OrganisationType, PlacementState

from assignments.domain.placement import Placement

TABLE = "placements"


async def save(connection: Connection, placement: Placement) -> None:
    """Store a placement that is new, or whose row the caller has locked."""
    await take_back(connection, [placement])


async def take_back(connection: Connection, placements: Sequence[Placement]) -> bool:
    """Store placements, each once, where their version is newer; tell whether one was."""
    ordered = sorted(placements, key=lambda one: one.placement_id)
    written = [await connection.fetchval(_SAVE, *_values(placement)) for placement in ordered]
    return any(written)


_SAVE = """
INSERT INTO placements AS stored
    (placement_id, version, assignment_id, profile_id, organisation_type, level, starts_on, ends_on, hours,
     rate_cents, contract_form, state, ended_on, ended_reason, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (placement_id) DO UPDATE
SET version = excluded.version, profile_id = excluded.profile_id, starts_on = excluded.starts_on,
    ends_on = excluded.ends_on, hours = excluded.hours, rate_cents = excluded.rate_cents,
    contract_form = excluded.contract_form, state = excluded.state, ended_on = excluded.ended_on,
    ended_reason = excluded.ended_reason, updated_at = excluded.updated_at
WHERE excluded.version > stored.version
RETURNING true
"""


async def get(connection: Connection, placement_id: UUID) -> Placement | None:
    """Return a placement, None where there is none; raises UnreadableRow."""
    row = await connection.fetchrow(_GET, placement_id)
    return None if row is None else read_row(TABLE, placement_id, row, _placement)


_PLACEMENTS = """
SELECT placement_id, version, assignment_id, profile_id, organisation_type, level, starts_on, ends_on, hours,
    rate_cents, contract_form, state, ended_on, ended_reason, created_at, updated_at
FROM placements
"""
_GET = f"""
{_PLACEMENTS}
WHERE placement_id = $1
"""


async def get_for_update(connection: Connection, placement_id: UUID) -> Placement | None:
    """Return a placement as `get` does, and lock its row until the transaction ends."""
    row = await connection.fetchrow(f"{_GET} FOR UPDATE", placement_id)
    return None if row is None else read_row(TABLE, placement_id, row, _placement)


async def page(
    connection: Connection,
    after: UUID | None,
    limit: int,
    *,
    assignment_id: UUID | None = None,
    profile_id: UUID | None = None,
    running_on: date | None = None,
    ending_before: date | None = None,
) -> list[Placement]:
    """Return placements by id (oldest first), after `after`: all, or those to which everything applies.

    One that was cancelled neither runs nor ends.
    """
    found: list[Placement] = []
    while len(found) < limit:
        rows = await connection.fetch(
            _PAGE, after, limit - len(found), assignment_id, profile_id, running_on, ending_before
        )
        if not rows:
            break
        found += filter(None, map(_if_readable, rows))
        after = rows[-1]["placement_id"]
    return found


_PAGE = f"""
{_PLACEMENTS}
WHERE ($1::uuid IS NULL OR placement_id > $1)
    AND ($3::uuid IS NULL OR assignment_id = $3)
    AND ($4::uuid IS NULL OR profile_id = $4)
    AND ($5::date IS NULL OR starts_on <= $5 AND coalesce(ended_on, ends_on) >= $5)
    AND ($6::date IS NULL OR coalesce(ended_on, ends_on) < $6)
    AND ($5::date IS NULL AND $6::date IS NULL OR ended_reason IS DISTINCT FROM 'cancelled')
ORDER BY placement_id
LIMIT $2
"""


async def page_for_update(
    connection: Connection, after: UUID | None, limit: int
) -> dict[UUID, Placement | None]:
    """Return placements by id, after `after`, and lock their rows until the transaction ends; None for one
    that cannot be read."""
    rows = await connection.fetch(_PAGE_FOR_UPDATE, after, limit)
    return {row["placement_id"]: _if_readable(row) for row in rows}


_PAGE_FOR_UPDATE = f"""
{_PLACEMENTS}
WHERE $1::uuid IS NULL OR placement_id > $1
ORDER BY placement_id
LIMIT $2
FOR UPDATE
"""


async def of_person(connection: Connection, profile_id: UUID, last_from: date) -> list[Placement]:
    """Return somebody's placements that last until a day or longer; raises UnreadableRow."""
    rows = await connection.fetch(_OF_PERSON, profile_id, last_from)
    return [read_row(TABLE, row["placement_id"], row, _placement) for row in rows]


_OF_PERSON = f"""
{_PLACEMENTS}
WHERE profile_id = $1 AND coalesce(ended_on, ends_on) >= $2
"""


async def taken(connection: Connection, assignment_id: UUID) -> int:
    """Return how many positions of an assignment are taken: not by who was cancelled or left early."""
    return int(await connection.fetchval(_TAKEN, assignment_id))


_TAKEN = """
SELECT count(*) FROM placements
WHERE assignment_id = $1 AND (state = 'agreed' OR ended_reason = 'completed')
"""


async def lock_person(connection: Connection, profile_id: UUID) -> bool:
    """Lock somebody's hours until the transaction ends; tell whether they are there, and not erased."""
    return bool(await connection.fetchval(_LOCK_PERSON, profile_id))


_LOCK_PERSON = """
SELECT true FROM people WHERE profile_id = $1 AND erased_at IS NULL FOR UPDATE
"""


async def add_people(connection: Connection, profile_ids: Collection[UUID]) -> None:
    """Keep that people are there; who was erased stays erased."""
    await connection.execute(_ADD_PEOPLE, list(profile_ids))


_ADD_PEOPLE = """
INSERT INTO people (profile_id)
SELECT profile_id FROM unnest($1::uuid[]) AS new (profile_id) ORDER BY profile_id
ON CONFLICT DO NOTHING
"""


async def remove_people(
    connection: Connection, profile_ids: Collection[UUID], now: datetime
) -> list[Placement]:
    """Keep that people are erased; return their placements that can be read, whose rows are locked."""
    await connection.execute(_REMOVE_PEOPLE, list(profile_ids), now)
    return [*filter(None, map(_if_readable, await connection.fetch(_THEIRS, list(profile_ids))))]


_REMOVE_PEOPLE = """
INSERT INTO people AS known (profile_id, erased_at)
SELECT profile_id, $2 FROM unnest($1::uuid[]) AS gone (profile_id) ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET erased_at = coalesce(known.erased_at, excluded.erased_at)
"""
_THEIRS = f"""
{_PLACEMENTS}
WHERE profile_id = ANY($1::uuid[]) ORDER BY placement_id FOR UPDATE
"""


def _values(placement: Placement) -> tuple[object, ...]:
    terms = placement.terms
    return (
        placement.placement_id,
        placement.version,
        placement.assignment_id,
        placement.profile_id,
        placement.organisation_type,
        placement.level,
        terms.starts_on,
        terms.ends_on,
        terms.hours,
        terms.rate_cents,
        terms.contract_form,
        placement.state,
        placement.ended_on,
        placement.ended_reason,
        placement.created_at,
        placement.updated_at,
    )


def _if_readable(row: asyncpg.Record) -> Placement | None:
    return read_if_possible(TABLE, row["placement_id"], row, _placement)


def _placement(row: asyncpg.Record) -> Placement:
    reason = row["ended_reason"]
    return Placement(
        placement_id=row["placement_id"],
        version=row["version"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        organisation_type=OrganisationType(row["organisation_type"]),
        level=Level(row["level"]),
        terms=PlacementTerms(
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            hours=row["hours"],
            rate_cents=row["rate_cents"],
            contract_form=ContractForm(row["contract_form"]),
        ),
        state=PlacementState(row["state"]),
        ended_on=row["ended_on"],
        ended_reason=None if reason is None else EndedReason(reason),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
