"""A real PgBouncer in front of the tests' PostgreSQL."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from stack import postgres

from support.ports import free_port
from support.stacks import a_folder_for_all, until


@asynccontextmanager
async def pooler(database: str, mode: str, **settings: str) -> AsyncIterator[str]:
    """Run PgBouncer with `pool_mode=mode` before a database until the end of the block; yield its URL."""
    parts, port = urlsplit(database), free_port()
    name = parts.path.strip("/")
    with a_folder_for_all("pgbouncer-") as folder:
        lines = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(port),
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": mode,
            **settings,
        }
        server = f"host={parts.hostname} port={parts.port} user={parts.username}"
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n{name} = {server}\n[pgbouncer]\n"
            + "".join(f"{setting} = {value}\n" for setting, value in lines.items())
        )
        configuration.chmod(0o644)
        command = ["/usr/sbin/pgbouncer", "--quiet", str(configuration)]
        process = await asyncio.create_subprocess_exec(*command, user=postgres.system_user())
        try:
            await until(lambda: asyncio.to_thread(_listens, port), what="PgBouncer listens")
            yield f"postgresql://{parts.username}@127.0.0.1:{port}/{name}"
        finally:
            process.terminate()
            await process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
