"""The service's own PostgreSQL: a pool, numbered migrations, and which errors mean "wait"."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import structlog
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from chassis.retrying import retry

# In quotes: asyncpg's classes are generic in their stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
if TYPE_CHECKING:
    _Pool = asyncpg.Pool[asyncpg.Record]
    _PoolAcquireContext = PoolAcquireContext[asyncpg.Record]
else:
    _Pool, _PoolAcquireContext = asyncpg.Pool, PoolAcquireContext

log = structlog.get_logger()

WAIT_SECONDS = 15
IDLE_SECONDS = 20  # a server process for each connection: at rest a service keeps one or two
MAX_QUERIES = 50_000  # on one connection, then it is replaced
MIGRATION_LOCK = 0x6F706472  # any number, the same for all services: each has a database of its own

# Errors that say nothing about the work in hand: the same work succeeds once the database is well.
# asyncpg.InterfaceError is not one of them: it tells of wrong arguments as of lost connections, and pool and
# `naming_outages` tell these apart. InternalClientError is what a connection that is cut within a statement
# leaves asyncpg's state machine with.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalServerError,
    asyncpg.InternalClientError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)


class ConnectionLost(ConnectionError):
    """The database's side of a connection is gone, or ours is being closed: an outage."""


@contextmanager
def naming_outages(connection: Connection) -> Iterator[None]:
    """Raise ConnectionLost instead of the InterfaceError of a connection that is closed."""
    try:
        yield
    except asyncpg.InterfaceError as error:
        if _is_lost(connection):
            raise ConnectionLost from error
        raise


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken the closed connection from its proxy
        return True


class Pool(_Pool):
    """A pool whose connections, when they are lost, say so by ConnectionLost."""

    def acquire(self, *, timeout: float | None = None) -> "_Acquired":
        """Return a context that lends a connection."""
        return _Acquired(self, timeout)


class _Acquired(_PoolAcquireContext):
    async def __aenter__(self) -> "PoolConnectionProxy[asyncpg.Record]":
        try:
            return await super().__aenter__()
        except asyncpg.InterfaceError as error:
            if self.pool.is_closing():
                raise ConnectionLost from error
            raise

    async def __aexit__(self, *raised: Any) -> None:
        error, connection = raised[1], self.connection
        lost = isinstance(error, asyncpg.InterfaceError) and connection is not None and _is_lost(connection)
        await super().__aexit__(*raised)
        if lost:
            raise ConnectionLost from error


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
    pool = await retry(
        lambda: _open(url, size), on=UNAVAILABLE, log_as="waiting for the database", seconds=WAIT_SECONDS
    )
    async with pool:
        yield pool


async def _open(url: str, size: int) -> Pool:
    return await Pool(
        url,
        min_size=1,
        max_size=size,
        max_queries=MAX_QUERIES,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        init=_prepare,
        reset=_leave,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        command_timeout=60,
        timeout=10,
    )


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
        await connection.execute(_CREATE_MIGRATIONS)
        known = {row["name"] for row in await connection.fetch(_APPLIED)}
        await connection.execute("SET lock_timeout = '4s'; SET statement_timeout = '5s'")
        for name, script in _migrations(packages).items():
            if name not in known:
                async with connection.transaction():
                    await connection.execute(script.read_text())
                    await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
                applied.append(name)
    finally:
        await connection.close()
    return applied


_CREATE_MIGRATIONS = """
CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""

_APPLIED = """
SELECT name
FROM migrations
"""


def _migrations(packages: Iterable[str]) -> dict[str, Path]:
    """Return the scripts of some packages by name, in the order in which they are to be applied.

    The packages are not imported: tools migrate, and know no service.
    """
    scripts: dict[str, Path] = {}
    for package in packages:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"the package {package} is not installed", name=package)
        folder = Path(spec.submodule_search_locations[0]) / "migrations"
        scripts |= {f"{package}/{script.name}": script for script in sorted(folder.glob("*.sql"))}
    return scripts


async def await_migrations(pool: Pool, *packages: str) -> None:
    """Return once every migration of these packages is applied; until then say which are missing."""
    wanted = _migrations(packages).keys()
    while True:
        async with pool.acquire() as connection:
            there = await connection.fetchval("SELECT to_regclass('migrations') IS NOT NULL")
            rows = await connection.fetch(_APPLIED) if there else []
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
