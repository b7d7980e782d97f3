"""The nightly turn takes all whose time has come, at one replica, and measures what is left."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from chassis import retention, timers
from chassis.database import Connection, Pool, open_pool
from chassis.metrics import OLDEST_PERSONAL_DATA, OVERDUE_PERSONAL_DATA
from chassis.retention import Duty, before, turn
from contracts.retention import ALERT
from prometheus_client import REGISTRY

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


@pytest.mark.parametrize("fails", [False, True])
async def test_a_night_in_which_a_duty_failed_is_none_that_succeeded(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    class Clock:
        now = 1000.0

        def time(self) -> float:
            return self.now

    clock, is_over = Clock(), asyncio.Event()
    monkeypatch.setattr(timers, "time", clock)

    async def take(_connection: Connection, _now: datetime) -> bool:
        clock.now = 2000.0
        if fails:
            raise ValueError("a fault of ours")
        return False

    def until_night(_now: datetime) -> timedelta:
        is_over.set()
        return DAY

    monkeypatch.setattr(retention, "until_night", until_night)
    duties = (Duty(kind=ALERT, kept=DAY, take=take), DUTY)
    job = asyncio.create_task(retention.keep_retention(pool, duties))
    async with asyncio.timeout(60):
        await is_over.wait()
    name = {"timer": "retention"}
    succeeded = REGISTRY.get_sample_value("timer_last_success_timestamp_seconds", name)
    assert succeeded == (1000 if fails else 2000)
    assert REGISTRY.get_sample_value("timer_interval_seconds", name) == DAY.total_seconds()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
