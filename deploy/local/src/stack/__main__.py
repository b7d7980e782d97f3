"""`python -m stack run` (with the example), `python -m stack stack` (empty), `python -m stack fetch`."""

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from uuid_utils.compat import uuid7

from stack import example, issuer, kafka, postgres, probing, processes
from stack.identity import configuration as identity
from stack.layout import SERVICES, CannotStart, Layout
from stack.supervisor import Supervisor

READY_SECONDS = 120
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, KafkaError, httpx.HTTPError)


class Screen:
    """Shows each step while it runs, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    @contextlib.asynccontextmanager
    async def step(self, what: str) -> AsyncIterator[None]:
        """Show a step until it is done."""
        started = time.monotonic()
        with self._progress:
            task = self._progress.add_task(what)
            yield
            self._progress.remove_task(task)
        self.console.print(f"[green]✓[/] {what} [dim]{time.monotonic() - started:.1f} s[/]")


async def until(what: str, attempt: Callable[[], Awaitable[None]], supervisor: Supervisor) -> None:
    """Try until it succeeds; raises CannotStart when it takes too long or a process keeps dying."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        if supervisor.failed.done():
            supervisor.failed.result()
        try:
            await attempt()
        except AWAY as error:
            if time.monotonic() > deadline:
                raise CannotStart(f"{what} is not ready after {READY_SECONDS} s: {error}") from error
            await asyncio.sleep(0.1)
        else:
            return


async def services_ready(layout: Layout) -> None:
    """Raise httpx.HTTPError unless every service is ready."""
    async with httpx.AsyncClient(timeout=5) as client:
        for service in SERVICES:
            (await client.get(f"{layout.url(service)}/readyz")).raise_for_status()
        (await client.get(f"{layout.url('mail')}/api/messages/")).raise_for_status()
        (await client.get(f"{layout.url('identity')}/.well-known/openid-configuration")).raise_for_status()


async def start(layout: Layout, supervisor: Supervisor, screen: Screen) -> None:
    """Start everything, in the order in which it is needed."""
    async with screen.step("Kafka's programs (downloaded the first time)"):
        classpath = await asyncio.to_thread(kafka.jars)
    issuer.key(layout)
    issuer.write_tokens(layout, str(uuid7()))
    async with screen.step("Kafka, PostgreSQL, the mail catcher and the identity provider"):
        programs = await asyncio.to_thread(processes.infrastructure, layout, classpath)
        await supervisor.start(programs)
        await until("PostgreSQL", lambda: postgres.prepare(layout), supervisor)
        await until("Kafka", lambda: kafka.prepare(layout), supervisor)
    async with screen.step("the services"):
        await supervisor.start(processes.services(layout))
        await until("a service", lambda: services_ready(layout), supervisor)


async def end_with_make(working: asyncio.Task[None]) -> None:
    """End the work when `make` alone got SIGINT: it passes none on, blocks the signal and waits for us."""
    parent = Path(f"/proc/{os.getppid()}")
    if not parent.exists() or (parent / "comm").read_text().strip() != "make":
        return
    interrupted = 1 << (signal.SIGINT - 1)
    while True:
        await asyncio.sleep(0.5)
        status = (parent / "status").read_text() if parent.exists() else ""
        blocked = re.search(r"SigBlk:\s*(\w+)", status)
        if blocked is None or int(blocked[1], 16) & interrupted:
            working.cancel()
            return


def print_addresses(layout: Layout, console: Console) -> None:
    """Tell where to look."""
    console.print()
    console.print("[bold]The platform is up.[/]  Ctrl-C ends it.")
    console.print(f"  [bold]the desk          {layout.url('desk')}[/]")
    for person in identity.PEOPLE:
        console.print(f"    sign in as      {person.name}, password {person.password}")
    console.print("    a professional  asks for a link at the desk's /mijn; it is in the caught mail")
    console.print(f"  caught mail       {layout.url('mail')}")
    for service in SERVICES:
        console.print(f"  {service:<17} {layout.url(service)}/docs")
    console.print(f"  tokens and logs   {layout.directory}")
    console.print()


async def serve(layout: Layout, console: Console, with_example: bool) -> None:
    """Run the stack until a signal asks for its end."""
    loop = asyncio.get_running_loop()
    every = probing.every_seconds()
    supervisor = Supervisor(layout, console.print)

    async def work() -> None:
        await start(layout, supervisor, Screen(console))
        if with_example:
            async with Screen(console).step("the example"):
                await example.load(layout)
        print_addresses(layout, console)
        if every:
            beside.append(asyncio.create_task(probing.keep_probing(layout, every)))
        if with_example:
            await example.play(layout, console.print)
        await supervisor.failed

    working = asyncio.create_task(work())
    beside = [asyncio.create_task(end_with_make(working))]
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        console.print("ending …")
        await supervisor.stop()
        console.print("all processes ended")


def main() -> None:
    """Read the command and run it; what is in the way is told in a sentence."""
    console = Console(highlight=False)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts while the broker starts
    try:
        layout = Layout.from_environment()
        match sys.argv[1:]:
            case ["run" | "stack" as command]:
                layout.check_machine()
                asyncio.run(serve(layout, console, with_example=command == "run"))
            case ["fetch"]:
                kafka.jars()
            case _:
                raise CannotStart("usage: python -m stack run|stack|fetch")
    except CannotStart as reason:
        console.print(f"[red]Cannot start:[/] {reason}", soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
