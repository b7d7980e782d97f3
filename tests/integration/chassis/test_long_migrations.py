"""Migrations that take long run beside the service: indexes made concurrently, and changes piece by piece."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from chassis.database import Connection, connect, migrate
from support.stacks import until

ROWS = 200_000
PACKAGE = "growing_service"
Add = Callable[[str, str], None]

TABLE = f"""
CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL, size integer, doubled integer);
INSERT INTO things SELECT number, 'thing ' || number, number FROM generate_series(1, {ROWS}) AS number;
"""
INDEX = """\
-- no transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS things_by_name ON things (name);
"""
BACKFILL = """\
-- no transaction
DO $$
DECLARE
    done bigint := 0;
    upto bigint;
BEGIN
    LOOP
        SELECT max(id) INTO upto
        FROM (SELECT id FROM things WHERE id > done ORDER BY id LIMIT 1000) AS piece;
        EXIT WHEN upto IS NULL;
        UPDATE things SET doubled = 2 * size WHERE id > done AND id <= upto AND doubled IS NULL;
        COMMIT;
        done := upto;
    END LOOP;
END $$;
"""


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Add a migration to a package that is installed; it has made the table already."""
    folder = tmp_path / PACKAGE / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, script: str) -> None:
        (folder / name).write_text(script)

    write("0001_things.sql", TABLE)
    return write


@pytest.fixture
async def session(database: str) -> AsyncIterator[Connection]:
    """A session that looks on."""
    opened = await connect(database)
    yield opened
    await opened.close()


async def is_valid(session: Connection) -> bool | None:
    """Tell whether the index is valid; None where there is none."""
    found: bool | None = await session.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('things_by_name')"
    )
    return found


async def keep_writing(database: str, ended: asyncio.Event) -> int:
    """Change rows one by one until it is to end; return how many. Each may take two seconds, no longer."""
    session, written = await connect(database), 0
    await session.execute("SET statement_timeout = '2s'")
    while not ended.is_set():
        await session.execute("UPDATE things SET size = size + 1 WHERE id = $1", written % ROWS + 1)
        await session.execute("INSERT INTO things VALUES ($1, 'new', 1)", ROWS + written + 1)
        written += 1
    await session.close()
    return written


async def test_an_index_and_a_backfill_are_made_while_the_service_writes(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    add("0002_index.sql", INDEX)
    add("0003_doubled.sql", BACKFILL)
    ended = asyncio.Event()
    writing = asyncio.create_task(keep_writing(database, ended))
    await until(lambda: session.fetchval("SELECT EXISTS (SELECT FROM things WHERE id > $1)", ROWS))
    applied = await migrate(database, PACKAGE)
    ended.set()
    assert await writing > 0
    assert applied == [f"{PACKAGE}/0002_index.sql", f"{PACKAGE}/0003_doubled.sql"]
    assert await is_valid(session)
    assert not await session.fetchval("SELECT count(*) FROM things WHERE id <= $1 AND doubled IS NULL", ROWS)
    assert await migrate(database, PACKAGE) == []


async def test_a_statement_may_take_longer_than_a_transaction_may(
    database: str, add: Add, session: Connection
) -> None:
    add("0002_slow.sql", "SELECT pg_sleep(6)")
    with pytest.raises(asyncpg.QueryCanceledError):
        await migrate(database, PACKAGE)
    add("0002_slow.sql", "-- no transaction\nSELECT pg_sleep(6)")
    assert await migrate(database, PACKAGE) == [f"{PACKAGE}/0002_slow.sql"]


async def test_what_a_failed_attempt_left_of_an_index_is_dropped_and_made_anew(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    await session.execute("UPDATE things SET name = 'twice' WHERE id <= 2")
    add("0002_index.sql", INDEX.replace("CREATE INDEX", "CREATE UNIQUE INDEX"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await migrate(database, PACKAGE)
    assert await is_valid(session) is False
    await session.execute("UPDATE things SET name = 'once' WHERE id = 1")
    assert await migrate(database, PACKAGE) == [f"{PACKAGE}/0002_index.sql"]
    assert await is_valid(session)


async def test_several_may_migrate_at_once_and_each_migration_runs_once(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    add("0002_index.sql", INDEX)
    add("0003_counted.sql", "ALTER TABLE things ADD COLUMN counted integer;")
    applied = await asyncio.gather(*(migrate(database, PACKAGE) for _ in range(4)))
    assert sorted(applied) == [[], [], [], [f"{PACKAGE}/0002_index.sql", f"{PACKAGE}/0003_counted.sql"]]
    assert await is_valid(session)


async def test_what_ends_half_way_goes_on_from_what_is_done(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    add("0002_doubled.sql", BACKFILL.replace("COMMIT;", "COMMIT; PERFORM 1 / (upto - 50000);"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(database, PACKAGE)
    assert await session.fetchval("SELECT count(*) FROM things WHERE doubled IS NOT NULL") == 50_000
    before = await session.fetchval("SELECT xmin::text FROM things WHERE id = 1")
    add("0002_doubled.sql", BACKFILL)
    assert await migrate(database, PACKAGE) == [f"{PACKAGE}/0002_doubled.sql"]
    assert await session.fetchval("SELECT count(*) FROM things WHERE doubled IS NULL") == 0
    assert await session.fetchval("SELECT xmin::text FROM things WHERE id = 1") == before


async def test_a_row_that_somebody_holds_is_waited_for_and_holds_up_nobody_for_long(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    add("0002_doubled.sql", BACKFILL)
    holder, other = await connect(database), await connect(database)
    await holder.execute("BEGIN; SELECT FROM things WHERE id = 1000 FOR UPDATE")
    migrating = asyncio.create_task(migrate(database, PACKAGE))

    async def waits_for_a_row() -> bool:
        return bool(
            await session.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'transactionid')"
            )
        )

    await until(waits_for_a_row)
    await other.execute("SET statement_timeout = '10s'")
    await other.execute("UPDATE things SET size = 0 WHERE id = 1")  # of the piece that waits: it gives way
    await holder.execute("COMMIT")
    assert await migrating == [f"{PACKAGE}/0002_doubled.sql"]
    await holder.close()
    await other.close()


async def test_an_index_waits_for_a_transaction_that_is_open_and_is_made_when_it_ends(
    database: str, add: Add, session: Connection
) -> None:
    await migrate(database, PACKAGE)
    add("0002_index.sql", INDEX)
    reader = await connect(database)
    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM things LIMIT 1")
    migrating = asyncio.create_task(migrate(database, PACKAGE))

    async def waits_for_the_reader() -> bool:
        return bool(
            await session.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE current_locker_pid = $1)",
                reader.get_server_pid(),
            )
        )

    await until(waits_for_the_reader)
    others = [asyncio.create_task(migrate(database, PACKAGE)) for _ in range(2)]
    await session.execute("UPDATE things SET size = 0 WHERE id = 1")
    assert not await is_valid(session)
    await reader.execute("COMMIT")
    assert sorted(await asyncio.gather(migrating, *others)) == [[], [], [f"{PACKAGE}/0002_index.sql"]]
    assert await is_valid(session)
    await reader.close()
