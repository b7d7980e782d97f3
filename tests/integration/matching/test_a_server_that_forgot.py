"""A server that lost the end of its log gives ids out again; who had read what is lost misses nothing."""

import os
import random
import signal
from uuid import UUID

from chassis.database import UNAVAILABLE, Pool
from matching import handlers
from support import people as random_facts
from support.forgetful import a_forgetful_postgresql, answers
from support.replicas import nodes, profile_event
from support.stacks import until

FACTS = random_facts.profile_facts(random.Random(1))
ONE, LATER = UUID(int=1), UUID(int=2)


async def write(pool: Pool, one: UUID, version: int, *, waits: bool = True) -> int:
    """Write a profile; return the id of the transaction."""
    async with pool.acquire() as connection, connection.transaction():
        if not waits:
            await connection.execute("SET LOCAL synchronous_commit = off")
        await handlers.apply(connection, [profile_event(one, version, FACTS)])
        return int(await connection.fetchval("SELECT pg_current_xact_id()::text"))


async def has_room(pool: Pool) -> bool:
    try:
        return bool(await pool.fetchval("SELECT true"))
    except UNAVAILABLE:
        return False


async def test_what_has_an_id_that_was_given_out_before_one_of_its_processes_was_killed_is_read() -> None:
    async with a_forgetful_postgresql() as layout, nodes(layout.database_url("postgres"), 1) as (node,):
        await write(node.pool, ONE, 1)
        lost = [await write(node.pool, ONE, version, waits=False) for version in (2, 3, 4)]
        await node.replica.catch_up()
        assert node.replica.population.versions([ONE]) == [4]

        # The others end with it and begin anew; the server itself runs on.
        async with node.pool.acquire() as connection:
            os.kill(connection.get_server_pid(), signal.SIGKILL)
        await until(lambda: answers(layout))
        await until(lambda: has_room(node.pool))

        assert await write(node.pool, LATER, 1) in lost
        await node.replica.catch_up()
        assert node.replica.population.versions([ONE, LATER]) == [1, 1]
