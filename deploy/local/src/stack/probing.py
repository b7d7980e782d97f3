"""The probe of the one-machine stack: `opdracht probe`, where STACK_PROBE_SECONDS says how often."""

import asyncio
import os
import sys
from typing import NoReturn

from contracts.vocabulary import Role

from stack import issuer
from stack.layout import CannotStart, Layout

ADDRESS = "proef@example.org"
SHORTEST_SECONDS = 10


def every_seconds() -> float:
    """Return how often it runs, 0 for never; raises CannotStart where the setting makes no sense."""
    text = os.environ.get("STACK_PROBE_SECONDS", "0")
    if not text.isdigit() or 0 < int(text) < SHORTEST_SECONDS:
        raise CannotStart(
            f"STACK_PROBE_SECONDS must be a whole number from {SHORTEST_SECONDS}, or 0 for never"
        )
    return int(text)


def settings(layout: Layout) -> dict[str, str]:
    """Return what `opdracht probe` is told by the environment."""
    return {
        "ALLOW_INSECURE": "1",
        **{f"{name.upper()}_URL": layout.url(name) for name in ("profiles", "assignments", "matching")},
        "PROBE_ADDRESS": ADDRESS,
        "PROBE_MAILBOX": layout.url("mail"),
        "PROBE_TOKEN": issuer.token(layout, Role.RECRUITER, "probe", seconds=issuer.HOUR),
    }


async def keep_probing(layout: Layout, every: float) -> NoReturn:
    """Probe until cancelled; the outcomes are the lines of the log `probe`."""
    while True:
        await _probe(layout)
        await asyncio.sleep(every)


async def _probe(layout: Layout) -> None:
    with (layout.folder("log") / "probe.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "opdrachtctl", "probe"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **settings(layout)},
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
