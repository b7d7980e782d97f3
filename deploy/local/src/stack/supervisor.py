"""Starts processes, starts them again when they die, and ends them all."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

from stack.layout import CannotStart, Layout
from stack.processes import Program

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 6.0
QUICK_DEATH_SECONDS = 5.0
MAX_QUICK_DEATHS = 5


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps programs running. `say` tells the person in front of the screen."""

    def __init__(self, layout: Layout, say: Callable[[str], None]) -> None:
        self._layout = layout
        self._say = say
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._ending = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, programs: list[Program]) -> None:
        """Start programs and keep them running."""
        for program in programs:
            await self._spawn(program)
            self._watchers.append(asyncio.create_task(self._watch(program)))

    async def _spawn(self, program: Program) -> None:
        log = self._layout.folder("log") / f"{program.name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **program.environment},
                user=program.user,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._running[program.name] = process
        # Put in place whole: who looks while we write reads the former id or this one, never half of it.
        written = self._layout.folder("run") / f"{program.name}.pid.new"
        written.write_text(f"{process.pid}\n")
        written.rename(written.with_suffix(""))

    async def _watch(self, program: Program) -> None:
        quick_deaths = 0
        while True:
            started = time.monotonic()
            code = await self._running[program.name].wait()
            if self._ending:
                return
            quick_deaths = quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH_SECONDS else 0
            if quick_deaths >= MAX_QUICK_DEATHS:
                tail = self._tail(program.name)
                if not self.failed.done():
                    self.failed.set_exception(
                        CannotStart(f"{program.name} keeps dying. Its log ends with:\n{tail}")
                    )
                return
            self._say(f"[red]{program.name}[/] died (exit status {code}); starting it again")
            await asyncio.sleep(0.2 * 2**quick_deaths)
            await self._spawn(program)

    def _tail(self, name: str) -> str:
        log = self._layout.folder("log") / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:])

    async def stop(self) -> None:
        """End everything: the services first, then what they stand on; what does not listen is killed."""
        self._ending = True
        for watcher in self._watchers:
            watcher.cancel()
        below = {
            "kafka": signal.SIGTERM,
            "postgres": signal.SIGINT,
            "mail": signal.SIGTERM,
            "identity": signal.SIGTERM,
        }
        above = {name: signal.SIGTERM for name in self._running if name not in below}
        for group in (above, below):
            await asyncio.gather(
                *(self._end(name, how) for name, how in group.items() if name in self._running)
            )

    async def _end(self, name: str, how: signal.Signals) -> None:
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        (self._layout.folder("run") / f"{name}.pid").unlink(missing_ok=True)
