"""The chain of acts: none is missed, none comes without what was done, and what is changed shows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis.audit import Act, Action, Actor, prune, record
from chassis.audit.chaining import chain, unchained_seconds
from chassis.audit.verifying import Broken, Sound, verify
from chassis.database import Pool, migrate, open_pool
from contracts.chain import BEGINNING, digest
from contracts.events import ActRecorded
from contracts.topics import AUDIT
from opdrachtctl.__main__ import app as opdracht
from profiles import trail
from typer.testing import CliRunner

SERVICE = "profiles"
ROSA = Actor("https://issuer.example", "rosa", "recruiter")
RENEWED = """
ALTER TABLE audit_acts DISABLE TRIGGER USER;
ALTER TABLE audit_chain DISABLE TRIGGER USER;
"""


def an_act(person: UUID | None = None, *fields: str) -> Act:
    return Act(
        actor=ROSA,
        action=Action.CHANGE,
        object_kind="profile",
        object_id=person,
        people=[person] if person else [],
        fields=fields,
    )


async def do(pool: Pool, *acts: Act) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await record(connection, acts)


async def links(pool: Pool) -> list[ActRecorded]:
    """Return what is on its way to the topic, in its order."""
    rows = await pool.fetch("SELECT key, value FROM outbox WHERE topic = $1 ORDER BY id", AUDIT.name)
    assert {row["key"] for row in rows} <= {SERVICE.encode()}
    return [ActRecorded.model_validate_json(row["value"]) for row in rows]


async def verdict(pool: Pool) -> Sound | Broken:
    async with pool.acquire() as connection:
        return await verify(connection, SERVICE)


async def test_each_act_becomes_a_link_that_goes_on_from_the_one_before(pool: Pool) -> None:
    person = uuid4()
    await do(pool, an_act(person, "contact.phone", "facts.level"), an_act())
    await chain(pool, SERVICE)
    await do(pool, an_act())
    await chain(pool, SERVICE)
    told = await links(pool)
    assert [one.number for one in told] == [1, 2, 3]
    assert [one.previous for one in told] == [BEGINNING, told[0].hash, told[1].hash]
    assert [one.hash for one in told] == [digest(one) for one in told]
    first = told[0]
    assert (first.service, first.issuer, first.subject, first.role) == (
        SERVICE,
        ROSA.issuer,
        "rosa",
        "recruiter",
    )
    assert (first.action, first.object_kind, first.object_id) == ("change", "profile", person)
    assert (first.people, first.fields) == ([person], ["contact.phone", "facts.level"])
    assert await verdict(pool) == Sound(1, 3, 0)


async def test_what_is_rolled_back_was_never_done(pool: Pool) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record(connection, [an_act()])
        await transaction.rollback()
    await chain(pool, SERVICE)
    assert await links(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM audit_acts") == 0


async def test_an_act_with_a_lower_id_that_is_committed_later_is_not_passed_over(pool: Pool) -> None:
    late, early = uuid4(), uuid4()
    async with pool.acquire() as connection, connection.transaction():
        await record(connection, [an_act(late)])
        await do(pool, an_act(early))
        await chain(pool, SERVICE)
        assert [one.object_id for one in await links(pool)] == [early]
        assert await verdict(pool) == Sound(1, 1, 0)
    assert await unchained(pool) > 0
    await chain(pool, SERVICE)
    assert [one.object_id for one in await links(pool)] == [early, late]
    assert await verdict(pool) == Sound(1, 2, 0)


async def unchained(pool: Pool) -> float:
    async with pool.acquire() as connection:
        return await unchained_seconds(connection)


async def test_replicas_that_chain_side_by_side_make_one_chain(pool: Pool) -> None:
    people = [uuid4() for _ in range(300)]

    async def act_on(some: Sequence[UUID]) -> None:
        for person in some:
            await do(pool, an_act(person))

    async def keep_chaining() -> None:
        while len(await links(pool)) < len(people):
            await chain(pool, SERVICE)

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(act_on(people[number::3]) for number in range(3)), *(keep_chaining() for _ in range(3))
        )
    told = await links(pool)
    assert [one.number for one in told] == list(range(1, len(people) + 1))
    assert {one.object_id for one in told} == set(people)
    assert await verdict(pool) == Sound(1, len(people), 0)


@pytest.mark.parametrize("table", ["audit_acts", "audit_chain", "audit_pruned"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_nothing_is_changed_or_taken_away(pool: Pool, table: str, statement: str) -> None:
    await do(pool, an_act())
    await chain(pool, SERVICE)
    column = {"audit_acts": "action", "audit_chain": "hash", "audit_pruned": "hash"}[table]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await pool.execute(statement.format(table, column, column))
    assert await verdict(pool) == Sound(1, 1, 0)


BY_HAND = {
    "UPDATE audit_acts SET subject = 'iemand anders' WHERE id = 3": (3, "its act is not what was chained"),
    "UPDATE audit_acts SET people = '{}' WHERE id = 2": (2, "its act is not what was chained"),
    "DELETE FROM audit_chain WHERE number = 2": (2, "links are missing: the next is 3"),
    "UPDATE audit_chain SET hash = previous WHERE number = 4": (4, "its act is not what was chained"),
    "DELETE FROM audit_chain WHERE number = 5": (5, "act 5 is neither in the chain nor waiting for it"),
}


@pytest.mark.parametrize("statement", BY_HAND)
async def test_a_row_that_was_changed_by_hand_is_found(pool: Pool, statement: str) -> None:
    for _ in range(5):
        await do(pool, an_act(uuid4()))
    await chain(pool, SERVICE)
    await pool.execute(RENEWED)
    await pool.execute(statement)
    number, because = BY_HAND[statement]
    assert await verdict(pool) == Broken(number, because)


async def test_an_act_without_its_row_is_found_even_where_nothing_refers_to_it_any_more(pool: Pool) -> None:
    for _ in range(3):
        await do(pool, an_act(uuid4()))
    await chain(pool, SERVICE)
    async with pool.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("DELETE FROM audit_acts WHERE id = 2")
        await connection.execute("RESET session_replication_role")
    assert await verdict(pool) == Broken(2, "its act is missing")


async def plant(pool: Pool, days_ago: float, now: datetime) -> None:
    await pool.execute(
        "INSERT INTO audit_acts (at, issuer, subject, action, object_kind, people, fields)"
        " VALUES ($1, 'platform', 'test', 'change', 'profile', '{}', '{}')",
        now - timedelta(days=days_ago),
    )


async def test_whole_days_are_pruned_and_the_rest_goes_on_from_the_hash_that_is_kept(
    pool: Pool,
) -> None:
    now = datetime(2026, 11, 24, 15, tzinfo=UTC)
    for days in (600, 590, 548.2, 548, 40):
        await plant(pool, days, now)
    await chain(pool, SERVICE)
    async with pool.acquire() as connection:
        assert await prune(connection, now - timedelta(days=548), most=1) == 1
        assert await prune(connection, now - timedelta(days=548)) == 1
        assert await verify(connection, SERVICE) == Sound(3, 5, 0)
        assert await prune(connection, now - timedelta(days=548)) == 0
        await plant(pool, 35, now)
        await chain(pool, SERVICE)
        assert await prune(connection, now + timedelta(days=1)) == 4
        assert await verify(connection, SERVICE) == Sound(None, None, 0)
    await do(pool, an_act())
    await chain(pool, SERVICE)
    async with pool.acquire() as connection:
        assert (
            await prune(connection, datetime.now(UTC) + timedelta(days=3650)) == 0
        )  # none of the last month
    assert [one.number for one in await links(pool)][-1] == 7
    assert await verdict(pool) == Sound(7, 7, 0)


async def test_an_old_act_that_is_not_chained_yet_is_not_pruned(pool: Pool) -> None:
    now = datetime(2026, 11, 24, 15, tzinfo=UTC)
    await plant(pool, 600, now)
    async with pool.acquire() as connection:
        assert await prune(connection, now) == 0
    assert await pool.fetchval("SELECT count(*) FROM audit_acts") == 1


@pytest.fixture
async def profiles(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", SERVICE)
    async with open_pool(database) as opened:
        yield opened


async def run(*arguments: str) -> tuple[int, str]:
    """Run `opdracht audit`."""
    command = ["audit", *arguments]
    done = await asyncio.to_thread(CliRunner().invoke, opdracht, command)
    return done.exit_code, done.output


async def keep_copy(pool: Pool, *acts: ActRecorded) -> None:
    """Write links into profiles' copy, as its consumer does."""
    async with pool.acquire() as connection, connection.transaction():
        await trail.add(connection, acts)


async def test_the_operator_sees_who_did_what_to_whom_and_whether_that_is_whole(
    profiles: Pool, database: str
) -> None:
    person = uuid4()
    await do(profiles, an_act(person, "contact.phone"), an_act(uuid4(), "facts.level"))
    await chain(profiles, SERVICE)
    await keep_copy(profiles, *await links(profiles))
    status, shown = await run("--database", database, "--person", str(person))
    assert status == 0
    assert "contact.phone" in shown
    assert "rosa of https://issuer.example as recruiter, change profile" in shown
    assert "facts.level" not in shown
    status, shown = await run("--database", database, "--actor", "rosa")
    assert "contact.phone" in shown
    assert "facts.level" in shown
    assert (await run("--database", database, "--actor", "niemand"))[1].strip() == "nothing is recorded"
    assert await run("--database", database, "--verify") == (
        0,
        "profiles: whole, from 1 to 2; 0 wait to be chained\n",
    )
    await profiles.execute(RENEWED)
    await profiles.execute("UPDATE audit_acts SET people = '{}' WHERE id = 2")
    assert await run("--database", database, "--verify") == (
        1,
        "profiles: BROKEN at 2: its act is not what was chained\n",
    )
    assert (await run("--database", database))[0] == 2


async def test_a_chain_that_was_made_anew_or_cut_off_differs_from_what_was_told(
    profiles: Pool, database: str
) -> None:
    for _ in range(3):
        await do(profiles, an_act(uuid4()))
    await chain(profiles, SERVICE)
    await keep_copy(profiles, *await links(profiles))
    await profiles.execute(RENEWED)
    await profiles.execute("DELETE FROM audit_chain WHERE number = 3")
    await profiles.execute("DELETE FROM audit_acts WHERE id = 3")
    assert await verdict(profiles) == Sound(1, 2, 0)
    status, shown = await run("--database", database, "--verify")
    assert (status, "BROKEN at 3" in shown, "its end is lost" in shown) == (1, True, True)
    await profiles.execute("ALTER TABLE audit_acts ENABLE TRIGGER USER")
    await do(profiles, an_act(uuid4()))
    await chain(profiles, SERVICE)
    status, shown = await run("--database", database, "--verify")
    assert (status, "BROKEN at 3" in shown, "another hash" in shown) == (1, True, True)
