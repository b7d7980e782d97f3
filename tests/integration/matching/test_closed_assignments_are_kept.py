"""A closed assignment is kept for a year, with its matches, and then deleted a set at a time."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event
from contracts.events import AssignmentClosed, AssignmentOpened
from matching.domain.match import match_id
from matching.replica import Replica
from matching.store import pruning
from matching.store.assignments import upsert_assignments
from support import people as random_facts
from uuid_utils.compat import uuid7

NOW = datetime(2027, 11, 26, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR_AGO = NOW - 365 * DAY


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


async def an_assignment(pool: Pool, closed_at: datetime | None, *, live: bool = False) -> UUID:
    """Write an assignment, as its last event tells it, and a match of it."""
    facts = random_facts.assignment_facts(random.Random(1))
    assignment_id: UUID = uuid7()
    kind, at = (AssignmentOpened, NOW - 500 * DAY) if closed_at is None else (AssignmentClosed, closed_at)
    closing = {} if closed_at is None else {"closed_reason": "filled"}
    stored = {**facts, "assignment_id": assignment_id, "version": 2, **closing}
    data = kind.model_validate(stored, strict=False)
    async with pool.acquire() as connection, connection.transaction():
        await upsert_assignments(
            connection, [Event("1", "/test", f"{kind.__name__}.v1", assignment_id, at, data)]
        )
        profile_id: UUID = uuid7()
        await connection.execute(
            "INSERT INTO matches (match_id, assignment_id, profile_id, revision, live, proposed_at)"
            " VALUES ($1, $2, $3, 1, $4, now())",
            match_id(assignment_id, profile_id),
            assignment_id,
            profile_id,
            live,
        )
    return assignment_id


async def prune(pool: Pool) -> None:
    async with pool.acquire() as connection:
        while await pruning.delete_closed(connection, YEAR_AGO):
            pass


async def kept(pool: Pool) -> set[UUID]:
    assignments = await pool.fetch("SELECT assignment_id FROM assignments")
    matches = await pool.fetch("SELECT assignment_id FROM matches")
    assert {row[0] for row in assignments} == {row[0] for row in matches}
    return {row[0] for row in assignments}


async def test_what_closed_over_a_year_ago_goes_and_what_is_open_or_closed_later_stays(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "SET", 2)
    for _ in range(5):
        await an_assignment(pool, NOW - 366 * DAY)
    stays = {await an_assignment(pool, NOW - 364 * DAY), await an_assignment(pool, None)}
    await prune(pool)
    assert await kept(pool) == stays


async def test_one_with_a_live_match_or_that_waits_to_be_reconciled_stays(pool: Pool) -> None:
    live = await an_assignment(pool, NOW - 366 * DAY, live=True)
    waiting = await an_assignment(pool, NOW - 366 * DAY)
    await pool.execute(
        "UPDATE assignments SET reconciliation_requested = pg_current_xact_id() WHERE assignment_id = $1",
        waiting,
    )
    await prune(pool)
    assert await kept(pool) == {live, waiting}


async def test_a_replica_goes_on_beside_it(pool: Pool) -> None:
    opened = await an_assignment(pool, None)
    await an_assignment(pool, NOW - 366 * DAY)
    replica = Replica(pool)
    await replica.catch_up()
    await prune(pool)
    await replica.catch_up()
    assert replica.open.versions([opened]) == [2]
    assert len(replica.open) == 1
