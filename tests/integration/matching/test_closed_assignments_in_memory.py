"""A replica reads the closed assignments of the last year after its start, and misses none."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import open_pool
from matching import replica as replicas
from matching.domain.outlook.market import Market
from matching.replica import AMSTERDAM, Replica
from support.replicas import NOW, Node, assignment_event, nodes, undemanding

FACTS = undemanding()
YEAR_AGO = NOW - timedelta(days=365)


@pytest.fixture
async def node(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    monkeypatch.setattr(replicas, "CLOSED_BATCH_SIZE", 3)
    async with nodes(database, 1) as (one,):
        yield one


@pytest.fixture
async def starting(database: str) -> AsyncIterator[Replica]:
    async with open_pool(database, size=1) as pool:
        yield Replica(pool)


async def tell(node: Node, number: int, version: int, closed: bool) -> None:
    await node.digest([assignment_event(UUID(int=number), version, FACTS, closed)], random.Random(1))


def held(market: Market | None) -> tuple[list[int], list[int]]:
    """Return the numbers of the open and of the closed assignments."""
    assert market is not None
    numbers = [one.int for one in market.assignments.ids()]
    return sorted(numbers[: market.open_count]), sorted(numbers[market.open_count :])


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_closes_before_during_and_after_the_reading_is_held_once(
    node: Node, starting: Replica, seed: int
) -> None:
    rng = random.Random(seed)
    numbers = rng.sample(range(1, 400), 24)
    for number in numbers:
        await tell(node, number, 1, closed=False)
    unclosed = rng.sample(numbers, len(numbers))

    async def close_some() -> None:
        for _ in range(rng.randint(0, 3)):
            if len(unclosed) > 4:
                await tell(node, unclosed.pop(), 2, closed=True)

    for _ in range(3):
        await close_some()
    await starting.catch_up()
    assert starting.market() is None
    while await starting.load_closed(YEAR_AGO):
        assert starting.market() is None
        await close_some()
        if rng.random() < 0.5:
            await starting.catch_up()
    await close_some()
    await starting.catch_up()
    await node.replica.catch_up()
    expected = sorted(unclosed), sorted(set(numbers) - set(unclosed))
    assert held(starting.market()) == held(node.replica.market()) == expected


async def test_one_that_is_read_as_closed_first_is_no_longer_open_after_the_catch_up(
    node: Node, starting: Replica
) -> None:
    await tell(node, 1, 1, closed=False)
    await starting.catch_up()
    await tell(node, 1, 2, closed=True)
    assert not await starting.load_closed(YEAR_AGO)
    assert held(starting.market()) == ([1], [])  # as far as this copy knows
    await starting.catch_up()
    assert held(starting.market()) == ([], [1])


async def test_the_day_of_opening_is_the_one_in_the_netherlands(node: Node, starting: Replica) -> None:
    await tell(node, 1, 1, closed=False)
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    await node.pool.execute("UPDATE assignments SET known_since = $1", late)
    await starting.catch_up()
    await starting.load_closed(YEAR_AGO)
    market = starting.market()
    assert market is not None
    assert market.assignments.opened_on.tolist() == [date(2026, 7, 1).toordinal()]


async def test_what_opened_longer_ago_is_neither_read_nor_kept(node: Node, starting: Replica) -> None:
    for number in (1, 2):
        await tell(node, number, 1, closed=True)
    old: Any = "UPDATE assignments SET known_since = $1 WHERE assignment_id = $2"
    await node.pool.execute(old, YEAR_AGO - timedelta(days=1), UUID(int=1))
    await starting.catch_up()
    assert not await starting.load_closed(YEAR_AGO)
    assert held(starting.market()) == ([], [2])
    today = NOW.astimezone(AMSTERDAM).date()
    starting.forget_closed(today)
    assert held(starting.market()) == ([], [2])
    starting.forget_closed(today + timedelta(days=1))
    assert held(starting.market()) == ([], [])


async def test_a_copy_that_is_made_anew_reads_them_anew(
    node: Node, starting: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(node, 1, 1, closed=True)
    await starting.catch_up()
    await starting.load_closed(YEAR_AGO)
    assert held(starting.market()) == ([], [1])
    seen = starting._seen
    assert seen is not None
    monkeypatch.setattr(starting, "_seen", type(seen)(server="another", snapshot=seen.snapshot))
    await starting.catch_up()
    assert starting.market() is None
    assert not await starting.load_closed(YEAR_AGO)
    assert held(starting.market()) == ([], [1])
