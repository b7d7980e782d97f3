"""Sends what is due. Never zero times: a notice is a row first, and stays due until an outcome is written.

A replica claims notices for two minutes, and begins no mail that could outlast the claim. If it dies, another
claims them again after that, and a mail whose outcome was not written yet is sent a second time, with the
same Message-ID. Outcomes are written as they come, many at once where they come fast, so that those are few.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeAlias

import structlog
from chassis.database import UNAVAILABLE, Pool
from chassis.telemetry import span, where
from contracts.envelope import Event

from notifications.domain import clock
from notifications.domain.notice import Due, Ending, Kind, NoticeState
from notifications.domain.outbound import Send, Skip, decide, retry_pause
from notifications.mail.mime import Mail
from notifications.mail.smtp import CONNECTIONS, TIMEOUT_SECONDS, Accepted, Outcome, Refused, TryLater
from notifications.metrics import LATENCY, NOTICES
from notifications.store import erasure, queue, suppressions

log = structlog.get_logger()

POLL_SECONDS = 1.0
GATHER_SECONDS = 0.005  # outcomes that come within this time are written together
# A mail that begins this long before its claim ends, ends too.
MARGIN = timedelta(seconds=TIMEOUT_SECONDS + 10)

Compose: TypeAlias = Callable[[Send, datetime], Mail]
Transport: TypeAlias = Callable[[Mail], Awaitable[Outcome]]


class Sender:
    """Sends due notices: `compose` writes their mails, `transport` hands them to the mail server."""

    def __init__(self, pool: Pool, compose: Compose, transport: Transport) -> None:
        self._pool = pool
        self._compose = compose
        self._transport = transport
        self._wake = asyncio.Event()
        self._closing = False
        self._closed = asyncio.Event()
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._writing = asyncio.Lock()
        self._unwritten: list[queue.Outcome] = []

    async def follow_up(self, _events: Sequence[Event]) -> None:
        """Look at once for what is due, after a batch was committed."""
        self._wake.set()

    async def close(self) -> None:
        """Finish the mails that are under way, and give up the other claims."""
        self._closing = True
        self._wake.set()
        await self._closed.wait()

    async def run(self) -> None:
        """Send until closed."""
        while not self._closing:
            self._wake.clear()
            try:
                await self.send_all()
            except UNAVAILABLE as error:
                log.warning("sender waits", **where(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
        self._closed.set()

    async def send_all(self) -> None:
        """Send until nothing is due, in two loops as two replicas would: one claims while the other sends."""

        async def send() -> None:
            while not self._closing and await self.send_due(datetime.now(UTC)):
                pass

        await asyncio.gather(send(), send())

    async def send_due(self, now: datetime) -> int:
        """Decide on what is due at `now`, and send what goes out; return how many notices were due."""
        async with self._pool.acquire() as connection, connection.transaction():
            due = await queue.lock_due(connection, now)
            if not due:
                return 0
            professionals = {notice.profile_id for notice in due if notice.profile_id is not None}
            sent_today = await queue.sent_since(connection, professionals, clock.midnight(now))
            decisions = decide(due, sent_today, now)
            await queue.write(connection, decisions, now)
        for decision in decisions:
            if isinstance(decision, Skip):
                NOTICES.labels(decision.notice.kind, decision.ending.state).inc()
        await self._send_all([decision for decision in decisions if isinstance(decision, Send)], now)
        return len(due)

    async def _send_all(self, sends: Sequence[Send], now: datetime) -> None:
        until = monotonic() + (queue.LEASE - MARGIN).total_seconds()
        results = await asyncio.gather(
            *(self._send(send, now, until) for send in sends), return_exceptions=True
        )
        for send, result in zip(sends, results, strict=True):
            if isinstance(result, BaseException):
                # its claim runs out, and it is tried again
                log.error("notice not sent", notice_id=str(send.notice.notice_id), **where(result))
        left = [send.notice.notice_id for send, begun in zip(sends, results, strict=True) if begun is False]
        if left:
            async with self._pool.acquire() as connection:
                await queue.release(connection, left, now)

    async def _send(self, send: Send, now: datetime, until: float) -> bool:
        """Send one mail; return False where it was not begun."""
        notice = send.notice
        async with self._slots:
            if self._closing or monotonic() > until:
                return False
            with span("send mail", parents=[notice.traceparent], kind_of_notice=notice.kind):
                outcome = await self._transport(self._compose(send, now))
        match outcome:
            case Accepted(detail):
                await self._end(notice, Ending(NoticeState.ACCEPTED, detail))
                if notice.kind is Kind.MATCH:
                    LATENCY.observe((datetime.now(UTC) - notice.caused_at).total_seconds())
            case Refused(detail):
                ending = Ending(NoticeState.REFUSED, detail)
                await self._end(notice, ending)
                await self._suppress(notice, ending)
            case TryLater(detail):
                NOTICES.labels(notice.kind, "retried").inc()
                pause = retry_pause(notice.attempts, random.uniform(0.5, 1.5))
                async with self._pool.acquire() as connection:
                    await queue.postpone(connection, notice.notice_id, datetime.now(UTC) + pause, detail)
        return True

    async def _end(self, notice: Due, ending: Ending) -> None:
        """Write an outcome, together with those that came while the ones before were being written."""
        self._unwritten.append(queue.Outcome(notice.notice_id, ending))
        async with self._writing:
            if self._unwritten:
                await asyncio.sleep(GATHER_SECONDS)
                outcomes, self._unwritten = self._unwritten, []
                async with self._pool.acquire() as connection:
                    await queue.record_outcomes(connection, outcomes)
        NOTICES.labels(notice.kind, ending.state).inc()

    async def _suppress(self, notice: Due, ending: Ending) -> None:
        """Send nothing more to an address that the mail server refused; a recruiter's is tried again."""
        if notice.profile_id is None or notice.recipient is None:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            await erasure.lock_out_erasure(connection)
            await suppressions.add(connection, notice.profile_id, notice.recipient.email, ending)
