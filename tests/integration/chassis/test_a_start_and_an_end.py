"""A service's process says that it starts and that it ends, and logs more or less when it is told to."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from chassis.database import migrate
from support.openapi import SETTINGS
from support.ports import free_port
from support.stacks import until

PROGRAM = """
import asyncio, os, signal, sys
from contextlib import asynccontextmanager
from fastapi import APIRouter
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.republishing import Republication
from chassis.service import main, web_app
from chassis.settings import Settings

router = APIRouter()

@router.get("/things/{thing}")
async def read(thing: str) -> None: ...

async def fail():
    await asyncio.sleep(0.2)
    raise ValueError("wilhelmina@proefkonijn.example")

@asynccontextmanager
async def lifespan(app):
    if "unready" in sys.argv:
        raise ValueError("wilhelmina@proefkonijn.example")
    app.state.resources = Resources(pool=None)
    async with running(*([fail()] if "failing" in sys.argv else [])):
        yield

def build(settings):
    return web_app("profiles", settings, lifespan, router)

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs have not
async def break_down(connection, after, now):
    raise ValueError("wilhelmina@proefkonijn.example")

steps = {"things": break_down} if "BREAKS" in os.environ else {}
main("profiles", Settings, build, Republication(steps=steps))
"""
PASSWORD = "geheim"  # noqa: S105 - that is planted, to be looked for


class Service:
    """A process, where it listens, and the lines that it has written."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url
        self.text = ""

    async def read(self) -> None:
        """Read what it writes, to its end."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.text += line.decode()

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return its lines, or those of an event."""
        return [line for line in map(json.loads, self.text.splitlines()) if event in {None, line["event"]}]

    async def get(self, path: str) -> int:
        """Ask it for something; return the status."""
        async with httpx.AsyncClient() as http:
            return (await http.get(self.url + path)).status_code

    async def has_said(self, event: str, count: int) -> None:
        """Wait until it has written so many lines of an event."""

        async def enough() -> bool:
            return len(self.lines(event)) >= count

        await until(enough, what=f"{count} lines of {event} in {self.text}")


@asynccontextmanager
async def started(database: str, *arguments: str, **settings: str) -> AsyncIterator[Service]:
    """Run a service until the end of the block."""
    port = free_port()
    given = {"database_url": database, "http_host": "127.0.0.1", "http_port": str(port)}
    environment = {name.upper(): str(value) for name, value in (SETTINGS | given | settings).items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = Service(process, f"http://127.0.0.1:{port}")
    reading = asyncio.create_task(service.read())
    try:
        yield service
    finally:
        if process.returncode is None:
            process.kill()
        await reading
        await process.wait()


async def serving(service: Service) -> bool:
    try:
        return await service.get("/livez") == 200
    except httpx.HTTPError:
        return False


async def ended(service: Service, code: int) -> dict[str, Any]:
    """Wait for the end; return its line."""
    async with asyncio.timeout(120):
        assert await service.process.wait() == code, service.text
    await service.has_said("ended", 1)
    (line,) = service.lines("ended")
    return line


@pytest.fixture
async def secret(database: str) -> str:
    """A database's URL with a password, which it does not ask for."""
    scheme, rest = database.split("://")
    user, place = rest.split("@") if "@" in rest else ("postgres", rest)
    return f"{scheme}://{user.partition(':')[0]}:{PASSWORD}@{place}"


async def test_a_start_and_an_end_each_have_their_line(secret: str) -> None:
    async with started(secret, kafka_sasl_password=PASSWORD) as service:
        await until(lambda: serving(service), 180)
        (start,) = service.lines("started")
        assert start["version"].count(".") >= 2
        assert start["settings"]["DATABASE_URL"] == "postgresql://" + secret.rpartition("@")[2]
        assert start["settings"]["KAFKA_SASL_PASSWORD"] == "set"  # noqa: S105
        service.process.send_signal(signal.SIGTERM)
        end = await ended(service, -signal.SIGTERM)
        assert end["because"] == "SIGTERM"
        assert end["seconds"] > 0
        assert PASSWORD not in service.text


async def test_an_interrupt_is_an_end_too(database: str) -> None:
    async with started(database) as service:
        await until(lambda: serving(service), 180)
        service.process.send_signal(signal.SIGINT)
        assert (await ended(service, 0))["because"] == "SIGINT"


@pytest.mark.parametrize(("how", "code"), [("failing", 1), ("unready", 3)])
async def test_an_end_by_an_error_says_with_which_code_and_never_the_errors_text(
    database: str, how: str, code: int
) -> None:
    async with started(database, how) as service:
        assert (await ended(service, code))["because"] == f"exit code {code}"
        assert "proefkonijn" not in service.text
        assert ("ValueError", "<string>") in {
            (line.get("error"), line.get("at", "").partition(":")[0]) for line in service.lines()
        }


@pytest.mark.parametrize("command", ["migrate", "republish"])
async def test_what_ends_by_itself_is_done(database: str, command: str) -> None:
    await migrate(database, "chassis", "profiles")
    async with started(database, command) as service:
        assert (await ended(service, 0))["because"] == "done"
        assert len(service.lines("started")) == 1


async def test_what_breaks_down_by_itself_says_where_and_never_the_errors_text(database: str) -> None:
    await migrate(database, "chassis", "profiles")
    async with started(database, "republish", breaks="1") as service:
        end = await ended(service, 1)
        assert (end["because"], end["error"]) == ("error", "ValueError")
        assert end["at"].startswith("<string>:")
        assert "proefkonijn" not in service.text


async def test_signals_change_how_much_is_logged_while_it_serves(database: str) -> None:
    async with started(database, log_sample="0") as service:
        await until(lambda: serving(service), 180)

        async def tells(number: int, changes: int, *routes: str) -> None:
            """Send a signal; see that of these routes is told from then on, and of no other."""
            service.process.send_signal(number)
            await service.has_said("log volume changed", changes)
            before = len(service.lines("request"))
            for path in ("/things/1", "/livez"):
                assert await service.get(path) == 200

            def told() -> list[str]:
                return [line["route"] for line in service.lines("request")[before:]]

            async def enough() -> bool:
                return len(told()) >= len(routes)

            await until(enough, what=f"{routes} in {service.text}")
            await until(lambda: serving(service), 180)  # what it wrote before that answer is read
            assert sorted(set(told())) == sorted(routes)

        assert service.lines("request") == []
        await tells(signal.SIGUSR1, 1, "/things/{thing}")
        await tells(signal.SIGUSR1, 2, "/livez", "/things/{thing}")
        await tells(signal.SIGUSR2, 3, "/things/{thing}")
        await tells(signal.SIGUSR2, 4)
        levels = [line["least"] for line in service.lines("log volume changed")]
        assert levels == ["INFO", "DEBUG", "INFO", "INFO"]
