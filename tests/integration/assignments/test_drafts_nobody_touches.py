"""A draft that nobody touched for long is deleted, incomplete or whole; what opened is not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from assignments import draft_store
from chassis.database import Pool, open_pool
from uuid_utils.compat import uuid7

NOW = datetime(2027, 6, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


async def draft(pool: Pool, touched: datetime) -> None:
    await pool.execute(
        "INSERT INTO drafts (draft_id, version, fields, created_at, updated_at) VALUES ($1, 1, $2, $3, $4)",
        uuid7(),
        {"title": "Adviseur"},
        NOW - 300 * DAY,
        touched,
    )


async def assignment(pool: Pool, state: str, touched: datetime) -> None:
    await pool.execute(
        "INSERT INTO assignments (assignment_id, version, state, closed_reason, facts, created_at,"
        " updated_at, respond_by) VALUES ($1, 1, $2, $3, $4, $5, $6, now())",
        uuid7(),
        state,
        "filled" if state == "closed" else None,
        {},
        NOW - 300 * DAY,
        touched,
    )


async def left(pool: Pool) -> tuple[int, list[str]]:
    states = await pool.fetch("SELECT state FROM assignments ORDER BY state, updated_at")
    return await pool.fetchval("SELECT count(*) FROM drafts"), [row["state"] for row in states]


async def test_drafts_that_nobody_touched_go_and_others_and_opened_ones_stay(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_store, "SET", 2)
    for touched in (*[NOW - 91 * DAY] * 5, NOW - 89 * DAY):
        await draft(pool, touched)
        await assignment(pool, "draft", touched)
    for state in ("open", "closed"):
        await assignment(pool, state, NOW - 300 * DAY)
    async with pool.acquire() as connection:
        assert await connection.fetchval(draft_store.OLDEST_DRAFT) == NOW - 91 * DAY
        while await draft_store.delete_untouched(connection, NOW - 90 * DAY):
            pass
    assert await left(pool) == (1, ["closed", "draft", "open"])


async def test_a_draft_that_somebody_is_changing_stays(pool: Pool) -> None:
    await draft(pool, NOW - 91 * DAY)
    async with pool.acquire() as writer, pool.acquire() as connection, writer.transaction():
        await draft_store.lock(writer, await writer.fetchval("SELECT draft_id FROM drafts"))
        assert not await draft_store.delete_untouched(connection, NOW - 90 * DAY)
    assert await left(pool) == (1, [])
