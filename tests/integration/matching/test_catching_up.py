"""A replica reads what is new: all of it, each row once, whatever else goes on in the cluster."""

import random
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from chassis.database import Pool, open_pool
from chassis.metrics import UNREADABLE_ROWS
from matching import handlers
from matching.replica import Replica
from prometheus_client import REGISTRY
from support import people as random_facts
from support.replicas import Node, assignment_event, erasure, nodes, profile_event, undemanding

PEOPLE = [UUID(int=number) for number in range(1, 301)]
FACTS = random_facts.profile_facts(random.Random(1))
AHEAD = "123456789012"


def read(version: str) -> float:
    labels = {"table": "profiles", "version": version}
    return REGISTRY.get_sample_value("match_rows_caught_up_total", labels) or 0


async def write(pool: Pool, version: int, people: list[UUID]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, [profile_event(one, version, FACTS) for one in people])


async def test_a_transaction_left_open_elsewhere_makes_nobody_read_more(database: str) -> None:
    forgotten = await asyncpg.connect(database.rsplit("/", 1)[0] + "/postgres")
    try:
        async with nodes(database, 1) as (node,), forgotten.transaction():
            await forgotten.execute("SELECT pg_current_xact_id()")
            await write(node.pool, 1, PEOPLE)
            await node.replica.catch_up()
            known, new = read("known"), read("new")
            for version in (2, 3, 4):
                await write(node.pool, version, PEOPLE[:1])
                await node.replica.catch_up()
            assert (read("known"), read("new")) == (known, new + 3)
    finally:
        await forgotten.close()


async def test_what_was_under_way_is_read_once_it_is_committed(database: str) -> None:
    async with nodes(database, 1) as (node,), node.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await handlers.apply(slow, [profile_event(PEOPLE[0], 1, FACTS)])
        for one in PEOPLE[1:4]:  # later ones are committed and read before it
            await write(node.pool, 1, [one])
            await node.replica.catch_up()
        assert PEOPLE[0] not in node.replica.population
        await transaction.commit()
        await node.replica.catch_up()
        assert node.replica.population.versions(PEOPLE[:4]) == [1, 1, 1, 1]


async def test_ids_of_another_cluster_are_renewed_at_the_start(database: str) -> None:
    """As a dump brings them along: ahead of all that this cluster has given out."""
    async with nodes(database, 1) as (before,), open_pool(database, size=1) as pool:
        await write(before.pool, 1, PEOPLE)
        await before.digest([assignment_event(UUID(int=1), 1, undemanding())], random.Random(1))
        for table in ("profiles", "assignments"):
            await before.pool.execute(f"UPDATE {table} SET changed = '{AHEAD}'::xid8")
        moved = Replica(pool)
        await moved.catch_up()
        known = read("known")
        await moved.catch_up()
        assert read("known") == known
        await write(before.pool, 2, PEOPLE[:1])
        await moved.catch_up()
        assert moved.population.versions(PEOPLE[:2]) == [2, 1]
        assert await before.pool.fetchval(_AHEAD, AHEAD) == 0


_AHEAD = "SELECT count(*) FROM profiles WHERE changed >= $1::text::xid8"


async def test_another_server_is_read_from_the_beginning(database: str) -> None:
    """After a failover or a restore: what it never had is forgotten, and older versions are taken."""
    async with nodes(database, 1) as (node,):
        opened, lost = UUID(int=1), UUID(int=2)
        await write(node.pool, 3, PEOPLE[:3])
        await node.digest(
            [assignment_event(one, 1, undemanding()) for one in (opened, lost)], random.Random(1)
        )
        await node.replica.catch_up()
        await node.pool.execute("UPDATE profiles SET version = 2 WHERE profile_id = $1", PEOPLE[0])
        await node.pool.execute("DELETE FROM profiles WHERE profile_id = $1", PEOPLE[1])
        await node.pool.execute("DELETE FROM assignments WHERE assignment_id = $1", lost)
        await node.replica.catch_up()
        assert node.replica.population.versions(PEOPLE[:3]) == [3, 3, 3]
        on_another_server(node)
        await node.replica.catch_up()
        assert node.replica.population.versions(PEOPLE[:3]) == [2, None, 3]
        assert node.replica.open.assignments.ids() == [opened]
        await write(node.pool, 4, PEOPLE[:1])
        await node.replica.catch_up()
        assert node.replica.population.versions(PEOPLE[:1]) == [4]


def on_another_server(node: Node) -> None:
    """Let the replica believe that it has read from a server that was started at another moment."""
    assert node.replica._seen is not None
    node.replica._seen = replace(node.replica._seen, server="another")


async def test_a_start_reads_only_what_is_open_and_who_is_not_erased(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(1)
    async with nodes(database, 1) as (node,), open_pool(database, size=1) as pool:
        await node.digest([profile_event(one, 1, FACTS) for one in PEOPLE[:2]], rng)
        await node.digest([erasure(PEOPLE[1])], rng)
        closed = [assignment_event(UUID(int=number), 1, undemanding(), closed=True) for number in range(5)]
        await node.digest([*closed, assignment_event(UUID(int=9), 1, undemanding())], rng)
        UNREADABLE_ROWS.labels("assignments").set(0)
        # Nobody reads the facts of one that is closed: not even where they cannot be read.
        await node.pool.execute("""UPDATE assignments SET facts = '"?"' WHERE NOT open""")
        replica = Replica(pool)
        await replica.catch_up()
        assert replica.open.assignments.ids() == [UUID(int=9)]
        assert REGISTRY.get_sample_value("unreadable_rows", {"table": "assignments"}) == 0
        assert replica.population.versions(PEOPLE[:2]) == [1, None]
