"""Colleagues who want to be found, and who asked whom a question, in PostgreSQL."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from contracts.vocabulary import OrganisationType

from profiles import store
from profiles.domain.colleague import Colleague


@dataclass(frozen=True)
class Wanted:
    """Which colleagues are looked for: who offer all of these, and know this kind of organisation."""

    offers: Collection[str] = ()
    organisation_type: OrganisationType | None = None


async def page(
    connection: Connection, own: UUID | None, wanted: Wanted, after: UUID | None, limit: int, day: date
) -> list[Colleague]:
    """Return colleagues by id (the oldest first), after `after`; `own`: who looks, and is left out."""
    found: list[Colleague] = []
    while len(found) < limit:
        rows = await connection.fetch(
            _PAGE, after, limit - len(found), own, list(wanted.offers), wanted.organisation_type, day
        )
        if not rows:
            break
        profiles = await store.readable(connection, rows)
        found += [one for profile in profiles if (one := Colleague.of(profile, day)) is not None]
        after = rows[-1]["profile_id"]
    return found


# Of the portfolio as it follows from the work (`effective`).
_KNOWS_THE_KIND = """
EXISTS (
    SELECT FROM placements
    WHERE placements.profile_id = profiles.profile_id AND organisation_type = $5
        AND NOT cancelled AND first_on <= least(last_on, $6::date)
) OR EXISTS (
    SELECT FROM jsonb_array_elements(facts->'portfolio') AS entry
    WHERE entry->>'organisation_type' = $5 AND (entry->>'placement_id' IS NULL OR (
        entry->>'started_on' <= $6::date::text AND NOT EXISTS (
            SELECT FROM placements
            WHERE placements.profile_id = profiles.profile_id
                AND placement_id = (entry->>'placement_id')::uuid
        )
    ))
)
"""
_PAGE = f"""
{store.PROFILES}
WHERE network->'visible' = 'true' AND ($1::uuid IS NULL OR profile_id > $1)
    AND profile_id IS DISTINCT FROM $3::uuid AND network->'offers' @> to_jsonb($4::text[])
    AND ($5::text IS NULL OR {_KNOWS_THE_KIND})
ORDER BY profile_id
LIMIT $2
"""


async def asked_since(connection: Connection, asker_id: UUID, since: datetime) -> list[datetime]:
    """Return when somebody asked questions since a moment, the latest first. The caller has locked their
    row."""
    return [row["asked_at"] for row in await connection.fetch(_ASKED_SINCE, asker_id, since)]


_ASKED_SINCE = """
SELECT asked_at FROM questions WHERE asker_id = $1 AND asked_at > $2 ORDER BY asked_at DESC
"""


async def add_question(
    connection: Connection, question_id: UUID, asker_id: UUID, profile_id: UUID, now: datetime
) -> None:
    """Note that somebody asked a colleague a question; what nobody counts any more goes."""
    await connection.execute(_ADD, question_id, asker_id, profile_id, now)
    await connection.execute(_DELETE_OLD, now - timedelta(days=1))


_ADD = """
INSERT INTO questions (question_id, asker_id, profile_id, asked_at) VALUES ($1, $2, $3, $4)
"""
_DELETE_OLD = """
DELETE FROM questions WHERE question_id IN (
    SELECT question_id FROM questions WHERE asked_at < $1 FOR UPDATE SKIP LOCKED
)
"""
