"""A service that dies around an act leaves both, what was done and that it was, or neither: a real process,
killed at named moments."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from chassis.crash_points import Point
from chassis.database import migrate
from support.issuing import AUDIENCE, EC, ISSUER, published, signed
from support.ports import free_port

from contracts import examples

START_SECONDS = 180
KILLED = -9


@asynccontextmanager
async def assignments(database: str, folder: Path, crash_at: Point) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service without a broker, and yield a client of it; it must have died by the end."""
    port = free_port()
    keys = folder / "keys.json"
    keys.write_bytes(published(EC))
    settings = {
        "DATABASE_URL": database,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "ALLOW_INSECURE": "1",
        "AUTH_ISSUER": ISSUER,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_JWKS_URL": keys.as_uri(),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "CRASH_AT": crash_at,
    }
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assignments"), env={**os.environ, **settings}, stdout=log, stderr=log
        )
        try:
            now = int(time.time())
            claims = {
                **{"iss": ISSUER, "aud": AUDIENCE, "sub": "rosa", "roles": ["recruiter"]},
                **{"iat": now, "exp": now + 600},
            }
            headers = {"Authorization": f"Bearer {signed(claims)}"}
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
                await _serves(http, folder)
                yield http
            async with asyncio.timeout(START_SECONDS):
                assert await process.wait() == KILLED
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _serves(http: httpx.AsyncClient, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if (await http.get("/livez")).is_success:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


@pytest.mark.parametrize(
    ("crash_at", "left"), [(Point.REQUEST_STORED, 0), (Point.REQUEST_COMMITTED, 1)], ids=str
)
async def test_what_was_done_and_that_it_was_are_both_there_or_neither(
    database: str, tmp_path: Path, crash_at: Point, left: int
) -> None:
    await migrate(database, "chassis", "assignments")
    async with assignments(database, tmp_path, crash_at) as http:
        with pytest.raises(httpx.TransportError):
            await http.post("/assignments", json={**examples.ASSIGNMENT, "open": True})
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM assignments") == left
        rows = await connection.fetch("SELECT issuer, subject, action, object_id FROM audit_acts")
        (made,) = [row["assignment_id"] for row in await connection.fetch(_MADE)] or [None]
        assert [tuple(row) for row in rows] == [(ISSUER, "rosa", "create", made)] * left
        assert await connection.fetchval("SELECT count(*) FROM audit_unchained") == left
    finally:
        await connection.close()


_MADE = """
SELECT assignment_id FROM assignments
"""
