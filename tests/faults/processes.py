"""Processes that are kept running, whose ends are noted: each must have a fault that explains it."""

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
RESTART_SECONDS = 0.2
STOP_SECONDS = 8.0


@dataclass(frozen=True)
class Exit:
    """A process ended: when (monotonic seconds), how (a negative number: by that signal), and whether
    somebody meant it to."""

    name: str
    at: float
    code: int
    meant: bool


@dataclass
class Process:
    """A program that is started again whenever it ends, until it is told to stay down.

    `once`: variables of the environment for the next start alone; one that is to crash is meant to end.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    exits: list[Exit] = field(default_factory=list)
    once: dict[str, str] = field(default_factory=dict)
    held: asyncio.Event = field(default_factory=asyncio.Event)  # set: it may be started again
    pid: int | None = None
    _meant: bool = False
    _watch: asyncio.Task[None] | None = None
    _process: asyncio.subprocess.Process | None = None

    @property
    def up(self) -> bool:
        return self.pid is not None

    async def start(self) -> None:
        """Start it, and keep it running from now on."""
        self.held.set()
        if self._watch is None:
            await self._spawn()
            self._watch = asyncio.create_task(self._keep())

    async def _spawn(self) -> None:
        environment = {**os.environ, **self.environment, **self.once}
        self._meant = "CRASH_AT" in self.once
        self.once = {}
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                user=self.user,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.pid = self._process.pid

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            code = await self._process.wait()
            self.pid = None
            self.exits.append(Exit(self.name, time.monotonic(), code, self._meant))
            await asyncio.sleep(RESTART_SECONDS)
            await self.held.wait()
            await self._spawn()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that ends it is meant."""
        if self.pid is not None:
            if number not in (signal.SIGSTOP, signal.SIGCONT):
                self._meant = True
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> None:
        """End it and keep it down."""
        self.held.clear()
        process = self._process
        if process is None or process.returncode is not None:
            return
        self.send(signal.SIGCONT)
        self.send(how)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await process.wait()

    async def close(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it for good."""
        await self.stop(how)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
