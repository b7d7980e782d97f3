"""The service's own PostgreSQL: connections to it, and numbered migrations."""

from chassis.database.connections import (
    UNAVAILABLE,
    WAIT_SECONDS,
    Connection,
    ConnectionLost,
    Pool,
    Session,
    answers,
    connect,
    naming_outages,
    open_pool,
    tell,
)
from chassis.database.migrations import await_migrations, migrate
from chassis.database.pooling import PooledByTransaction, require_sessions

__all__ = [
    "UNAVAILABLE",
    "WAIT_SECONDS",
    "Connection",
    "ConnectionLost",
    "Pool",
    "PooledByTransaction",
    "Session",
    "answers",
    "await_migrations",
    "connect",
    "migrate",
    "naming_outages",
    "open_pool",
    "require_sessions",
    "tell",
]
