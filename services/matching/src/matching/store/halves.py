"""The two halves that meet here: profiles and assignments, each at its latest version."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import AssignmentClosed, AssignmentOpened, ProfileUpdated
from contracts.facts import AssignmentFacts, ProfileFacts

from matching.domain.population import ENCODING, encode

BEGINNING = "0"  # before every transaction
READ_AT_ONCE = 4000
WRITTEN_AT_ONCE = 500  # profiles in one statement: in between, an urgent assignment has its turn


@dataclass(frozen=True)
class KeptAssignment:
    """An assignment at its latest version. `event_at` is the moment of the event that brought it."""

    assignment_id: UUID
    version: int
    facts: AssignmentFacts
    open: bool
    event_at: datetime


@dataclass(frozen=True)
class KeptProfiles:
    """Some profiles at their latest version, their facts encoded, and the ids of some that are erased."""

    ids: list[UUID]
    versions: list[int]
    encoded: list[bytes]
    erased: list[UUID]


async def hold_assignments(connection: Connection, assignment_ids: Collection[UUID]) -> None:
    """Lock the assignments that are known, by id, until the transaction ends."""
    if not assignment_ids:
        return
    await connection.execute(
        "SELECT FROM assignments WHERE assignment_id = ANY($1) ORDER BY assignment_id FOR UPDATE",
        sorted(set(assignment_ids)),
    )


async def touch_assignments(connection: Connection, assignment_ids: Iterable[UUID]) -> None:
    """Let every replica's next catch-up read these assignments again: a seat may have fallen free."""
    await connection.execute(
        "UPDATE assignments SET changed = pg_current_xact_id() WHERE assignment_id = ANY($1)",
        list(assignment_ids),
    )


async def take_assignments(connection: Connection, events: Sequence[Event]) -> None:
    """Take assignments in where their version is newer than the one kept."""
    if not events:
        return
    latest: dict[UUID, tuple[AssignmentOpened, datetime]] = {}
    for event in events:
        if isinstance(event.data, AssignmentOpened) and (
            event.subject not in latest or event.data.version > latest[event.subject][0].version
        ):
            latest[event.subject] = (event.data, event.time)
    await connection.execute(
        "INSERT INTO assignments AS kept (assignment_id, version, facts, open, event_at)"
        " SELECT id, version, facts::jsonb, open, event_at"
        " FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::timestamptz[])"
        " AS new (id, version, facts, open, event_at) ORDER BY id"
        " ON CONFLICT (assignment_id) DO UPDATE SET version = excluded.version, facts = excluded.facts,"
        " open = excluded.open, event_at = excluded.event_at, changed = pg_current_xact_id()"
        " WHERE excluded.version > kept.version",
        list(latest),
        [data.version for data, _ in latest.values()],
        [data.model_dump_json() for data, _ in latest.values()],
        [not isinstance(data, AssignmentClosed) for data, _ in latest.values()],
        [at for _, at in latest.values()],
    )


async def take_profiles(connection: Connection, events: Sequence[Event]) -> None:
    """Take profiles in where their version is newer; an erased one stays erased whatever comes."""
    latest: dict[UUID, tuple[ProfileUpdated | None, datetime]] = {}
    for event in events:
        assert event.data is None or isinstance(event.data, ProfileUpdated)
        known = latest.get(event.subject)
        if known is None or event.data is None or (known[0] and event.data.version > known[0].version):
            latest[event.subject] = (event.data, event.time)
    ordered = sorted(latest.items())
    for start in range(0, len(ordered), WRITTEN_AT_ONCE):
        some = ordered[start : start + WRITTEN_AT_ONCE]
        data = [data for _, (data, _) in some]
        await connection.execute(
            _TAKE_PROFILES,
            [profile_id for profile_id, _ in some],
            [one.version if one else 0 for one in data],
            [one.model_dump_json() if one else None for one in data],
            [at for _, (_, at) in some],
            [encode(one) if one else None for one in data],
            ENCODING,
        )


_TAKE_PROFILES = """
INSERT INTO profiles AS kept
    (profile_id, version, facts, erased, event_at, encoded, encoding, encoded_version)
SELECT id, version, facts::jsonb, facts IS NULL, event_at, encoded, $6, version
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::bytea[])
    AS new (id, version, facts, event_at, encoded)
ORDER BY id
ON CONFLICT (profile_id) DO UPDATE SET version = greatest(kept.version, excluded.version),
    facts = excluded.facts, erased = excluded.erased, event_at = excluded.event_at,
    encoded = excluded.encoded, encoding = excluded.encoding, encoded_version = excluded.encoded_version,
    changed = pg_current_xact_id()
WHERE NOT kept.erased AND (excluded.erased OR excluded.version > kept.version)
"""


async def profiles_since(connection: Connection, since: str) -> AsyncIterator[tuple[str, KeptProfiles]]:
    """Iterate over the profiles written by transaction `since` or a later one, many at a time.

    With each comes the horizon: the oldest transaction that had not ended when the reading began.
    """
    if since != BEGINNING:
        rows = await connection.fetch(_PROFILES_SINCE, since, ENCODING)
        yield rows[0]["horizon"], _profiles(rows)
        return
    async with connection.transaction():
        cursor = await connection.cursor(_PROFILES_SINCE, since, ENCODING)
        while rows := await cursor.fetch(READ_AT_ONCE):
            yield rows[0]["horizon"], _profiles(rows)


_PROFILES_SINCE = """
SELECT horizon, profile_id, version, erased, encoded,
    CASE WHEN encoding = $2 AND encoded_version = version THEN NULL ELSE facts END AS facts
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS now
LEFT JOIN profiles ON changed >= $1::text::xid8
"""


def _profiles(rows: Sequence[asyncpg.Record]) -> KeptProfiles:
    known = [row for row in rows if row["profile_id"] is not None]
    present = [row for row in known if not row["erased"]]
    return KeptProfiles(
        [row["profile_id"] for row in present],
        [row["version"] for row in present],
        [row["encoded"] if row["facts"] is None else _encode_anew(row["facts"]) for row in present],
        [row["profile_id"] for row in known if row["erased"]],
    )


def _encode_anew(facts: Mapping[str, Any]) -> bytes:
    return encode(ProfileFacts.model_validate(facts, strict=False))


async def assignments_since(connection: Connection, since: str) -> list[KeptAssignment]:
    """Return the assignments written by transaction `since` or a later one."""
    rows = await connection.fetch(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE changed >= $1::text::xid8", since
    )
    return [_assignment(row) for row in rows]


async def assignment(connection: Connection, assignment_id: UUID) -> KeptAssignment | None:
    """Return an assignment."""
    row = await connection.fetchrow(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE assignment_id = $1", assignment_id
    )
    return None if row is None else _assignment(row)


async def held_assignments(connection: Connection, assignment_ids: Iterable[UUID]) -> list[KeptAssignment]:
    """Return the assignments that are known, by id, and hold their rows until the transaction ends."""
    rows = await connection.fetch(
        f"SELECT {ASSIGNMENT} FROM assignments WHERE assignment_id = ANY($1)"
        " ORDER BY assignment_id FOR UPDATE",
        sorted(set(assignment_ids)),
    )
    return [_assignment(row) for row in rows]


ASSIGNMENT = "assignment_id, version, facts, open, event_at"


def _assignment(row: asyncpg.Record) -> KeptAssignment:
    facts = AssignmentFacts.model_validate(row["facts"], strict=False)
    return KeptAssignment(row["assignment_id"], row["version"], facts, row["open"], row["event_at"])


async def hold_unanswered(connection: Connection, now: datetime) -> KeptAssignment | None:
    """Return, and mark as warned of, an assignment that closes within a day and has nobody interested.

    One that was opened less than two days before that: in the second half of its time. None where no
    assignment is left to warn of, or others hold what is.
    """
    row = await connection.fetchrow(
        "UPDATE assignments SET warned_for = (facts->>'respond_by')::timestamptz WHERE assignment_id = ("
        " SELECT assignment_id FROM assignments a, LATERAL (SELECT (facts->>'respond_by')::timestamptz AS at)"
        " AS respond_by WHERE open AND at > $1 AND warned_for IS DISTINCT FROM at"
        " AND $1 >= at - least(interval '1 day', (at - known_since) / 2)"
        " AND NOT EXISTS (SELECT FROM matches m WHERE m.assignment_id = a.assignment_id AND live"
        " AND (answer = 'interested' OR decision = 'nominated'))"
        f" LIMIT 1 FOR UPDATE OF a SKIP LOCKED) RETURNING {ASSIGNMENT}",
        now,
    )
    return None if row is None else _assignment(row)


async def hold_profiles(
    connection: Connection, profile_ids: Iterable[UUID]
) -> dict[UUID, tuple[int | None, datetime]]:
    """Keep the profiles as they are until the transaction ends.

    Returns (version, moment of its event) by id; the version is None once erased. A writer of one of
    these profiles waits for this transaction, and then sees what it wrote.
    """
    rows = await connection.fetch(
        "SELECT profile_id, version, erased, event_at FROM profiles WHERE profile_id = ANY($1)"
        " ORDER BY profile_id FOR SHARE",
        sorted(profile_ids),
    )
    return {row["profile_id"]: (None if row["erased"] else row["version"], row["event_at"]) for row in rows}
