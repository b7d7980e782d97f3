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
from notifications.domain.address import normalised
from notifications.domain.notice import Due, Ending, Kind, NoticeState
from notifications.domain.outbound import Send, Skip, Wait, decide, retry_pause
from notifications.mail.mime import Mail
from notifications.mail.pausing import Pausing
from notifications.mail.smtp import (
    CONNECTIONS,
    TIMEOUT_SECONDS,
    Accepted,
    Outcome,
    Refused,
    TryLater,
    Unknown,
)
from notifications.metrics import LATENCY, NOTICES
from notifications.store import contacts, erasure, notices, queue, suppressions

log = structlog.get_logger()

POLL_SECONDS = 1.0
GATHER_SECONDS = 0.01  # outcomes that come within this time are written together
# A mail that begins this long before its claim ends, ends too.
MARGIN = timedelta(seconds=TIMEOUT_SECONDS + 10)
RETRY_REFUSED = timedelta(hours=1)
LOOK_AGAIN = timedelta(minutes=1)

Compose: TypeAlias = Callable[[Send, datetime], Mail]
Transport: TypeAlias = Callable[[Mail], Awaitable[Outcome]]


class Sender:
    """Sends due notices: `compose` writes their mails, `transport` hands them to the mail server.

    `selection`: how long after `respond_by` an opdracht closes by itself.
    """

    def __init__(
        self,
        pool: Pool,
        compose: Compose,
        transport: Transport,
        selection: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._compose = compose
        self._transport = transport
        self._selection = selection
        self._pausing = Pausing()
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
        most = self._pausing.most(now, queue.BATCH_SIZE)
        if most == 0:
            return 0
        async with self._pool.acquire() as connection, connection.transaction():
            await notices.add_gathered_changes(connection, now, now + LOOK_AGAIN)
            await notices.retry_refused(connection, now, RETRY_REFUSED)
            due = await queue.lock_due(connection, now, most=most, selection=self._selection)
            if not due:
                return 0
            mailboxes = {notice.recipient.mailbox for notice in due if notice.recipient is not None}
            sent_today = await queue.sent_since(connection, mailboxes, clock.midnight(now))
            decisions = decide(due, sent_today, now)
            await queue.write(connection, decisions, now)
        for decision in decisions:
            if isinstance(decision, Skip):
                NOTICES.labels(decision.notice.kind, decision.ending.state).inc()
            if isinstance(decision, Send | Wait | Skip) and decision.notice.kind is Kind.DIGEST:
                for ending in decision.left_out.values():
                    NOTICES.labels(Kind.MATCH, ending.state).inc()
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
            if self._closing or monotonic() > until or self._pausing.stops(now):
                return False
            with span("send mail", parents=[notice.traceparent], kind_of_notice=notice.kind):
                outcome = await self._transport(self._compose(send, now))
        now = datetime.now(UTC)
        match outcome:
            case Accepted(detail):
                self._pausing.accepted()
                await self._end(notice, Ending(NoticeState.ACCEPTED, detail), now)
                if notice.kind is Kind.MATCH:
                    LATENCY.observe((now - notice.caused_at).total_seconds())
            case Unknown(detail):
                ending = Ending(NoticeState.REFUSED, detail)
                await self._end(notice, ending, now)
                await self._suppress(notice, ending, now)
            case Refused(detail):
                self._pausing.refused(notice, detail, now)
                await self._end(notice, Ending(NoticeState.REFUSED, detail), now, now + RETRY_REFUSED)
            case TryLater(detail):
                NOTICES.labels(notice.kind, "retried").inc()
                pause = retry_pause(notice.attempts + 1, random.uniform(0.5, 1.5))
                async with self._pool.acquire() as connection:
                    await queue.postpone(connection, notice.notice_id, now + pause, detail)
        return True

    async def _end(
        self, notice: Due, ending: Ending, now: datetime, retry_at: datetime | None = None
    ) -> None:
        """Write an outcome, together with those that came while the ones before were being written."""
        self._unwritten.append(queue.Outcome(notice.notice_id, ending, retry_at))
        async with self._writing:
            if self._unwritten:
                await asyncio.sleep(GATHER_SECONDS)
                outcomes, self._unwritten = self._unwritten, []
                async with self._pool.acquire() as connection, connection.transaction():
                    await queue.record_outcomes(connection, outcomes, now)
        NOTICES.labels(notice.kind, ending.state).inc()

    async def _suppress(self, notice: Due, ending: Ending, now: datetime) -> None:
        """Send nothing more to a mailbox that the mail server does not know."""
        if notice.address is None:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            await erasure.lock_out_erasure(connection)
            if notice.profile_id is None or not await contacts.erased(connection, [notice.profile_id]):
                mailbox = normalised(notice.address)
                await suppressions.add(connection, mailbox, notice.profile_id, ending, now)
