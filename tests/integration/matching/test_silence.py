"""Whom nothing fits for a month is told what would bring them an opdracht: once a month, by one replica."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool
from contracts.events import LeverFound
from matching import taking_back
from matching.silence import look_at_some
from support.notifying import an_event
from support.replicas import (
    NOW,
    Node,
    assignment_event,
    erasure,
    fitting,
    nodes,
    profile_event,
    undemanding,
)

ANNA, BEN, CAS = UUID(int=11), UUID(int=12), UUID(int=13)
OPDRACHT = UUID(int=1)
ASKED = undemanding() | {"rate_max_cents": 9000, "onsite_days": 2, "weights": {"availability": 100}}
ANNAS = fitting(ASKED, 7) | {"rate_min_cents": 8000, "place": ASKED["place"], "max_distance_km": 50}
SHY = ANNAS | {"hours_min": 24, "hours_max": 36}  # the opdracht is for fewer hours
SHORT = ASKED | {"hours_min": 16, "hours_max": 20}
DAY = timedelta(days=1)


@pytest.fixture
async def two(database: str) -> AsyncIterator[list[Node]]:
    async with nodes(database, 2) as found:
        await found[0].digest([assignment_event(OPDRACHT, 1, SHORT)], random.Random(1))
        for node in found:
            await node.replica.catch_up()
            while await node.replica.load_closed(NOW - 400 * DAY):
                pass
        yield list(found)


async def told(two: list[Node], now: datetime) -> list[dict[str, Any]]:
    """Let both replicas look; return what they publish."""
    while any(await asyncio.gather(*(look_at_some(node.pool, node.replica, now) for node in two))):
        pass
    pool: Pool = two[0].pool
    rows = await pool.fetch(
        "DELETE FROM outbox WHERE topic = 'advice' RETURNING convert_from(value, 'UTF8'), key"
    )
    found = [json.loads(value) for value, _ in rows]
    assert [row["key"].decode() for row in rows] == [one["profile_id"] for one in found]
    return found


async def test_a_month_after_the_first_look_once_a_month_and_never_to_ask_less(two: list[Node]) -> None:
    await two[0].digest([profile_event(ANNA, 1, SHY)], random.Random(1))
    assert await told(two, NOW) == []
    assert await told(two, NOW + 29 * DAY) == []
    (first,) = await told(two, NOW + 31 * DAY)
    assert first["profile_id"] == str(ANNA)
    assert 1 <= len(first["levers"]) <= 2
    assert first["levers"][0]["change"] == {"hours_min": 20}
    assert first["levers"][0]["adds"] == 1
    assert all("rate_min_cents" not in one["change"] for one in first["levers"])
    assert await told(two, NOW + 60 * DAY) == []
    assert len(await told(two, NOW + 62 * DAY)) == 1


async def test_not_who_has_a_match_nor_who_had_one_this_month_nor_who_looks_for_none(
    two: list[Node],
) -> None:
    rng = random.Random(1)
    fits = ANNAS | {"hours_min": 16, "hours_max": 36}
    await two[0].digest(
        [profile_event(ANNA, 1, fits), profile_event(BEN, 1, SHY | {"status": "paused"})], rng
    )
    await two[0].digest([profile_event(CAS, 1, SHY)], rng)
    assert await told(two, NOW) == []
    await two[0].digest([erasure(CAS)], rng)
    assert await told(two, NOW + 31 * DAY) == []
    assert await two[0].pool.fetchval("SELECT count(*) FROM silences WHERE profile_id = $1", CAS) == 0
    await two[0].digest([profile_event(ANNA, 2, SHY)], rng)
    await two[0].pool.execute("UPDATE matches SET withdrawn_at = $1 WHERE NOT live", NOW + 50 * DAY)
    assert await told(two, NOW + 62 * DAY) == []
    assert [one["profile_id"] for one in await told(two, NOW + 81 * DAY)] == [str(ANNA)]


async def test_a_database_that_went_back_tells_nobody_within_the_month(two: list[Node]) -> None:
    await two[0].digest([profile_event(ANNA, 1, SHY)], random.Random(1))
    await told(two, NOW)
    (found,) = await told(two, NOW + 31 * DAY)
    await two[0].pool.execute("UPDATE silences SET look_at = $1", NOW)
    event = an_event(LeverFound.model_validate_json(json.dumps(found)), NOW)
    async with two[0].pool.acquire() as connection, connection.transaction():
        assert await taking_back.take_back(connection, [event])
        assert not await taking_back.take_back(connection, [event])
    assert await told(two, NOW + 32 * DAY) == []
