"""What says that matching does nothing, while it seems to work."""

import asyncio
import random
from uuid import UUID

import pytest
from contracts.vocabulary import Level
from matching import loading
from matching.domain import policy
from matching.loading import keep_caught_up
from prometheus_client import REGISTRY
from support.replicas import assignment_event, fitting, nodes, profile_event, undemanding
from support.stacks import until

ASSIGNMENT, FITTING, OTHER = (UUID(int=number) for number in range(1, 4))


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, name
    return found


async def test_a_replica_that_hears_of_nothing_holds_what_the_others_do(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CATCH_UP_SECONDS", 0.05)
    async with nodes(database, 2) as (busy, idle):
        job = asyncio.create_task(keep_caught_up(idle.replica))
        facts = fitting(undemanding(), 1)
        people = [profile_event(UUID(int=number), 1, facts) for number in range(20, 30)]
        await busy.digest(people, random.Random(1))

        async def is_level() -> bool:
            return len(idle.replica.population) == len(people)

        await until(is_level)
        assert value("timer_interval_seconds", timer="catch-up") == 0.05
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def test_pairs_that_are_judged_and_fit_nobody_find_no_seat(database: str) -> None:
    async with nodes(database, 1) as (node,):
        judged, seated = value("match_pairs_scored_total"), value("match_seats_found_total")
        refused = {**fitting(undemanding(), 1), "status": "paused"}
        await node.digest([profile_event(OTHER, 1, refused)], random.Random(1))
        await node.digest([assignment_event(ASSIGNMENT, 1, undemanding())], random.Random(1))
        assert value("match_pairs_scored_total") > judged
        assert value("match_seats_found_total") == seated
        await node.digest([profile_event(FITTING, 1, fitting(undemanding(), 1))], random.Random(1))
        assert await node.live(ASSIGNMENT) == {FITTING}
        assert value("match_seats_found_total") > seated


async def test_what_was_never_proposed_shows_as_nothing(database: str) -> None:
    async with nodes(database, 1):
        for level in Level:
            for growth in ("true", "false"):
                value("matches_proposed_total", level=level, growth=growth, policy=policy.VERSION)
