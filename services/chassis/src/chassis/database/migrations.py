"""Numbered migrations in plain SQL: `migrations/NNNN_what.sql` of each package, applied in order, each once.

A migration is one transaction with a short limit, so that it holds up nobody. What takes longer on a large
table has `-- no transaction` as its first line and holds one statement, which runs on its own and without a
limit: an index made CONCURRENTLY, or a DO block that commits piece by piece. Such a statement may end
half-way and is run again, so it passes over what is done already.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import structlog

from chassis.database.connections import Pool, Session, connect, naming_outages
from chassis.database.pooling import require_sessions
from chassis.database.rights import close, grant
from chassis.retrying import retry

log = structlog.get_logger()

LOCK = 0x6F706472  # any number, the same for all services: each has a database of its own
ASK_AGAIN_SECONDS = 0.5
NO_TRANSACTION = "-- no transaction"
OVERTAKEN = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)  # by what the service does


@dataclass(frozen=True)
class Migration:
    """A script, and the name that it is known by once it is applied."""

    name: str
    script: str

    @property
    def is_transaction(self) -> bool:
        """Whether it runs as one transaction."""
        return self.script.partition("\n")[0].rstrip() != NO_TRANSACTION


async def migrate(url: str, *packages: str, role: str | None = None) -> list[str]:
    """Apply each package's migrations that are new, in order. Returns the names of those applied.

    `role`: as whom the service runs, where it is not who migrates; it gets its rights (`rights`).

    Several callers may run at once: one at a time is let through. Each migration must suit the version that
    still runs. A transaction that does not get a lock in time raises asyncpg.LockNotAvailableError; one
    without is tried again. What was applied before an error stays, and the next call goes on from there.

    Raises PooledByTransaction where the database is reached through a pooler that shares sessions.
    """
    await require_sessions(url)
    session = await connect(url, command_seconds=None)
    applied: list[str] = []
    try:
        with naming_outages(session):
            async with _one_at_a_time(session):
                await session.execute(_CREATE_MIGRATIONS)
                if role is not None:
                    async with session.transaction():
                        await close(session, role)
                        await grant(session, role)
                known = {row["name"] for row in await session.fetch(_APPLIED)}
                for migration in _migrations(packages):
                    if migration.name not in known:
                        await _apply(session, migration, role)
                        applied.append(migration.name)
    finally:
        await session.close()
    return applied


@asynccontextmanager
async def _one_at_a_time(session: Session) -> AsyncIterator[None]:
    """Hold the lock of whoever migrates.

    It is asked for again and again: a statement that waited for it would have a snapshot, for which an index
    that the other makes concurrently waits in turn. The server keeps the lock for a caller that has died
    until its statement has ended, so nothing is begun beside it.
    """
    while not await session.fetchval(_TRY_LOCK, LOCK):
        await asyncio.sleep(ASK_AGAIN_SECONDS)
    yield  # the lock ends with the session


_TRY_LOCK = """
SELECT pg_try_advisory_lock($1)
"""

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


async def _apply(session: Session, migration: Migration, role: str | None) -> None:
    if migration.is_transaction:
        await session.execute(_BRIEF)
        async with session.transaction():
            await session.execute(migration.script)
            await session.execute(_NOTE, migration.name)
            if role is not None:
                await grant(session, role)
        return
    await retry(
        partial(_run_alone, session, migration.script), on=OVERTAKEN, log_as=f"{migration.name} waits"
    )
    await session.execute(_NOTE, migration.name)


async def _run_alone(session: Session, script: str) -> None:
    await session.execute(_CONCURRENT if "CONCURRENTLY" in script else _PIECE_BY_PIECE)
    for index in await session.fetch(_UNFINISHED_INDEXES, script):
        await session.execute(f'DROP INDEX CONCURRENTLY "{index["name"]}"')
    await session.execute(script)


_BRIEF = """
SET lock_timeout = '4s'; SET statement_timeout = '5s'
"""

# Others wait for the rows of a piece while it waits for one of theirs.
_PIECE_BY_PIECE = """
SET lock_timeout = '4s'; SET statement_timeout = 0
"""

# Nobody waits for it while it waits for the transactions that run, and its work is lost if it gives up.
_CONCURRENT = """
SET lock_timeout = '30min'; SET statement_timeout = 0
"""

# What an attempt that failed has left of the indexes that a script names: they are written and never read,
# and IF NOT EXISTS passes over them.
_UNFINISHED_INDEXES = r"""
SELECT relname AS name
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace AND $1 ~ ('\m' || relname || '\M')
"""

_NOTE = """
INSERT INTO migrations (name) VALUES ($1)
"""


def _migrations(packages: Iterable[str]) -> list[Migration]:
    """Return the migrations of some packages in the order in which they are to be applied.

    The packages are not imported: tools migrate, and know no service.
    """
    return [
        Migration(f"{package}/{script.name}", script.read_text())
        for package in packages
        for script in sorted(_folder(package).glob("*.sql"))
    ]


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package} is not installed", name=package)
    return Path(spec.submodule_search_locations[0]) / "migrations"


async def await_migrations(pool: Pool, *packages: str) -> None:
    """Return once every migration of these packages is applied; until then say which are missing.

    Where another role migrates, it is also what gives this one the right to look.
    """
    wanted = {migration.name for migration in _migrations(packages)}
    while True:
        async with pool.acquire() as connection:
            seen = await connection.fetchval(_MAY_LOOK)
            rows = await connection.fetch(_APPLIED) if seen else []
        missing = wanted - {row["name"] for row in rows}
        if not missing:
            return
        log.warning("waiting for migrations", missing=sorted(missing))
        await asyncio.sleep(1)


_MAY_LOOK = """
SELECT has_table_privilege(to_regclass('migrations'), 'SELECT')
"""
