"""The service's own PostgreSQL: a pool, numbered migrations, and which errors mean "wait"."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TypeAlias

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

# In quotes: asyncpg's classes are generic in their stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

log = structlog.get_logger()

WAIT_SECONDS = 15
IDLE_SECONDS = 20  # a server process for each connection: at rest a service keeps one or two
MIGRATION_LOCK = 0x6F706472  # any number, the same for all services: each has a database of its own

# Errors that say nothing about the work in hand: the same work succeeds once the database is well.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalServerError,
)


async def _prepare(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _leave(_connection: Connection) -> None:
    """Hand a connection back as it is, its transaction ended: nobody changes a pooled session's settings,
    holds its locks or listens on it, and undoing them all the same costs every caller a round trip."""


@asynccontextmanager
async def open_pool(url: str, *, size: int = 8) -> AsyncIterator[Pool]:
    """Open a pool whose connections read and write json as Python values.

    A database that is away is waited for, but not for ever: the process then ends, and is started again
    by whoever keeps it running.
    """
    pause, deadline = 0.2, time.monotonic() + WAIT_SECONDS
    while True:
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                max_inactive_connection_lifetime=IDLE_SECONDS,
                init=_prepare,
                reset=_leave,
                command_timeout=60,
                timeout=10,
            )
            break
        except UNAVAILABLE as error:
            if time.monotonic() > deadline:
                raise
            log.warning("waiting for the database", seconds=pause, error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)
    async with pool:
        yield pool


async def connect(url: str) -> Session:
    """Open a connection of one's own, for LISTEN and for session locks."""
    return await asyncpg.connect(url, timeout=10, command_timeout=60)


async def migrate(url: str, *packages: str) -> list[str]:
    """Apply each package's `migrations/NNNN_what.sql` that is new, in order, each in its transaction.

    Several callers may run at once: an advisory lock lets one through. Each migration must suit the
    version that still runs. Returns the names of those applied.
    """
    connection = await asyncpg.connect(url, timeout=10)
    applied: list[str] = []
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
        await connection.execute("SET lock_timeout = '4s'; SET statement_timeout = '5s'")
        for package in packages:
            folder = files(package) / "migrations"
            for script in sorted(folder.iterdir(), key=lambda entry: entry.name):
                name = f"{package}/{script.name}"
                if name in known or not script.name.endswith(".sql"):
                    continue
                async with connection.transaction():
                    await connection.execute(script.read_text())
                    await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
                applied.append(name)
    finally:
        await connection.close()
    return applied


async def await_migrations(pool: Pool, *packages: str) -> None:
    """Return once every migration of these packages is applied; until then say which are missing."""
    wanted = {
        f"{package}/{script.name}"
        for package in packages
        for script in (files(package) / "migrations").iterdir()
        if script.name.endswith(".sql")
    }
    while True:
        async with pool.acquire() as connection:
            there = await connection.fetchval("SELECT to_regclass('migrations') IS NOT NULL")
            rows = await connection.fetch("SELECT name FROM migrations") if there else []
        missing = wanted - {row["name"] for row in rows}
        if not missing:
            return
        log.warning("waiting for migrations", missing=sorted(missing))
        await asyncio.sleep(1)


async def answers(pool: Pool) -> bool:
    """Tell whether the database answers within two seconds."""
    try:
        async with asyncio.timeout(2), pool.acquire() as connection:
            return bool(await connection.fetchval("SELECT true"))
    except UNAVAILABLE:
        return False
