"""A real stack as the tests use it: starting, stopping, clients, and waiting for what must come true."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from contracts.vocabulary import Role
from stack import issuer
from stack.layout import Layout

T = TypeVar("T")
START_SECONDS = 180
ANSWER_SECONDS = 120  # far more than any takes: a machine may have much else to do


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
        return httpx.AsyncClient(base_url=self.layout.url(service), headers=headers, timeout=ANSWER_SECONDS)

    async def mails(self) -> list[dict[str, Any]]:
        """Return every caught mail; the catcher shows a hundred at a time."""
        mails: list[dict[str, Any]] = []
        page, pages = 0, 1
        async with httpx.AsyncClient(base_url=self.layout.url("mail"), timeout=ANSWER_SECONDS) as http:
            while page < pages:
                page += 1
                answer = (await http.get("/api/messages/", params={"page": page})).json()
                mails += answer["data"]
                pages = answer["meta"]["pages_total"]
        return mails

    async def mail_text(self, number: int, form: str = "plain") -> str:
        """Return one part of a caught mail."""
        async with httpx.AsyncClient(base_url=self.layout.url("mail"), timeout=ANSWER_SECONDS) as http:
            return (await http.get(f"/api/messages/{number}.{form}")).text

    async def post(self, service: str, path: str, body: Any) -> httpx.Response:
        """Post as the recruiter; fails on an error."""
        async with self.client(service) as http:
            answer = await http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer

    async def items(self, service: str, path: str) -> list[dict[str, Any]]:
        """Return all of a list that comes in pages."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        async with self.client(service) as http:
            while True:
                asked = httpx.URL(path).copy_merge_params({"limit": "200", **cursor})  # besides its own
                page = (await http.get(asked)).json()
                found += page["items"]
                if page["next"] is None:
                    return found
                cursor = {"cursor": page["next"]}

    async def matches(self, assignment_id: str) -> dict[UUID, dict[str, Any]]:
        """Return an assignment's live matches by profile id; none where matching has not heard of it."""
        async with self.client("matching") as http:
            answer = await http.get(f"/assignments/{assignment_id}/matches?limit=200")
        items = answer.json()["items"] if answer.status_code == 200 else []
        return {UUID(item["profile_id"]): item for item in items}


async def leave_nothing(stack: Stack) -> None:
    """Erase everybody and close what is open, so that what comes next matches nobody else's."""
    people = [one["profile_id"] for one in await stack.items("profiles", "/profiles")]
    opened = [one["assignment_id"] for one in await stack.items("assignments", "/assignments?state=open")]
    async with stack.client("profiles") as profiles, stack.client("assignments") as assignments:
        for profile_id in people:
            (await profiles.delete(f"/profiles/{profile_id}")).raise_for_status()
        for assignment_id in opened:
            await assignments.post(f"/assignments/{assignment_id}/close", json={"reason": "withdrawn"})


async def until(condition: Callable[[], Awaitable[T | None]], seconds: float = 120, what: str = "") -> T:
    """Wait until the condition returns something true, and return it; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {what or condition}"
        await asyncio.sleep(0.05)


@contextmanager
def a_folder_for_all(prefix: str) -> Iterator[Path]:
    """Make a folder that other users can enter, for PostgreSQL is one where we are root.

    pytest's own folders are not: each of its sessions shuts what they all lie in.
    """
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


PROGRAM = ("-m", "stack")


def start_stack(
    base: int, folder: Path, command: str = "stack", *, program: Sequence[str] = PROGRAM, **settings: str
) -> subprocess.Popen[str]:
    """Start a stack as a person would; its output comes on `stdout`."""
    environment = {**os.environ, "STACK_PORT_BASE": str(base), "STACK_DIR": str(folder), **settings}
    return subprocess.Popen(
        [sys.executable, *program, command],
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
    output, _ = process.communicate(timeout=60)
    return output


def process_of(layout: Layout, program: str) -> int:
    """Return the id of the process of a stack's program."""
    return int((layout.folder("run") / f"{program}.pid").read_text())


@contextmanager
def standing_still(*processes: int) -> Iterator[None]:
    """Stop processes, and let them go on after: who asks them waits, and nobody starts them anew."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
