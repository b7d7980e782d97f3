"""Locks are taken in one order: nobody waits for somebody who waits for them."""

import asyncio
import random
from functools import partial
from uuid import UUID

import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.vocabulary import Answer
from matching import handlers
from matching.store.assignments import lock_assignments, upsert_assignments
from support.replicas import answered, assignment_event, fitting, nodes, profile_event, undemanding
from support.stacks import until

NEW, KNOWN = UUID(int=3), UUID(int=5)


async def apply(pool: Pool, events: list[Event]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, events)


async def waiting(pool: Pool, count: int) -> bool:
    return bool(await pool.fetchval(_WAITING, count))


_WAITING = """
SELECT count(*) >= $1
FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_two_replicas_that_take_the_same_new_assignment_in_do_not_wait_for_each_other(
    database: str,
) -> None:
    """Else the one has locked a known assignment and waits for the new one, whose id is lower, while somebody
    who has locked the new one waits for the known one."""
    facts = undemanding()
    opened = [assignment_event(one, 1, facts) for one in (NEW, KNOWN)]
    async with nodes(database, 2) as (here, there):
        await apply(here.pool, opened[1:])
        async with here.pool.acquire() as slow, slow.transaction():
            await lock_assignments(slow, [NEW, KNOWN])
            other = asyncio.create_task(apply(there.pool, opened[:1]))
            await until(partial(waiting, here.pool, 1))
            await upsert_assignments(slow, opened)
        await other
        assert await here.pool.fetchval("SELECT count(*) FROM assignments") == 2


async def test_answers_before_their_assignments_are_written_one_batch_after_the_other(database: str) -> None:
    people = [UUID(int=number) for number in range(10, 40)]
    answers = [answered(NEW, one, Answer.INTERESTED) for one in people]
    async with nodes(database, 2) as (here, there):
        for seed in range(10):
            rng = random.Random(seed)
            shuffled = [rng.sample(answers, len(answers)) for _ in range(2)]
            await asyncio.gather(apply(here.pool, shuffled[0]), apply(there.pool, shuffled[1]))
            assert (
                await here.pool.fetchval(
                    "WITH gone AS (DELETE FROM matches RETURNING 1) SELECT count(*) FROM gone"
                )
                == 30
            )


async def test_no_lock_is_held_while_a_reconciliation_catches_up_and_tries_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second set of profiles may have lower ids than those that are locked already."""
    rng, facts, profile_id = random.Random(1), undemanding(), UUID(int=7)
    async with nodes(database, 1) as (node,):
        await node.digest([assignment_event(KNOWN, 1, facts)], rng)
        catch_up = node.replica.catch_up
        looks: list[int] = []

        async def and_look_who_is_locked() -> None:
            await catch_up()
            if not looks:  # it changes once more after the first look
                await apply(node.pool, [profile_event(profile_id, 2, fitting(facts, 5))])
            looks.append(await node.pool.fetchval(_FREE))

        monkeypatch.setattr(node.replica, "catch_up", and_look_who_is_locked)
        await node.digest([profile_event(profile_id, 1, fitting(facts, 3))], rng)
        assert looks == [1, 1]
        assert (await node.pairs(KNOWN))[profile_id].profile_version == 2


_FREE = "WITH free AS (SELECT FROM assignments FOR UPDATE SKIP LOCKED) SELECT count(*) FROM free"
