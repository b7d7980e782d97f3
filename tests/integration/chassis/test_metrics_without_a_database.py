"""What is measured while PostgreSQL is away: that it is, and nothing of what nobody can look at then."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from chassis import housekeeping, retention, service
from chassis.database import UNAVAILABLE, Connection, Pool, migrate, open_pool
from chassis.kafka import recovery
from chassis.metrics import CLOCK_SKEW, OLDEST_PERSONAL_DATA, OVERDUE_PERSONAL_DATA
from chassis.retention import Duty
from contracts.retention import ALERT
from prometheus_client import REGISTRY
from support.cut import way_to
from support.served import profiles_without_kafka
from support.stacks import until

DAY = 86400.0  # no machine of a test stands still for half of it
IN_THE_DATABASE = {
    *("outbox_pending", "outbox_oldest_seconds", "outbox_refused", "parked_events", "parked_oldest_seconds"),
    *("audit_unchained_seconds", "clock_skew_seconds"),
}


@asynccontextmanager
async def started(url: str) -> AsyncIterator[Callable[[], Awaitable[dict[str, float]]]]:
    """Start a service on a database, without Kafka; yield what reads its metrics: values by name."""
    async with profiles_without_kafka(url) as http:

        async def read() -> dict[str, float]:
            text = (await http.get("/metrics")).text
            found = re.findall(r'^(\w+(?:\{check="\w+"\})?) (\S+)$', text, re.MULTILINE)
            return {name: float(value) for name, value in found}

        yield read


async def test_the_metrics_say_that_it_is_away_and_come_back_with_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MEASURE_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(recovery, "KAFKA_SECONDS", 0.1)
    await migrate(database, "chassis", "profiles")
    async with way_to(database) as way, started(way.url) as read:

        async def is_well() -> bool:
            found = await read()
            return found['ready{check="database"}'] == 1 and found.keys() >= IN_THE_DATABASE

        await until(is_well)
        assert (await read())['ready{check="consumer"}'] == 0  # there is no Kafka
        recovery_of = {"timer": "recovery"}  # which waits for it
        assert REGISTRY.get_sample_value("timer_last_success_timestamp_seconds", recovery_of) is not None
        way.cut()

        async def is_away() -> bool:
            found = await read()
            return found['ready{check="database"}'] == 0 and not found.keys() & IN_THE_DATABASE

        await until(is_away)
        way.mend()
        await until(is_well)


async def test_where_every_connection_is_in_use_nothing_is_known_either(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await housekeeping.measure(pool)
    assert len(next(iter(CLOCK_SKEW.collect())).samples) == 1
    monkeypatch.setattr(housekeeping, "MEASURE_SECONDS", 0.1)
    taken = [await pool.acquire() for _ in range(pool.get_max_size())]
    with pytest.raises(TimeoutError):
        await housekeeping.measure(pool)
    for connection in taken:
        await pool.release(connection)
    assert next(iter(CLOCK_SKEW.collect())).samples == []


async def test_the_clock_is_compared_with_the_databases(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead:
        def time(self) -> float:
            return datetime.now(UTC).timestamp() + DAY

    await housekeeping.measure(pool)
    assert abs(CLOCK_SKEW._value.get()) < DAY / 2
    monkeypatch.setattr(housekeeping, "time", Ahead())
    await housekeeping.measure(pool)
    assert DAY / 2 < CLOCK_SKEW._value.get() < 2 * DAY


async def test_how_long_data_is_held_is_absent_once_it_cannot_be_read(database: str) -> None:
    async def nothing(_connection: Connection, _now: datetime) -> bool:
        return False

    duty = Duty(kind=ALERT, kept=timedelta(days=1), take=nothing, oldest="SELECT now() - interval '3 days'")

    def days() -> list[float]:
        measured = (OLDEST_PERSONAL_DATA, OVERDUE_PERSONAL_DATA)
        labelled = (metric.collect() for metric in measured)
        return [
            round(sample.value)
            for [family] in labelled
            for sample in family.samples
            if sample.labels == {"kind": ALERT.name}
        ]

    async with way_to(database) as way, open_pool(way.url) as pool:
        await retention.measure(pool, duty, datetime.now(UTC))
        assert days() == [3, 2]
        way.cut()
        with pytest.raises((*UNAVAILABLE, asyncpg.InterfaceError)):
            await retention.measure(pool, duty, datetime.now(UTC))
        assert days() == []
