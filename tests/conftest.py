"""One real stack for all tests that need one: Kafka, PostgreSQL, the mail catcher and the four services."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import httpx
import pytest
from contracts.vocabulary import Role
from stack import issuer
from stack.layout import Layout
from uuid_utils.compat import uuid7

T = TypeVar("T")
BASE = 18100
START_SECONDS = 180


@dataclass(frozen=True)
class Stack:
    """A running stack, and clients for it."""

    layout: Layout

    def headers(self, role: Role = Role.RECRUITER, subject: str = "tester") -> dict[str, str]:
        """Return the header of a token."""
        return {"Authorization": f"Bearer {issuer.token(self.layout, role, subject)}"}

    def client(
        self, service: str, role: Role | None = Role.RECRUITER, subject: str = "t"
    ) -> httpx.AsyncClient:
        """Return a client of a service, for a role or without a token."""
        headers = {} if role is None else self.headers(role, subject)
        return httpx.AsyncClient(base_url=self.layout.url(service), headers=headers, timeout=30)

    async def mails(self) -> list[dict[str, Any]]:
        """Return every caught mail."""
        async with httpx.AsyncClient(base_url=self.layout.url("mail")) as http:
            return (await http.get("/api/messages/")).json()["data"]

    async def mail_text(self, number: int, form: str = "plain") -> str:
        """Return one part of a caught mail."""
        async with httpx.AsyncClient(base_url=self.layout.url("mail")) as http:
            return (await http.get(f"/api/messages/{number}.{form}")).text

    async def post(self, service: str, path: str, body: Any) -> httpx.Response:
        """Post as the recruiter; fails on an error."""
        async with self.client(service) as http:
            answer = await http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer

    async def matches(self, assignment_id: str) -> dict[UUID, dict[str, Any]]:
        """Return an assignment's live matches by profile id; none where matching has not heard of it."""
        async with self.client("matching") as http:
            answer = await http.get(f"/assignments/{assignment_id}/matches?limit=200")
        items = answer.json()["items"] if answer.status_code == 200 else []
        return {UUID(item["profile_id"]): item for item in items}


async def until(condition: Callable[[], Awaitable[T]], seconds: float = 20, what: str = "") -> T:
    """Wait until the condition returns something true, and return it; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {what or condition}"
        await asyncio.sleep(0.05)


def start_stack(base: int, folder: Path, command: str = "stack", **settings: str) -> subprocess.Popen[str]:
    """Start a stack as a person would; its output comes on `stdout`."""
    environment = {**os.environ, "STACK_PORT_BASE": str(base), "STACK_DIR": str(folder), **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "stack", command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_line(process: subprocess.Popen[str], pattern: str, seconds: float = START_SECONDS) -> str:
    """Read a process's output up to a line that matches; fail when it ends before."""
    assert process.stdout is not None
    seen: list[str] = []
    deadline = time.monotonic() + seconds
    for line in process.stdout:
        seen.append(line)
        if re.search(pattern, line):
            return line
        assert time.monotonic() < deadline, "".join(seen)
    raise AssertionError("".join(seen))


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGINT) -> str:
    """End a stack and return the rest of its output."""
    process.send_signal(how)
    output, _ = process.communicate(timeout=30)
    return output


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A stack without the example; the recruiter's summaries come after two seconds."""
    with tempfile.TemporaryDirectory(prefix="stack-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        process = start_stack(BASE, folder, SUMMARY_SECONDS="2")
        try:
            wait_for_line(process, "platform is up")
            yield Stack(Layout(BASE, folder))
        finally:
            stop(process)


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[str]:
    """An empty database of one's own; its URL."""
    name = f"test_{uuid7().hex}"
    server = await asyncpg.connect(stack.layout.database_url("postgres"))
    await server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield stack.layout.database_url(name)
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()
