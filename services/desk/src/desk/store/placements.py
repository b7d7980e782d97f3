"""Placements, each at its latest version."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import PlacementAgreed

from desk.domain.latest import latest, newer


async def apply(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Write placements where their version is newer; return the events that brought one."""
    heard = [(event, event.data) for event in events if isinstance(event.data, PlacementAgreed)]
    if not heard:
        return []
    known = await connection.fetch(_KNOWN, list({data.placement_id for _, data in heard}))
    versions = {row["placement_id"]: row["version"] for row in known}
    new = newer(heard, versions, lambda one: one[1].placement_id, lambda one: one[1].version)
    agreed: dict[UUID, datetime] = {}
    for event, data in heard:
        agreed[data.placement_id] = min(agreed.get(data.placement_id, event.time), event.time)
    last = latest(new, lambda one: one[1].placement_id, lambda one: one[1].version).values()
    await connection.execute(
        _WRITE,
        [data.placement_id for _, data in last],
        [data.version for _, data in last],
        [data.assignment_id for _, data in last],
        [data.profile_id for _, data in last],
        [data.organisation_type for _, data in last],
        [data.level for _, data in last],
        [data.starts_on for _, data in last],
        [data.ends_on for _, data in last],
        [data.hours for _, data in last],
        [data.rate_cents for _, data in last],
        [data.contract_form for _, data in last],
        [data.state for _, data in last],
        [data.ended_on for _, data in last],
        [data.ended_reason for _, data in last],
        [event.time for event, _ in last],
    )
    await connection.execute(_AGREED, list(agreed), list(agreed.values()))
    return [event for event, _ in new]


_KNOWN = """
SELECT placement_id, version FROM placements WHERE placement_id = ANY($1)
"""
_WRITE = """
INSERT INTO placements
    (placement_id, version, assignment_id, profile_id, organisation_type, level, starts_on, ends_on, hours,
    rate_cents, contract_form, state, ended_on, ended_reason, agreed_at, changed_at)
SELECT placement_id, version, assignment_id, profile_id, organisation_type, level, starts_on, ends_on, hours,
    rate_cents, contract_form, state, ended_on, ended_reason, at, at
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[],
        $9::int[], $10::bigint[], $11::text[], $12::text[], $13::date[], $14::text[], $15::timestamptz[])
    AS new (placement_id, version, assignment_id, profile_id, organisation_type, level, starts_on, ends_on,
        hours, rate_cents, contract_form, state, ended_on, ended_reason, at)
ON CONFLICT (placement_id) DO UPDATE
SET version = excluded.version, profile_id = excluded.profile_id, starts_on = excluded.starts_on,
    ends_on = excluded.ends_on, hours = excluded.hours, rate_cents = excluded.rate_cents,
    contract_form = excluded.contract_form, state = excluded.state, ended_on = excluded.ended_on,
    ended_reason = excluded.ended_reason, changed_at = excluded.changed_at
"""
_AGREED = """
UPDATE placements SET agreed_at = first.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS first (placement_id, at)
WHERE placements.placement_id = first.placement_id AND first.at < placements.agreed_at
"""


async def knows(connection: Connection, placement_id: UUID, version: int) -> bool:
    """Tell whether a placement has come from its topic, at this version or a later one."""
    return bool(await connection.fetchval(_KNOWS, placement_id, version))


_KNOWS = """
SELECT EXISTS (SELECT FROM placements WHERE placement_id = $1 AND version >= $2)
"""
