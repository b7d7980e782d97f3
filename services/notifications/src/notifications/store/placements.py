"""Who does which opdracht, each placement at its latest version; and what is told of it, as rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.telemetry import current_traceparent
from contracts.events import PlacementAgreed

from notifications.domain import guidance
from notifications.domain.notice import TO_RECRUITERS, Kind, NoticeState
from notifications.store.taken_back import TOLD


@dataclass(frozen=True)
class Kept:
    """A placement as it was just written. `agreed_at`: when this service heard of it first; `changed_at`:
    when terms last changed that its professional was told of, None where they never did."""

    placement: PlacementAgreed
    agreed_at: datetime
    changed_at: datetime | None


async def upsert(
    connection: Connection,
    placements: Sequence[PlacementAgreed],
    said_at: Mapping[UUID, datetime],
    news: Collection[UUID],
) -> list[Kept]:
    """Write placements, each once, that are newer than what is known; return those. `said_at`: when each was
    said; `news`: which are not only published once more. Of an erased person nothing is kept.

    What is told of them is locked until the transaction ends, so that what waits here is not sent meanwhile.
    """
    await connection.execute(_LOCK_NOTICES, [one.placement_id for one in placements])
    rows = await connection.fetch(
        _UPSERT,
        [one.placement_id for one in placements],
        [one.version for one in placements],
        [one.assignment_id for one in placements],
        [one.profile_id for one in placements],
        [one.model_dump_json() for one in placements],
        [said_at[one.placement_id] for one in placements],
        list(news),
        Kind.AGREED,
    )
    new = {one.placement_id: one for one in placements}
    return [Kept(new[row["placement_id"]], row["agreed_at"], row["changed_at"]) for row in rows]


_LOCK_NOTICES = """
SELECT FROM notices WHERE placement_id = ANY($1) ORDER BY notice_id FOR UPDATE
"""
# Terms that change while the mail on the first ones waits are told by that mail.
_UPSERT = """
INSERT INTO placements AS stored (placement_id, version, assignment_id, profile_id, facts, agreed_at)
SELECT placement_id, version, assignment_id, profile_id, facts::jsonb, said_at
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[])
    AS new (placement_id, version, assignment_id, profile_id, facts, said_at)
WHERE NOT EXISTS (SELECT FROM contacts c WHERE c.profile_id = new.profile_id AND c.erased)
ORDER BY placement_id
ON CONFLICT (placement_id) DO UPDATE
SET version = excluded.version, assignment_id = excluded.assignment_id, profile_id = excluded.profile_id,
    facts = excluded.facts,
    changed_at = CASE
        WHEN excluded.placement_id = ANY($7)
            AND (excluded.facts->'starts_on', excluded.facts->'hours', excluded.facts->'rate_cents',
                excluded.facts->'contract_form',
                coalesce(excluded.facts->>'ended_on', excluded.facts->>'ends_on'))
            IS DISTINCT FROM (stored.facts->'starts_on', stored.facts->'hours', stored.facts->'rate_cents',
                stored.facts->'contract_form', coalesce(stored.facts->>'ended_on', stored.facts->>'ends_on'))
            AND (stored.changed_at IS NOT NULL OR NOT EXISTS (
                SELECT FROM notices n
                WHERE n.placement_id = stored.placement_id AND n.kind = $8 AND n.state = 'pending'
            ))
        THEN excluded.agreed_at
        ELSE stored.changed_at
    END
WHERE excluded.version > stored.version
RETURNING placement_id, agreed_at, changed_at
"""


async def forget(connection: Connection, placement_ids: Collection[UUID]) -> None:
    """Forget placements whose professional is erased, and what was said and is to be said of them."""
    for statement in _FORGET:
        await connection.execute(statement, list(placement_ids))


_FORGET = (
    "DELETE FROM check_ins WHERE placement_id = ANY($1)",
    "DELETE FROM notices WHERE placement_id = ANY($1) AND state = 'pending'",
    "UPDATE notices SET body = NULL WHERE placement_id = ANY($1)",
    "DELETE FROM placements WHERE placement_id = ANY($1)",
)


async def told(
    connection: Connection, placements: Sequence[PlacementAgreed], kinds: Collection[Kind]
) -> dict[UUID, dict[Kind, datetime]]:
    """Return when each of these kinds was told last of each placement, or began to be: by its opdracht and
    professional, which also a row names that a database that went back learned of."""
    rows = await connection.fetch(
        _LAST_TOLD,
        [one.placement_id for one in placements],
        [one.assignment_id for one in placements],
        [one.profile_id for one in placements],
        list(kinds),
        [NoticeState.SENDING, *TOLD],
    )
    found: dict[UUID, dict[Kind, datetime]] = {one.placement_id: {} for one in placements}
    for row in rows:
        found[row["placement_id"]][Kind(row["kind"])] = row["told_at"]
    return found


_LAST_TOLD = """
SELECT p.placement_id, n.kind, max(coalesce(n.sent_at, n.caused_at)) AS told_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS p (placement_id, assignment_id, profile_id)
JOIN notices n USING (assignment_id, profile_id)
WHERE n.kind = ANY($4) AND n.state = ANY($5)
GROUP BY p.placement_id, n.kind
"""


async def plan(
    connection: Connection,
    kept: Sequence[Kept],
    due: Mapping[UUID, Mapping[Kind, datetime]],
    quiet: Mapping[UUID, Collection[Kind]],
    now: datetime,
) -> None:
    """Let what is told of placements be due at these moments: what has not left moves there, or is taken
    back where it has none; what has left stays as it is. `due`: by placement; `quiet`: of these what is not
    told anew, and stays as it is where it waits."""
    wanted = [
        (guidance.notice_id(one.placement, kind, one.changed_at), one.placement, kind, at)
        for one in kept
        for kind, at in due[one.placement.placement_id].items()
    ]
    await connection.execute(
        _TAKE_BACK,
        [one.placement.placement_id for one in kept],
        list(guidance.KINDS),
        [notice_id for notice_id, *_ in wanted],
    )
    news = [one for one in wanted if one[2] not in quiet[one[1].placement_id]]
    await connection.execute(
        _PLAN,
        [notice_id for notice_id, *_ in news],
        [kind for _, _, kind, _ in news],
        [placement.assignment_id for _, placement, _, _ in news],
        [placement.placement_id for _, placement, _, _ in news],
        [None if kind in TO_RECRUITERS else placement.profile_id for _, placement, kind, _ in news],
        [at for *_, at in news],
        now,
        current_traceparent(),
    )


_TAKE_BACK = """
DELETE FROM notices
WHERE placement_id = ANY($1) AND kind = ANY($2) AND state = 'pending' AND NOT notice_id = ANY($3)
"""
# The row of a notice that a database that went back learned of from its topic does not say its placement.
_PLAN = """
INSERT INTO notices AS stored
    (notice_id, kind, assignment_id, placement_id, profile_id, due_at, caused_at, traceparent)
SELECT notice_id, kind, assignment_id, placement_id, profile_id, due_at, $7, $8
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[])
    AS new (notice_id, kind, assignment_id, placement_id, profile_id, due_at)
ORDER BY notice_id
ON CONFLICT (notice_id) DO UPDATE
SET placement_id = excluded.placement_id,
    due_at = CASE WHEN stored.state = 'pending' AND stored.attempts = 0 THEN excluded.due_at
        ELSE stored.due_at END
"""
