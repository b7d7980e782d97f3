"""Placements as pages show them: with who it is, and for whom."""

from datetime import date
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_if_possible
from contracts.facts import PlacementTerms
from contracts.vocabulary import CheckIn, ContractForm, EndedReason

from desk.domain.placements import ENDS_SOON, PAGE_SIZE, CheckedIn, Placed, Sought, Tab

MOST = 200  # of one person, or of one opdracht

_COLUMNS = """
SELECT w.placement_id, w.version, w.assignment_id, w.profile_id, w.starts_on, w.ends_on, w.hours,
    w.rate_cents, w.contract_form, w.ended_on, w.ended_reason, w.agreed_at, w.changed_at, p.name, p.email,
    p.phone, a.title, a.organisation, said.answer, said.sentence, said.answered_at
"""
_FROM = """
FROM placements w LEFT JOIN people p USING (profile_id) LEFT JOIN assignments a USING (assignment_id)
LEFT JOIN LATERAL (
    SELECT c.answer, c.sentence, c.answered_at FROM checkins c
    WHERE c.placement_id = w.placement_id ORDER BY c.answered_at DESC LIMIT 1
) AS said ON true
"""
_PLACED = _COLUMNS + _FROM


async def get(connection: Connection, placement_id: UUID) -> Placed | None:
    """Return a placement; None where it is not known, or cannot be read."""
    row = await connection.fetchrow(_GET, placement_id)
    return None if row is None else read_if_possible("placements", placement_id, row, _placed)


_GET = f"{_PLACED} WHERE w.placement_id = $1"


async def of_assignment(
    connection: Connection, assignment_id: UUID, profile_id: UUID | None = None
) -> list[Placed]:
    """Return an opdracht's placements, the latest first; `profile_id`: this person's alone."""
    return _read(await connection.fetch(_OF_ASSIGNMENT, assignment_id, profile_id, MOST))


_OF_ASSIGNMENT = f"""
{_PLACED}
WHERE w.assignment_id = $1 AND ($2::uuid IS NULL OR w.profile_id = $2)
ORDER BY w.agreed_at DESC, w.placement_id
LIMIT $3
"""


async def of_person(connection: Connection, profile_id: UUID) -> list[Placed]:
    """Return somebody's placements, the latest first."""
    return _read(await connection.fetch(_OF_PERSON, profile_id, MOST))


_OF_PERSON = f"""
{_PLACED}
WHERE w.profile_id = $1
ORDER BY w.starts_on DESC, w.placement_id
LIMIT $2
"""


async def page(connection: Connection, tab: Tab, sought: Sought, number: int, today: date) -> list[Placed]:
    """Return a page of the list; `number` counts from 1."""
    arguments = (*_arguments(sought, today), tab, PAGE_SIZE, (number - 1) * PAGE_SIZE)
    return _read(await connection.fetch(_PAGE, *arguments))


# Of which part a placement is, and what it must have in it to be looked for.
_TABS = """
    CASE WHEN w.state = 'ended' THEN 'afgelopen' WHEN w.ends_on <= $1::date THEN 'eindigt' ELSE 'later' END
"""
_SOUGHT = """
    NOT EXISTS (
        SELECT FROM unnest($2::text[]) AS word
        WHERE position(word IN lower(concat_ws(' ', p.name, a.title, a.organisation))) = 0
    )
    AND ($3::text IS NULL OR a.recruiter = $3)
    AND (NOT $4::bool OR said.answer = 'wil-praten')
"""
_PAGE = f"""
{_PLACED}
WHERE {_SOUGHT} AND ({_TABS} = $5 OR $5 = 'lopend' AND w.state <> 'ended')
ORDER BY w.ended_on DESC, w.ends_on, w.placement_id
LIMIT $6 OFFSET $7
"""


async def counts(connection: Connection, sought: Sought, today: date) -> dict[Tab, int]:
    """Return how many placements each tab holds by this filter."""
    found = {
        row["tab"]: int(row["count"]) for row in await connection.fetch(_COUNTS, *_arguments(sought, today))
    }
    ending, later = found.get("eindigt", 0), found.get("later", 0)
    return {Tab.RUNNING: ending + later, Tab.ENDING: ending, Tab.ENDED: found.get("afgelopen", 0)}


_COUNTS = "SELECT" + _TABS + " AS tab, count(*) AS count" + _FROM + "WHERE" + _SOUGHT + "GROUP BY 1"


def _arguments(sought: Sought, today: date) -> tuple[object, ...]:
    return today + ENDS_SOON, sought.words.lower().split(), sought.recruiter, sought.wants_to_talk


def _read(rows: list[asyncpg.Record]) -> list[Placed]:
    found = [read_if_possible("placements", row["placement_id"], row, _placed) for row in rows]
    return [one for one in found if one is not None]


def _placed(row: asyncpg.Record) -> Placed:
    reason = row["ended_reason"]
    return Placed(
        placement_id=row["placement_id"],
        version=row["version"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        terms=PlacementTerms(
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            hours=row["hours"],
            rate_cents=row["rate_cents"],
            contract_form=ContractForm(row["contract_form"]),
        ),
        ended_on=row["ended_on"],
        ended_reason=None if reason is None else EndedReason(reason),
        agreed_at=row["agreed_at"],
        changed_at=row["changed_at"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        title=row["title"],
        organisation=row["organisation"],
        latest=row["answer"] and CheckedIn(CheckIn(row["answer"]), row["sentence"], row["answered_at"]),
    )
