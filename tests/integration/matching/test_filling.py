"""A replica that is filled anew holds what one holds that followed every change, whoever writes meanwhile."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from chassis.database import Connection
from contracts.facts import AssignmentFacts
from matching.engine.assignments import Assignments
from matching.replica import Replica
from matching.store import filling
from matching.store.profiles import ProfilesPage
from matching.store.snapshots import Seen, current
from support import people as random_facts
from support.replicas import Node, erasure, fitting, nodes, profile_event, undemanding

PEOPLE = [UUID(int=number << 8) for number in range(1, 401)]  # their last byte is 0, as some ids' is
PROBE, ERASED, OF_ANOTHER_ENCODING, STRANGE = PEOPLE[7], PEOPLE[70], PEOPLE[170:180], PEOPLE[270]

# What a newer version would leave behind.
OTHERS = """
UPDATE profiles SET encoding = 7, encoded = 'old' WHERE profile_id = ANY($1)
"""
UNREADABLE = """
UPDATE profiles
SET facts = jsonb_set(facts, '{level}', '"directeur"'), version = version + 1, changed = pg_current_xact_id()
WHERE profile_id = $1
"""


@pytest.fixture(autouse=True)
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "BLOCKS_AT_ONCE", 3)


async def populate(node: Node, rng: random.Random) -> None:
    facts = {one: random_facts.profile_facts(rng) for one in PEOPLE}
    facts[PROBE] = fitting(undemanding(), 0) | {"probe": True}
    await node.digest([profile_event(one, 1, facts[one]) for one in PEOPLE], rng)
    await node.digest([profile_event(one, 2, random_facts.profile_facts(rng)) for one in PEOPLE[300:]], rng)
    await node.digest([erasure(ERASED)], rng)
    await node.pool.execute(OTHERS, OF_ANOTHER_ENCODING)
    await node.pool.execute(UNREADABLE, STRANGE)
    await node.replica.catch_up()


def held(replica: Replica) -> dict[str, Any]:
    """Return all that a replica holds of profiles, and whom its index finds, whatever rows they lie in."""
    population = replica.population
    found = population.profiles.select(population.profiles.used)
    whose, crafts = found.crafts(len(found))
    ids, columns = found.ids(), sorted(set(population.record.names or ()) - {"entries", "crafts_start"})
    entries = population._arrays["entries"][found.row].tolist()
    rows = zip(*(getattr(found, name).tolist() for name in ("version", *columns)), entries, strict=True)
    told: dict[UUID, list[Any]] = {one: [] for one in ids}
    for place, craft in zip(whose.tolist(), crafts.tolist(), strict=True):
        told[ids[place]].append(craft)
    assert population.rows_of(ids).tolist() == found.row.tolist()
    rng = random.Random(5)
    asked = [json.dumps(random_facts.assignment_facts(rng)) for _ in range(30)]
    eligible = [
        sorted(population.eligible(Assignments.single(AssignmentFacts.model_validate_json(one))).ids())
        for one in asked
    ]
    assert any(eligible)
    return {
        "profiles": dict(zip(ids, rows, strict=True)),
        "crafts": told,
        "eligible": eligible,
        "probes": replica.probes.profiles.select(replica.probes.profiles.used).ids(),
        "unreadable": set(replica.unreadable),
    }


async def test_it_holds_what_one_holds_that_followed(database: str) -> None:
    rng = random.Random(1)
    async with nodes(database, 1) as (node,):
        await populate(node, rng)
        filled = Replica(node.pool)
        await filled.catch_up()
        assert held(filled) == held(node.replica)
        assert len(filled.population) == len(PEOPLE) - 3
        assert (held(filled)["probes"], filled.unreadable) == ([PROBE], {STRANGE})
        # and it follows as the other does
        changed = [profile_event(one, 5, random_facts.profile_facts(rng)) for one in PEOPLE[100:200]]
        newcomers = [profile_event(UUID(int=one), 1, random_facts.profile_facts(rng)) for one in range(1, 50)]
        await node.digest([*changed, *newcomers, *map(erasure, PEOPLE[200:250])], rng)
        await filled.catch_up()
        assert held(filled) == held(node.replica)


async def test_whoever_is_written_during_the_filling_is_there_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody's row moves to a block that the snapshot does not know; some come, and some are erased."""
    rng = random.Random(2)
    async with nodes(database, 1) as (node,):
        await populate(node, rng)
        before = held(node.replica)

        async def then_write(connection: Connection) -> Seen:
            seen = await current(connection)
            again = [profile_event(one, 9, random_facts.profile_facts(rng)) for one in PEOPLE[20:]]
            await node.digest([*again, *map(erasure, PEOPLE[:5])], rng)
            await node.digest([profile_event(UUID(int=3), 1, random_facts.profile_facts(rng))], rng)
            return seen

        monkeypatch.setattr(filling, "current", then_write)
        filled = Replica(node.pool)
        await filled.catch_up()
        assert held(filled) == before
        await filled.catch_up()
        assert held(filled) == held(node.replica) != before


def break_off(_filling: asyncio.Task[None]) -> None:
    raise ConnectionError


@pytest.mark.parametrize(
    ("happens", "error"), [(break_off, ConnectionError), (asyncio.Task.cancel, asyncio.CancelledError)]
)
async def test_a_filling_that_ends_midway_leaves_the_copy_as_it_was_and_can_be_begun_again(
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[asyncio.Task[None]], object],
    error: type[BaseException],
) -> None:
    """It ends while columns are read ahead, which then stop as well."""
    rng, taken = random.Random(3), 0
    async with nodes(database, 1) as (node,):
        await populate(node, rng)
        before, plain = held(node.replica), filling._plain
        node.replica._seen = None  # as where the server is another: it is filled anew

        def take(row: asyncpg.Record) -> ProfilesPage:
            nonlocal taken
            taken += 1
            if taken == 3:
                happens(under_way)
            return plain(row)

        monkeypatch.setattr(filling, "_plain", take)
        under_way = asyncio.create_task(node.replica.catch_up())
        with pytest.raises(error):
            await under_way
        assert held(node.replica) == before
        await node.replica.catch_up()
        assert held(node.replica) == before
