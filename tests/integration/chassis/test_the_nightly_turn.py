"""The nightly turn takes all whose time has come, at one replica, and measures what is left."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from chassis import retention
from chassis.database import Connection, Pool, open_pool
from chassis.metrics import OLDEST_PERSONAL_DATA, OVERDUE_PERSONAL_DATA
from chassis.retention import Duty, before, turn
from contracts.retention import ALERT

NOW = datetime(2027, 6, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)
OLDEST = "SELECT min(at) FROM held"


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        await opened.execute("CREATE TABLE held (at timestamptz)")
        await opened.execute(
            "INSERT INTO held SELECT $1::timestamptz - make_interval(days => day)"
            " FROM generate_series(0, 99) AS day",
            NOW,
        )
        yield opened


async def delete(connection: Connection, moment: datetime) -> bool:
    status = await connection.execute(
        "DELETE FROM held WHERE ctid IN (SELECT ctid FROM held WHERE at < $1 LIMIT 3)", moment
    )
    return status == "DELETE 3"


DUTY = Duty(kind=ALERT, kept=90 * DAY, take=before(delete, 90 * DAY), oldest=OLDEST)


def measured() -> tuple[float, float]:
    oldest, overdue = OLDEST_PERSONAL_DATA.labels("alert"), OVERDUE_PERSONAL_DATA.labels("alert")
    return oldest._value.get(), overdue._value.get()


async def test_all_whose_time_has_come_goes_and_nothing_else(pool: Pool) -> None:
    await retention.measure(pool, DUTY, NOW)
    assert measured() == (99, 9)
    assert await turn(pool, DUTY, NOW)
    assert await pool.fetchval("SELECT count(*) FROM held") == 91
    assert measured() == (90, 0)


async def test_while_one_replica_has_the_turn_another_leaves_it(pool: Pool) -> None:
    async with pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock($1)", retention.LOCK)
        assert not await turn(pool, DUTY, NOW)
        await other.execute("SELECT pg_advisory_unlock($1)", retention.LOCK)
    assert await turn(pool, DUTY, NOW)
    assert await turn(pool, DUTY, NOW), "the lock is given back"


async def test_nothing_that_is_held_is_nothing_that_is_overdue(pool: Pool) -> None:
    await pool.execute("DELETE FROM held")
    await turn(pool, DUTY, NOW)
    assert measured() == (0, 0)
