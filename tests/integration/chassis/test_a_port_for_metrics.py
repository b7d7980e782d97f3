"""A real server on two ports: each has what is its own, and both end with the process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from support.openapi import SETTINGS
from support.ports import free_port
from support.stacks import until

PROGRAM = """
from contextlib import asynccontextmanager
from chassis.service import serve, web_app
from chassis.settings import Settings, load

@asynccontextmanager
async def nothing(app):
    yield

settings = load(Settings)
serve(web_app("things", settings, nothing), settings)
"""


@pytest.fixture
async def ports() -> AsyncIterator[tuple[int, int]]:
    own, metrics = free_port(), free_port()
    given = {"http_host": "127.0.0.1", "http_port": str(own), "metrics_port": str(metrics)}
    settings = {name.upper(): value for name, value in (SETTINGS | given).items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env={**os.environ, **settings}
    )
    yield own, metrics
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        await process.wait()


async def test_metrics_are_on_their_port_and_all_else_on_the_other(ports: tuple[int, int]) -> None:
    async with httpx.AsyncClient() as http:

        async def status(port: int, path: str, **headers: str) -> int | None:
            try:
                return (await http.get(f"http://127.0.0.1:{port}{path}", headers=headers)).status_code
            except httpx.ConnectError:
                return None

        async def answers() -> bool:
            return await status(ports[1], "/metrics") is not None

        await until(answers)
        own, metrics = ports
        assert await status(metrics, "/metrics") == 200
        assert await status(own, "/metrics") == 404
        assert await status(own, "/metrics", Host=f"127.0.0.1:{metrics}") == 404
        for path in ("/docs", "/openapi.json"):
            assert await status(own, path) == 200
            assert await status(metrics, path) == 404
