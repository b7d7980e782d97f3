"""A lost connection is an outage and a coding error is none, though asyncpg calls them alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chassis.database import (
    UNAVAILABLE,
    Connection,
    Pool,
    connect,
    naming_outages,
    open_pool,
    require_sessions,
)
from chassis.delivery import parking
from chassis.http import problems
from contracts.envelope import Event
from fastapi import FastAPI
from support.delivering import answer, intake, received
from support.stacks import until

Cut = Callable[[Connection], Awaitable[None]]
Work = Callable[[Connection, Cut], Awaitable[object]]


@pytest.fixture
async def cut(database: str) -> AsyncIterator[Cut]:
    """End a connection from the server's side, and wait until this side has noticed."""
    server = await asyncpg.connect(database)

    async def end(connection: Connection) -> None:
        async def is_noticed() -> bool:
            try:
                return connection.is_closed()
            except asyncpg.InterfaceError:  # so a pooled one says it
                return True

        await server.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        await until(is_noticed)

    yield end
    await server.close()


async def query_after_the_loss(connection: Connection, cut: Cut) -> None:
    await cut(connection)
    await connection.execute("SELECT 1")


async def loss_in_a_transaction(connection: Connection, cut: Cut) -> None:
    async with connection.transaction():
        await cut(connection)
        await connection.execute("SELECT 1")


async def loss_before_the_commit(connection: Connection, cut: Cut) -> None:
    async with connection.transaction():
        await cut(connection)


async def loss_before_an_error_of_the_work(connection: Connection, cut: Cut) -> None:
    async with connection.transaction():
        await cut(connection)
        raise KeyError("the work's own")


async def loss_during_a_query(connection: Connection, cut: Cut) -> None:
    async with connection.transaction():
        await asyncio.gather(connection.execute("SELECT pg_sleep(60)"), cut(connection))


async def loss_in_a_savepoint(connection: Connection, cut: Cut) -> None:
    async with connection.transaction(), connection.transaction():
        await cut(connection)
        await connection.execute("SELECT 1")


LOSSES = [
    query_after_the_loss,
    loss_in_a_transaction,
    loss_before_the_commit,
    loss_before_an_error_of_the_work,
    loss_during_a_query,
    loss_in_a_savepoint,
]


async def too_many_arguments(connection: Connection, _cut: Cut) -> None:
    async with connection.transaction():
        await connection.execute("SELECT $1::int", 1, 2)


async def a_number_that_does_not_fit(connection: Connection, _cut: Cut) -> None:
    await connection.execute("SELECT $1::int", 2**40)


async def two_queries_at_once(connection: Connection, _cut: Cut) -> None:
    queries = [connection.execute("SELECT pg_sleep(0.1)") for _ in range(2)]
    _, error = await asyncio.gather(*queries, return_exceptions=True)
    assert isinstance(error, Exception)
    raise error


async def a_transaction_in_the_wrong_state(connection: Connection, _cut: Cut) -> None:
    transaction = connection.transaction()
    await transaction.start()
    await transaction.rollback()
    await transaction.commit()


FAULTS = [
    too_many_arguments,
    a_number_that_does_not_fit,
    two_queries_at_once,
    a_transaction_in_the_wrong_state,
]


@pytest.mark.parametrize("work", LOSSES)
async def test_a_lost_connection_is_an_outage_and_the_pool_goes_on(pool: Pool, cut: Cut, work: Work) -> None:
    with pytest.raises(UNAVAILABLE):
        async with pool.acquire() as connection:
            await work(connection, cut)
    assert await pool.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("work", FAULTS)
async def test_a_coding_error_is_no_outage(pool: Pool, cut: Cut, work: Work) -> None:
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)) as raised:
        async with pool.acquire() as connection:
            await work(connection, cut)
    assert not isinstance(raised.value, UNAVAILABLE)
    assert await pool.fetchval("SELECT 1") == 1


async def test_a_pool_that_is_closed_is_an_outage(database: str) -> None:
    async with open_pool(database) as pool:
        pass
    with pytest.raises(UNAVAILABLE):
        await pool.fetchval("SELECT 1")


async def test_a_session_of_ones_own_tells_them_apart_too(database: str, cut: Cut) -> None:
    session = await connect(database)
    with pytest.raises(asyncpg.InterfaceError), naming_outages(session):
        await session.execute("SELECT $1::int", 1, 2)
    with pytest.raises(UNAVAILABLE), naming_outages(session):
        await query_after_the_loss(session, cut)


async def test_a_request_gets_503_in_an_outage_and_500_for_a_coding_error(pool: Pool, cut: Cut) -> None:
    app = FastAPI()
    problems.install(app)
    works = {work.__name__: work for work in (*LOSSES, *FAULTS)}

    @app.post("/{name}")
    async def run(name: str) -> None:
        async with pool.acquire() as connection:
            await works[name](connection, cut)

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        for status, some in ((503, LOSSES), (500, FAULTS)):
            for work in some:
                answered = await http.post(f"/{work.__name__}")
                assert answered.status_code == status, work.__name__
                assert answered.headers["content-type"] == "application/problem+json"


async def test_an_event_that_meets_a_coding_error_is_parked_and_the_others_are_taken(pool: Pool) -> None:
    await pool.execute("CREATE TABLE effects (number int)")

    async def store(connection: Connection, batch: Sequence[Event]) -> None:
        for event in batch:
            surplus = [0] if event.id == "13" else []
            await connection.execute("INSERT INTO effects VALUES ($1)", int(event.id), *surplus)

    await intake(pool, store).process(received([answer(uuid4(), number) for number in range(1, 31)]))
    stored = await pool.fetchval("SELECT array_agg(number ORDER BY number) FROM effects")
    assert stored == [number for number in range(1, 31) if number != 13]
    assert await pool.fetchval('SELECT array_agg("offset") FROM parked') == [12]


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
async def test_a_batch_that_meets_an_outage_comes_again_whole_and_nothing_is_parked(
    pool: Pool, cut: Cut, loss: Work, one_by_one: bool
) -> None:
    stored: list[int] = []
    away = True

    async def store(connection: Connection, batch: Sequence[Event]) -> None:
        if one_by_one and len(batch) > 1:
            raise ValueError("the whole batch is spoilt")
        if away and batch[-1].id == "3":
            await loss(connection, cut)
        stored.extend(int(event.id) for event in batch)

    records = received([answer(uuid4(), number) for number in range(1, 4)])
    with pytest.raises(UNAVAILABLE):
        await intake(pool, store).process(records)
    async with pool.acquire() as connection:
        assert await parking.backlog(connection) == (0, 0)
    stored.clear()
    away = False
    await intake(pool, store).process(records)
    assert stored == [1, 2, 3]


async def test_a_look_at_the_sessions_that_is_cut_short_is_an_outage(database: str) -> None:
    server = await asyncpg.connect(database)
    ends = []
    for _ in range(40):
        looking = asyncio.create_task(require_sessions(database))
        while not looking.done():
            await server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ends.append(looking.exception())
    await server.close()
    assert any(ends)
    assert [end for end in ends if end is not None and not isinstance(end, UNAVAILABLE)] == []
