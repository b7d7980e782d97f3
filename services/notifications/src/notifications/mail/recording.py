"""Writes what became of mails, however long the database is away."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.retrying import retry
from chassis.telemetry import where

from notifications.store import contacts, erasure, outcomes, suppressions
from notifications.store.outcomes import Ended, Outcome

log = structlog.get_logger()

# Outcomes that come within this time are written together, and sooner where they are many.
GATHER_SECONDS, MANY = 0.04, 16


class Recorder:
    """Keeps outcomes until they are written, and says when it cannot write any: then no mail is to be begun,
    so that few are unwritten whatever happens to this process meanwhile.

    Outcomes that come within some milliseconds are written together, at most until they are many, as a
    transaction costs what several mails do; those before may still be being written meanwhile. A notice has
    one outcome at a time, so their order does not matter. That one waits adds nothing to what a kill may have
    sent again: the sender begins a mail only while few are unwritten, gathered ones among them.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._gathered: list[Outcome] = []
        self._writing: set[asyncio.Task[None]] = set()
        self._latest: asyncio.Task[None] | None = None
        self._are_many = asyncio.Event()  # those of the latest
        self._well = asyncio.Event()
        self._well.set()

    async def record(self, outcome: Outcome, now: datetime) -> None:
        """Write an outcome, together with those that come at the same time; return when it is written. One
        that cannot be, for its own reason, is left: its claim runs out."""
        if not self._gathered or self._latest is None:
            self._are_many = asyncio.Event()
            self._latest = asyncio.create_task(self._write_gathered(self._are_many, now))
            self._writing.add(self._latest)
            self._latest.add_done_callback(self._writing.discard)
        self._gathered.append(outcome)
        if len(self._gathered) >= MANY:
            self._are_many.set()
        await asyncio.shield(self._latest)

    async def can_write(self) -> None:
        """Return once outcomes can be written, as far as is known."""
        await self._well.wait()

    async def all_written(self) -> None:
        """Return once all outcomes that came before are written."""
        if self._writing:
            await asyncio.wait(self._writing)  # which whoever is cancelled here does not end

    async def _write_gathered(self, are_many: asyncio.Event, now: datetime) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                await are_many.wait()
        unwritten, self._gathered = self._gathered, []
        await retry(partial(self._write, unwritten, now), on=UNAVAILABLE, log_as="outcomes wait")

    async def _write(self, unwritten: Sequence[Outcome], now: datetime) -> None:
        try:
            await self._write_together(unwritten, now)
        except UNAVAILABLE:
            self._well.clear()
            raise
        except Exception as error:
            if len(unwritten) > 1:
                for outcome in unwritten:
                    await retry(partial(self._write, [outcome], now), on=UNAVAILABLE, log_as="outcomes wait")
                return
            log.error("outcome not written", notice_id=str(unwritten[0].notice_id), **where(error))
        self._well.set()

    async def _write_together(self, unwritten: Sequence[Outcome], now: datetime) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            suppressing = [one for one in unwritten if isinstance(one, Ended) and one.suppresses is not None]
            suppressing.sort(key=lambda one: one.suppresses or "")  # in one order, beside another such write
            await erasure.lock_out_erasure(connection)
            await outcomes.record(connection, unwritten, now)
            for one in suppressing:
                await _suppress(connection, one, now)


async def _suppress(connection: Connection, outcome: Ended, now: datetime) -> None:
    """Send nothing more to a mailbox, unless its professional was erased meanwhile."""
    whose = outcome.profile_id
    if outcome.suppresses is not None and (whose is None or not await contacts.erased(connection, [whose])):
        await suppressions.add(connection, outcome.suppresses, whose, outcome.ending, now)
