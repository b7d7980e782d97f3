"""What grows slows down nothing that somebody waits for: each reads what it needs, however much there is."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from chassis.database import Connection, Pool, open_pool
from contracts.vocabulary import Answer, Decision
from notifications.domain.notice import Kind, NoticeState
from notifications.store import erasure, notices, queue
from support.filled import Years, fill, opdracht, person

NOW = datetime.now(UTC)
YEARS = Years()
GROWING = {"matches", "notices", "assignments"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        async with opened.acquire() as connection:
            await fill(connection, YEARS, NOW)
        yield opened


async def plan_of(connection: Connection, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Run a statement, by indexes wherever there are some; return each step of its plan. With as few rows as
    are here the planner would read some tables whole, which it does not where there are more."""
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):
        await connection.execute(f"SET enable_{way} = off")
    plans = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
    return list(_steps(plans[0]["Plan"]))


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _steps(part)


def rows_read(plan: list[dict[str, Any]]) -> int:
    """Count the rows that were read of what grows, wanted or not."""
    return sum(
        (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
        for step in plan
        if step.get("Relation Name") in GROWING
    )


async def test_each_reads_what_it_needs(pool: Pool) -> None:
    of_each = YEARS.matches / (YEARS.open + YEARS.closed)
    told = [NoticeState.PENDING, NoticeState.SENDING, NoticeState.ACCEPTED]
    read: dict[str, int] = {}
    async with pool.acquire() as connection:
        closing = await plan_of(
            connection,
            notices._INTERESTED_IN_CLOSED,
            [opdracht(YEARS.open)],
            Answer.INTERESTED,
            Decision.REJECTED,
            Kind.REJECTED,
            told,
            Kind.CLOSED,
        )
        read["closing news"] = rows_read(closing)
        for most in (10, 100):
            read[f"{most} due"] = rows_read(
                await plan_of(connection, queue._LOCK_DUE_TO_PROFESSIONALS, NOW, most, queue.KINDS)
            )
        read["due to recruiters"] = rows_read(
            await plan_of(connection, queue._LOCK_DUE_TO_RECRUITERS, NOW, 100, queue.KINDS)
        )
        transaction = connection.transaction()
        await transaction.start()
        for rule in erasure.ERASURE:
            if rule.statement is not None and rule.table in GROWING:
                plan = await plan_of(connection, rule.statement, [person(7)])
                read["erasure"] = read.get("erasure", 0) + rows_read(plan)
        await transaction.rollback()
    of_a_person = YEARS.matches / YEARS.people
    urgent = YEARS.open / 10
    assert read["closing news"] <= 3 * of_each
    assert read["10 due"] <= urgent * (1 + of_each) + 40
    assert read["100 due"] <= urgent * (1 + of_each) + 400
    assert read["due to recruiters"] == 0
    assert read["erasure"] <= 8 * of_a_person
