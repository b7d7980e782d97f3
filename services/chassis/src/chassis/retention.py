"""The nightly turn that takes what has been held long enough (`contracts.retention`), and its measures.

One replica at a time has the turn. It takes a set after another, each in a transaction of its own, so that
nobody waits for it long. It runs when the service starts as well: a night that was missed is made up for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import NoReturn

import structlog
from contracts.retention import ALERT, AUDIT, CLOSED, Kind

from chassis import audit
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.jobs import repeat
from chassis.metrics import OLDEST_PERSONAL_DATA, OVERDUE_PERSONAL_DATA, absent_on_failure
from chassis.retrying import retry
from chassis.telemetry import where
from chassis.timers import Timer

log = structlog.get_logger()

AT = time(2)  # UTC: the night in Amsterdam
LOCK = 0x72657461
MEASURE_EVERY_SECONDS = 3600
DAY = timedelta(days=1)

SET = 1000  # rows that are deleted at once

Take = Callable[[Connection, datetime], Awaitable[bool]]
Delete = Callable[[Connection, datetime], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What a service does about one kind.

    `take`: takes a set at a moment (the second argument), and tells whether there may be more. `oldest`: the
    SQL that says since when the oldest of what is taken here is held; without it another duty measures it.
    `due`: the SQL that says when the first of it was to be taken, where that is not `kept` ($1) after, at a
    moment ($2).
    """

    kind: Kind
    kept: timedelta
    take: Take
    oldest: str | None = None
    due: str | None = None


def before(delete: Delete, kept: timedelta) -> Take:
    """Return what takes, at a moment, what `delete` deletes of before `kept` before it."""

    async def take(connection: Connection, now: datetime) -> bool:
        return await delete(connection, now - kept)

    return take


def of_the_audit(kept: timedelta) -> Duty:
    """Return what every service does about what it wrote down of acts."""

    async def take(connection: Connection, now: datetime) -> bool:
        return await audit.prune(connection, now - kept) == audit.SEGMENT

    return Duty(kind=AUDIT, kept=kept, take=take, oldest=_OLDEST_ACT)


_OLDEST_ACT = """
SELECT at FROM audit_acts ORDER BY id LIMIT 1
"""


def of_alerts(kept: timedelta) -> Duty:
    """Return what services that show alerts do about them."""
    return Duty(kind=ALERT, kept=kept, take=before(_delete_alerts, kept), oldest=_OLDEST_ALERT)


async def _delete_alerts(connection: Connection, moment: datetime) -> bool:
    return deleted(await connection.execute(_DELETE_ALERTS, moment, SET)) == SET


# The first by their ids are the oldest: they are found without a look at the others.
_DELETE_ALERTS = """
DELETE FROM alerts
WHERE id IN (
    SELECT id
    FROM (SELECT id, at FROM alerts ORDER BY id LIMIT $2) AS oldest
    WHERE at < $1
)
"""
_OLDEST_ALERT = """
SELECT at FROM alerts ORDER BY id LIMIT 1
"""


def of_closed(kept: timedelta, *deletes: Delete, oldest: str) -> tuple[Duty, ...]:
    """Return what a service does about opdrachten that closed: what `deletes` delete, of which the first is
    of them all, and has its `oldest` measured."""
    first, *others = (before(delete, kept) for delete in deletes)
    return (
        Duty(kind=CLOSED, kept=kept, take=first, oldest=oldest),
        *(Duty(kind=CLOSED, kept=kept, take=take) for take in others),
    )


def deleted(status: str) -> int:
    """Return how many rows a DELETE took, by what the database answers."""
    return int(status.rpartition(" ")[2])


async def keep_retention(pool: Pool, duties: Sequence[Duty]) -> NoReturn:
    """Have the turn at the start and then each night, until cancelled: each duty apart, so that none is done
    again for another's sake, or left for another's fault. What is not done shows in the metrics."""
    with Timer("retention", DAY.total_seconds()) as timer:
        while True:
            if await _all_done(pool, duties):
                timer.succeed()
            await asyncio.sleep(until_night(datetime.now(UTC)).total_seconds())


async def _all_done(pool: Pool, duties: Sequence[Duty]) -> bool:
    """Do all duties, here or at another replica; tell whether none failed."""
    well = True
    for duty in duties:
        try:
            await retry(partial(_turn_now, pool, duty), on=UNAVAILABLE, log_as="retention waits")
        except Exception as error:
            log.error("a duty of retention failed", kind=duty.kind.name, **where(error))
            well = False
    return well


async def _turn_now(pool: Pool, duty: Duty) -> bool:
    return await turn(pool, duty, datetime.now(UTC))


async def keep_measuring(pool: Pool, duties: Sequence[Duty]) -> NoReturn:
    """Set the metrics hourly until cancelled."""

    async def step() -> None:
        for duty in duties:
            await measure(pool, duty, datetime.now(UTC))

    await repeat(step, name="measuring retention", every=MEASURE_EVERY_SECONDS)


def until_night(now: datetime) -> timedelta:
    """Return how long it is until the next turn; `now` in UTC."""
    tonight = datetime.combine(now.date(), AT, UTC)
    return (tonight if now < tonight else tonight + DAY) - now


async def turn(pool: Pool, duty: Duty, now: datetime) -> bool:
    """Take all of a duty whose time has come; tell whether it was done here: another replica may be at it."""
    async with pool.acquire() as connection:
        if not await connection.fetchval(_TRY_LOCK, LOCK):
            return False
        try:
            more = True
            while more:
                async with connection.transaction():
                    more = await duty.take(connection, now)
        finally:
            await connection.execute(_UNLOCK, LOCK)
    await measure(pool, duty, now)
    return True


_TRY_LOCK = """
SELECT pg_try_advisory_lock($1)
"""
_UNLOCK = """
SELECT pg_advisory_unlock($1)
"""


async def measure(pool: Pool, duty: Duty, now: datetime) -> None:
    """Set the metrics of the oldest that is held of a duty's kind, and of what should be gone.

    Where that fails they are absent, and the error is raised.
    """
    if duty.oldest is None:
        return
    held, overdue = OLDEST_PERSONAL_DATA.labels(duty.kind.name), OVERDUE_PERSONAL_DATA.labels(duty.kind.name)
    with absent_on_failure(held, overdue):
        async with pool.acquire() as connection:
            since = await connection.fetchval(duty.oldest)
            due = since and since + duty.kept
            if duty.due is not None:
                due = await connection.fetchval(duty.due, duty.kept, now)
    held.set(_days_after(since, now))
    overdue.set(_days_after(due, now))


def _days_after(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment) / DAY)
