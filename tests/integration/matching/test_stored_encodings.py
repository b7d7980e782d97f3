"""A profile that was stored in another encoding is read as it is, and stored anew."""

import random
from typing import Any
from uuid import UUID

from chassis.database import Pool, open_pool
from matching.encoding import encode_profiles
from matching.replica import Replica
from support import people as random_facts
from support.replicas import erasure, nodes, profile_event


async def test_rows_of_another_encoding_are_read_anew_and_encoded_once(database: str) -> None:
    rng = random.Random(1)
    people = {UUID(int=number): random_facts.profile_facts(rng) for number in range(1, 701)}
    async with nodes(database, 1) as (node,), open_pool(database, size=1) as pool:
        await node.digest([profile_event(one, 1, facts) for one, facts in people.items()], rng)
        await node.digest([erasure(UUID(int=1))], rng)
        right = await stored(pool)
        await pool.execute("UPDATE profiles SET encoding = 7, encoded = 'old' WHERE NOT erased")
        replica = Replica(pool)
        await replica.catch_up()
        assert held(replica) == held(node.replica)
        await encode_profiles(pool)
        assert await stored(pool) == right


def held(replica: Replica) -> dict[UUID, tuple[int, int, int]]:
    """Return by id what the first, a middle and the last column hold."""
    population = replica.population
    found = population.profiles.select(population.profiles.used)
    columns = (found.level.tolist(), found.rate_min.tolist(), found.crafts_count.tolist())
    return dict(zip(found.ids(), zip(*columns, strict=True), strict=True))


async def stored(pool: Pool) -> list[Any]:
    query = "SELECT profile_id, encoded, encoding, encoded_version, changed::text FROM profiles ORDER BY 1"
    return [tuple(row) for row in await pool.fetch(query)]
