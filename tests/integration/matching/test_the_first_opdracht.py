"""What the first opdracht after a start need not wait for."""

import random
from uuid import UUID

from chassis.database import Pool
from matching.rehearsing import rehearse
from support.replicas import assignment_event, fitting, nodes, profile_event, undemanding

STATEMENTS = """
SELECT statement FROM pg_prepared_statements
WHERE statement ~ 'INSERT INTO (assignments|matches) |FROM (assignments|matches|profiles)\\s'
"""
WRITTEN = """
SELECT (SELECT count(*) FROM assignments) + (SELECT count(*) FROM matches)
    + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM consumed)
"""


async def prepared(pool: Pool) -> list[str]:
    return sorted(row["statement"] for row in await pool.fetch(STATEMENTS))


async def test_what_writes_it_and_its_proposals_is_prepared_and_nothing_is_written(database: str) -> None:
    rng, facts = random.Random(1), undemanding()
    assignment_id, profile_id = UUID(int=1), UUID(int=2)
    async with nodes(database, 1) as (node,):
        await node.digest([profile_event(profile_id, 1, fitting(facts, 1))], rng)
        await rehearse(node.pool)
        assert await node.pool.fetchval(WRITTEN) == 0
        before = await prepared(node.pool)
        await node.digest([assignment_event(assignment_id, 1, facts)], rng)
        assert await node.live(assignment_id) == {profile_id}
        assert await prepared(node.pool) == before
