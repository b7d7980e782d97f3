"""Who saw or changed what of whom: what the topic `audit` tells of all services, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from chassis.database import Connection
from contracts.events import ActRecorded
from contracts.probe import PROFILE_ID


@dataclass(frozen=True)
class Position:
    """Where a page of a trail ends: the moment of its last act, and its hash."""

    at: datetime
    hash: bytes


@dataclass(frozen=True)
class Traced:
    """An act that concerned a person."""

    hash: bytes
    service: str
    number: int
    at: datetime
    issuer: str
    subject: str
    role: str | None
    action: str
    object_kind: str
    object_id: UUID | None
    fields: Sequence[str]
    trace_id: str | None


async def add(connection: Connection, acts: Sequence[ActRecorded]) -> None:
    """Write acts down, each once, however often it comes; not those on the probe, each minute, on nobody."""
    new = {bytes.fromhex(act.hash): act for act in acts if act.people != [PROFILE_ID]}
    await connection.executemany(
        _ADD,
        [
            (
                *(key, act.service, act.number, act.at, act.issuer, act.subject, act.role),
                *(act.action, act.object_kind, act.object_id, act.fields, act.trace_id),
            )
            for key, act in new.items()
        ],
    )
    people = [(one, act.at, key) for key, act in new.items() for one in act.people]
    await connection.execute(
        _ADD_PEOPLE,
        [one for one, _, _ in people],
        [at for _, at, _ in people],
        [key for _, _, key in people],
    )


_ADD = """
INSERT INTO audit_trail
    (hash, service, number, at, issuer, subject, role, action, object_kind, object_id, fields, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT DO NOTHING
"""
_ADD_PEOPLE = """
INSERT INTO audit_trail_people (profile_id, at, hash)
SELECT profile_id, at, hash
FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[]) AS new (profile_id, at, hash)
ON CONFLICT DO NOTHING
"""


async def of_person(
    connection: Connection, profile_id: UUID, before: Position | None, limit: int
) -> list[Traced]:
    """Return the acts that concerned somebody, the latest first, before a position."""
    at, key = (before.at, before.hash) if before else (None, None)
    return [Traced(*row) for row in await connection.fetch(_OF_PERSON, profile_id, at, key, limit)]


_OF_PERSON = """
SELECT hash, service, number, audit_trail.at, issuer, subject, role, action, object_kind, object_id, fields,
    trace_id
FROM audit_trail_people JOIN audit_trail USING (hash)
WHERE profile_id = $1
    AND ($2::timestamptz IS NULL OR (audit_trail_people.at, hash) < ($2, $3::bytea))
ORDER BY audit_trail_people.at DESC, hash DESC
LIMIT $4
"""


async def delete_old(connection: Connection, before: datetime) -> bool:
    """Delete some of the acts of before a moment; tell whether there may be more."""
    return int(await connection.fetchval(_DELETE_OLD, before, A_SET)) == A_SET


A_SET = 1000
_DELETE_OLD = """
WITH gone AS (
    DELETE FROM audit_trail
    WHERE hash IN (SELECT hash FROM audit_trail WHERE at < $1 ORDER BY at LIMIT $2)
    RETURNING hash
)
SELECT count(*) FROM gone
"""


class Standing(Enum):
    """Whether somebody has a profile, or had one."""

    PRESENT, ERASED = range(2)


async def standing(connection: Connection, profile_id: UUID) -> Standing | None:
    """Return how an id stands; None where it was never a profile's."""
    row = await connection.fetchrow(_STANDING, profile_id)
    assert row is not None
    if row["erased"]:
        return Standing.ERASED
    return Standing.PRESENT if row["present"] else None


_STANDING = """
SELECT EXISTS (SELECT FROM profiles WHERE profile_id = $1) AS present,
    EXISTS (SELECT FROM erasures WHERE profile_id = $1) AS erased
"""
