"""Where one role migrates and another serves, the second reads and writes rows and can do nothing else."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from chassis.database import await_migrations, connect, migrate, migrations, open_pool, rights
from chassis.database.rights import APPEND_ONLY, READ_ONLY
from stack.layout import SERVICES, Layout
from support.databases import a_database
from support.stacks import Stack

UPGRADE = Path(__file__).parents[3] / "docs/operations/upgrade.md"
ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
ALL = ROWS | {"TRUNCATE", "REFERENCES", "TRIGGER"}


@dataclass(frozen=True)
class Roles:
    """The URLs of one database for who migrates and for who serves, and the second's name."""

    migrating: str
    serving: str
    role: str


@pytest.fixture
async def roles(stack: Stack) -> AsyncIterator[Roles]:
    layout: Layout = stack.layout
    names = [f"{kind}_{secrets.token_hex(4)}" for kind in ("migrator", "server")]
    admin = await asyncpg.connect(layout.database_url("postgres"))
    for name in names:
        await admin.execute(f"CREATE ROLE {name} LOGIN")
    try:
        async with a_database(layout) as url:
            database = url.rpartition("/")[2]
            await admin.execute(f'ALTER DATABASE "{database}" OWNER TO {names[0]}')
            migrating, serving = (url.replace("postgres@", f"{name}@") for name in names)
            yield Roles(migrating, serving, names[1])
    finally:
        for name in names:
            await admin.execute(f"DROP ROLE {name}")
        await admin.close()


async def rights_of(connection: asyncpg.Connection, role: str) -> dict[str, set[str]]:
    """Return what a role may do on each table."""
    rows = await connection.fetch(
        """
        SELECT relname, kind
        FROM pg_class, unnest($2::text[]) AS kind
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND has_table_privilege($1, pg_class.oid, kind)
        """,
        role,
        sorted(ALL),
    )
    found: dict[str, set[str]] = {}
    for name, kind in rows:
        found.setdefault(name, set()).add(kind)
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_has_the_rows_of_its_tables_and_nothing_else(roles: Roles, service: str) -> None:
    await migrate(roles.migrating, "chassis", service, role=roles.role)
    connection = await connect(roles.serving)
    try:
        found = await rights_of(connection, roles.role)
        tables = {
            row["tablename"]
            for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
        assert found.keys() == tables
        assert len(tables) > 5
        assert "migrations" in found
        for table, kinds in found.items():
            fewer = {"UPDATE", "DELETE"} if table in APPEND_ONLY else ROWS - {"SELECT"}
            assert kinds == (ROWS - fewer if table in (*APPEND_ONLY, *READ_ONLY) else ROWS), table
        for statement in (
            "CREATE TABLE mine ()",
            "CREATE TEMPORARY TABLE mine ()",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            *(
                statement.format(table)
                for table in tables
                for statement in (
                    "DROP TABLE {}",
                    "ALTER TABLE {} ADD COLUMN mine int",
                    "TRUNCATE {}",
                    "CREATE INDEX ON {} ((true))",
                    "ALTER TABLE {} DISABLE TRIGGER USER",
                )
            ),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_what_a_later_migration_makes_is_there_for_the_service_at_once_and_no_more_of_it_than_is_right(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await migrate(roles.migrating, "chassis", role=roles.role)
    (tmp_path / "9000_more.sql").write_text(
        "CREATE TABLE later (id bigserial PRIMARY KEY); CREATE TABLE later_acts (what text);"
    )
    monkeypatch.setattr(rights, "APPEND_ONLY", ("later_acts",))
    folder = migrations._folder
    monkeypatch.setattr(migrations, "_folder", lambda name: tmp_path if name == "later" else folder(name))
    assert await migrate(roles.migrating, "chassis", "later", role=roles.role) == ["later/9000_more.sql"]
    connection = await connect(roles.serving)
    try:
        await connection.execute("INSERT INTO later DEFAULT VALUES; INSERT INTO later_acts VALUES ('one')")
        await connection.execute("SELECT setval(pg_get_serial_sequence('later', 'id'), 10)")
        await connection.execute("UPDATE later SET id = 11; DELETE FROM later")
        for statement in ("UPDATE later_acts SET what = 'two'", "DELETE FROM later_acts"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_nobody_else_comes_into_the_database(roles: Roles, stack: Stack) -> None:
    await migrate(roles.migrating, "chassis", role=roles.role)
    admin = await asyncpg.connect(stack.layout.database_url("postgres"))
    await admin.execute(f"CREATE ROLE {roles.role}_other LOGIN")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(roles.serving.replace(f"{roles.role}@", f"{roles.role}_other@"))
    finally:
        await admin.execute(f"DROP ROLE {roles.role}_other")
        await admin.close()


async def test_rights_that_somebody_gave_by_hand_are_taken_back(roles: Roles) -> None:
    await migrate(roles.migrating, "chassis", role=roles.role)
    owner = await connect(roles.migrating)
    try:
        await owner.execute(f"GRANT ALL ON outbox TO {roles.role}")
        await migrate(roles.migrating, "chassis", role=roles.role)
        assert (await rights_of(owner, roles.role))["outbox"] == ROWS
    finally:
        await owner.close()


async def test_a_database_of_one_role_is_parted_while_the_service_runs(roles: Roles, stack: Stack) -> None:
    database = roles.serving.rpartition("/")[2]
    admin = await asyncpg.connect(stack.layout.database_url(database))
    await admin.execute(f'ALTER DATABASE "{database}" OWNER TO {roles.role}')
    await migrate(roles.serving, "chassis")
    migrator = roles.migrating.partition("://")[2].partition("@")[0]
    service = await connect(roles.serving)
    try:
        handed_over = re.search(r"```sql\n(BEGIN;\nREASSIGN.*?)```", UPGRADE.read_text(), re.DOTALL)
        assert handed_over is not None
        script = handed_over[1].replace("profiles_migrator", migrator)
        await admin.execute(re.sub(r"\bprofiles\b", roles.role, script))
        members = "SELECT count(*) FROM pg_auth_members WHERE member = $1::regrole"
        assert await admin.fetchval(members, roles.role) == 0  # an operator of roles would undo it
        await service.execute("DELETE FROM outbox")
        await migrate(roles.migrating, "chassis", role=roles.role)
        await service.execute("DELETE FROM outbox")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("DROP TABLE outbox")
    finally:
        await service.close()
        await admin.close()


async def test_a_service_that_comes_before_it_is_let_in_waits(roles: Roles) -> None:
    await migrate(roles.migrating, "chassis")  # as one role did until now
    async with open_pool(roles.serving) as pool:
        waiting = asyncio.create_task(await_migrations(pool, "chassis"))
        done, _ = await asyncio.wait({waiting}, timeout=1.5)
        assert not done
        await migrate(roles.migrating, "chassis", role=roles.role)
        async with asyncio.timeout(30):
            await waiting
