"""Assignments in PostgreSQL: each closes once when its selection is over, and pages hold them all."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from assignments import expiry, store
from assignments.domain.assignment import Assignment, AssignmentState
from assignments.expiry import close_expired
from assignments.republishing import publish_assignments
from chassis.database import Pool
from chassis.unreadable import UnreadableRow
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason
from uuid_utils.compat import uuid7

SAMPLE = Path(__file__).parents[3] / "contracts/samples/AssignmentOpened.v1.1.json"
FACTS = AssignmentFacts.model_validate_json(json.dumps(json.loads(SAMPLE.read_text())["value"]))
BEFORE = FACTS.respond_by - timedelta(days=1)
SELECTION = timedelta(days=0.5)
MAKE_UNREADABLE = """
UPDATE assignments SET facts = jsonb_set(facts, '{urgency}', '"of-a-newer-release"')
WHERE assignment_id = ANY($1)
"""
ROWS = """
SELECT * FROM assignments WHERE assignment_id = ANY($1) ORDER BY assignment_id
"""
OVER = FACTS.respond_by + SELECTION


async def saved(pool: Pool, *, opening: bool, respond_by: datetime = FACTS.respond_by) -> Assignment:
    facts = FACTS.model_copy(update={"respond_by": respond_by})
    assignment, _ = Assignment.create(uuid7(), facts, BEFORE, opening=opening)
    async with pool.acquire() as connection:
        await store.save(connection, assignment)
    return assignment


async def kept(pool: Pool, assignment_id: UUID) -> Assignment:
    async with pool.acquire() as connection:
        assignment = await store.get(connection, assignment_id)
    assert assignment is not None
    return assignment


async def test_what_is_saved_is_read_back_as_it_was(pool: Pool) -> None:
    assignment = await saved(pool, opening=True)
    assert await kept(pool, assignment.assignment_id) == assignment


async def test_only_an_open_one_closes_and_only_once_its_selection_is_over(pool: Pool) -> None:
    due, draft = await saved(pool, opening=True), await saved(pool, opening=False)
    later = await saved(pool, opening=True, respond_by=FACTS.respond_by + timedelta(seconds=1))
    await close_expired(pool, SELECTION, OVER - timedelta(seconds=1))
    assert await kept(pool, due.assignment_id) == due
    for _ in range(2):
        await close_expired(pool, SELECTION, OVER)
    closed = await kept(pool, due.assignment_id)
    assert (closed.state, closed.closed_reason) == (AssignmentState.CLOSED, ClosedReason.EXPIRED)
    assert [await kept(pool, other.assignment_id) for other in (draft, later)] == [draft, later]
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'assignments'") == 1


async def test_one_that_somebody_is_changing_is_left_to_the_next_round(pool: Pool) -> None:
    due = await saved(pool, opening=True)
    async with pool.acquire() as connection, connection.transaction():
        assert await store.get_for_update(connection, due.assignment_id) == due
        await close_expired(pool, SELECTION, OVER)
    assert await kept(pool, due.assignment_id) == due
    await close_expired(pool, SELECTION, OVER)
    assert (await kept(pool, due.assignment_id)).version == due.version + 1


async def test_pages_hold_every_assignment_once_the_oldest_first(pool: Pool) -> None:
    everything = [await saved(pool, opening=number % 2 == 0) for number in range(5)]
    async with pool.acquire() as connection:
        first = await store.page(connection, None, None, 3)
        second = await store.page(connection, None, first[-1].assignment_id, 3)
        drafts = await store.page(connection, AssignmentState.DRAFT, None, 3)
    assert first + second == everything
    assert drafts == everything[1::2]


async def test_one_that_this_version_cannot_read_stays_as_it_is_and_holds_up_nobody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "BATCH_SIZE", 2)
    longest = FACTS.respond_by - timedelta(hours=1)
    newer = [await saved(pool, opening=True, respond_by=longest) for _ in range(3)]
    due = [await saved(pool, opening=True) for _ in range(3)]
    ids = [one.assignment_id for one in newer]
    await pool.execute(MAKE_UNREADABLE, ids)
    before = await pool.fetch(ROWS, ids)
    await close_expired(pool, SELECTION, OVER)
    for one in due:
        assert (await kept(pool, one.assignment_id)).state is AssignmentState.CLOSED
    assert await pool.fetch(ROWS, ids) == before
    async with pool.acquire() as connection:
        shown = await store.page(connection, None, None, 3)
        assert [one.assignment_id for one in shown] == [one.assignment_id for one in due]
        with pytest.raises(UnreadableRow):
            await store.get(connection, ids[0])


async def test_one_that_this_version_cannot_read_holds_up_no_other_that_is_published_again(
    pool: Pool,
) -> None:
    known, newer = await saved(pool, opening=True), await saved(pool, opening=True)
    await pool.execute(MAKE_UNREADABLE, [newer.assignment_id])
    before = await pool.fetch(ROWS, [newer.assignment_id])
    async with pool.acquire() as connection, connection.transaction():
        published = await publish_assignments(connection, None, BEFORE)
        assert (published.count, published.last) == (1, newer.assignment_id)
        assert (await publish_assignments(connection, newer.assignment_id, BEFORE)).last is None
    assert await pool.fetchval("SELECT key FROM outbox") == str(known.assignment_id).encode()
    assert await pool.fetch(ROWS, [newer.assignment_id]) == before
