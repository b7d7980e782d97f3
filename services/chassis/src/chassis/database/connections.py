"""Connections to the service's own PostgreSQL, pooled or of one's own, and which errors mean "wait".

A machine that vanishes says nothing: without more, its connections live on for a quarter of an hour at the
other side, and with them the locks that they hold. So both sides ask after a few seconds of silence whether
the other is there, and neither waits longer for a confirmation. The server asks in the middle of a statement,
too: it would go on, and keep its locks, for a client that waits for it no longer.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from chassis.retrying import retry

# In quotes: asyncpg's classes are generic in their stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
    _Pool = asyncpg.Pool[asyncpg.Record]
    _PoolAcquireContext = PoolAcquireContext[asyncpg.Record]
else:
    _Connection, _Pool, _PoolAcquireContext = asyncpg.Connection, asyncpg.Pool, PoolAcquireContext

WAIT_SECONDS = 15
IDLE_SECONDS = 20  # a server process for each connection: at rest a service keeps one or two
MAX_QUERIES = 50_000  # on one connection, then it is replaced
COMMAND_SECONDS = 60

SILENT_SECONDS = 4  # then it is asked whether the other side is there
ASK_AGAIN_SECONDS = 2
UNCONFIRMED_SECONDS = 12  # then the connection ends
IDLE_IN_TRANSACTION_SECONDS = 60  # a process that is frozen in a transaction loses its locks

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


# The server process of each lent connection that wrote what somebody in this process waits for.
_told: dict[Connection, int] = {}


def tell(connection: Connection) -> None:
    """Have the pool say so (`Pool.on_told`) once a connection that it lends is handed back, and so whatever
    its transactions wrote is committed or never will be."""
    if isinstance(connection, PoolConnectionProxy):
        _told[connection] = connection.get_server_pid()


class Pool(_Pool):
    """A pool whose connections, when they are lost, say so by ConnectionLost.

    `on_told`: called with the server process of a connection that is handed back, see `tell`.
    """

    on_told: Callable[[int], None] | None = None

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
        told, pool = _told.pop(connection, None) if connection is not None else None, self.pool
        await super().__aexit__(*raised)
        if told is not None and isinstance(pool, Pool) and pool.on_told is not None:
            pool.on_told(told)
        if lost:
            raise ConnectionLost from error


class Watched(_Connection):
    """A connection that ends when nothing is heard of the server's machine any more."""

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        _watch(transport.get_extra_info("socket"))


def _watch(connected: socket.socket) -> None:
    """Let the system do for this side what `_WATCH_CLIENT` asks the server's system for."""
    if connected.family == socket.AF_UNIX:
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _TCP_OPTIONS.items():
        if hasattr(socket, option):  # not every system knows all of them
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


_TCP_OPTIONS = {
    "TCP_KEEPIDLE": SILENT_SECONDS,
    "TCP_KEEPINTVL": ASK_AGAIN_SECONDS,
    "TCP_KEEPCNT": (UNCONFIRMED_SECONDS - SILENT_SECONDS) // ASK_AGAIN_SECONDS,
    "TCP_USER_TIMEOUT": UNCONFIRMED_SECONDS * 1000,
}

# Not among the parameters that a connection starts with: a pooler between refuses those.
_WATCH_CLIENT = f"""
SET tcp_keepalives_idle = {SILENT_SECONDS};
SET tcp_keepalives_interval = {ASK_AGAIN_SECONDS};
SET tcp_keepalives_count = {(UNCONFIRMED_SECONDS - SILENT_SECONDS) // ASK_AGAIN_SECONDS};
SET tcp_user_timeout = {UNCONFIRMED_SECONDS * 1000};
SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_SECONDS * 1000};
SET client_connection_check_interval = {SILENT_SECONDS * 1000};
"""


async def _prepare(connection: Connection) -> None:
    await connection.execute(_WATCH_CLIENT)
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
        connection_class=Watched,
        record_class=asyncpg.Record,
        command_timeout=COMMAND_SECONDS,
        timeout=10,
    )


async def connect(url: str, *, command_seconds: float | None = COMMAND_SECONDS) -> Session:
    """Open a connection of one's own, for LISTEN and for session locks.

    A command that takes longer than `command_seconds` raises TimeoutError; None: it may take any time.
    """
    session = await asyncpg.connect(
        url, timeout=10, command_timeout=command_seconds, connection_class=Watched
    )
    try:
        await session.execute(_WATCH_CLIENT)
    except BaseException:
        session.terminate()
        raise
    return session


async def answers(pool: Pool) -> bool:
    """Tell whether the database answers within two seconds."""
    try:
        async with asyncio.timeout(2), pool.acquire() as connection:
            return bool(await connection.fetchval("SELECT true"))
    except UNAVAILABLE:
        return False
