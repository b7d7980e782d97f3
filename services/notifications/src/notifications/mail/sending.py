"""Sends what is due. Never zero times: a notice is a row first, and stays due until an outcome is written.

A replica claims notices for two minutes, and begins no mail that could outlast the claim. If it dies, another
claims them again after that, and a mail whose outcome was not written yet is sent a second time, with the
same Message-ID. These are few: outcomes are written as they come, many at once where they come fast, a mail
is begun only while few are unwritten, and none while they cannot be written. A process that lives through an
outage of the database writes them after it, before it claims anything again; so what it sent is sent twice
only if the outage outlasts the claim, and another replica is first.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeAlias
from uuid import UUID

import structlog
from chassis.crash_points import Point, reach
from chassis.database import UNAVAILABLE, Connection, Pool, naming_outages
from chassis.telemetry import span, where
from chassis.timers import Timer
from contracts.envelope import Event

from notifications.domain import clock
from notifications.domain.notice import WAITING, Body, Ending, Kind, NoticeState
from notifications.domain.outbound import Decision, Send, Skip, Wait, decide, retry_pause
from notifications.mail import smtp
from notifications.mail.mime import Mail
from notifications.mail.pausing import Pausing
from notifications.mail.recording import Recorder
from notifications.mail.smtp import CONNECTIONS, TIMEOUT_SECONDS, Accepted, Refused, TryLater, Unknown
from notifications.metrics import DUE, LATENCY, NOTICES, PUT_ASIDE
from notifications.store import due, notices, queue
from notifications.store.outcomes import Ended, GivenBack, Outcome

log = structlog.get_logger()

POLL_SECONDS = 1.0
MOST_UNWRITTEN = 5 * CONNECTIONS  # mails that were begun
# A mail that begins this long before its claim ends, ends too.
MARGIN = timedelta(seconds=TIMEOUT_SECONDS + 10)
RETRY_REFUSED = timedelta(hours=1)
LOOK_AGAIN = timedelta(minutes=1)
ENDINGS = set(NoticeState) - WAITING - {NoticeState.DIGESTED}
ASIDE = timedelta(minutes=5)  # until something is looked at again that cannot be read

Compose: TypeAlias = Callable[[Send, datetime], Mail]
Transport: TypeAlias = Callable[[Mail], Awaitable[smtp.Outcome]]


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
        self._recorder = Recorder(pool)
        self._wake = asyncio.Event()
        self._closing = False
        self._closed = asyncio.Event()
        self._unwritten = asyncio.Semaphore(MOST_UNWRITTEN)
        self._connections = asyncio.Semaphore(CONNECTIONS)
        for kind in Kind:  # what was never counted cannot be seen to rise
            for outcome in (*ENDINGS, "retried"):
                NOTICES.labels(kind, outcome)
        self._sending = Timer("sender", POLL_SECONDS)
        self._making_due = Timer("digest", POLL_SECONDS)

    async def follow_up(self, _events: Sequence[Event]) -> None:
        """Look at once for what is due, after a batch was committed."""
        self._wake.set()

    async def close(self) -> None:
        """Finish the mails that are under way, and give up the other claims."""
        self._closing = True
        self._wake.set()
        await self._closed.wait()

    async def run(self) -> None:
        """Send until closed, whatever fails."""
        with self._sending, self._making_due:
            while not self._closing:
                self._wake.clear()
                try:
                    await self.send_all()
                except UNAVAILABLE as error:
                    log.warning("sender waits", **where(error))
                except Exception as error:
                    log.error("sender goes on", **where(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
        self._closed.set()

    async def send_all(self) -> None:
        """Send until nothing is due, in two loops as two replicas would: one claims while the other sends."""

        async def send() -> None:
            more = True
            while more and not self._closing:
                more = await self.send_due(datetime.now(UTC)) > 0
                self._sending.succeed()

        ended = await asyncio.gather(send(), send(), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def send_due(self, now: datetime) -> int:
        """Decide on what is due at `now`, and send what goes out; return how many notices were due."""
        most = self._pausing.most(now, queue.BATCH_SIZE)
        if most == 0:
            return 0
        await self._recorder.all_written()
        until = monotonic() + (queue.LEASE - MARGIN).total_seconds()
        async with self._pool.acquire() as connection:
            await self._make_due(connection, now)
            async with connection.transaction():
                notice_ids = await queue.lock_due(connection, now, most=most)
                if not notice_ids:
                    return 0
                decisions = await self._decide(connection, notice_ids, now)
        reach(Point.SENDER_CLAIMED)
        for decision in decisions:
            if isinstance(decision, Skip):
                NOTICES.labels(decision.notice.kind, decision.ending.state).inc()
            if isinstance(decision, Send | Wait | Skip) and decision.notice.kind is Kind.DIGEST:
                for ending in decision.left_out.values():
                    NOTICES.labels(Kind.MATCH, ending.state).inc()
        await asyncio.gather(
            *(self._send(decision, now, until) for decision in decisions if isinstance(decision, Send))
        )
        return len(notice_ids)

    async def _make_due(self, connection: Connection, now: datetime) -> None:
        """Let be told what was gathered or refused long enough. Where that fails, what is due goes out."""
        try:
            with naming_outages(connection):
                async with connection.transaction():
                    await notices.add_gathered_changes(connection, now, now + LOOK_AGAIN)
                    await notices.retry_refused(connection, now, RETRY_REFUSED)
            self._making_due.succeed()
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.error("nothing more is made due", **where(error))

    async def _decide(self, connection: Connection, notice_ids: list[UUID], now: datetime) -> list[Decision]:
        """Decide on locked notices, and write it: on all at once, or where that fails for a reason of one's
        own, on one by one, so that this one is put aside, and all others go on."""
        try:
            with naming_outages(connection):
                async with connection.transaction():
                    return await self._decide_together(connection, notice_ids, now)
        except UNAVAILABLE:
            raise
        except Exception as error:
            if len(notice_ids) == 1:
                log.error("notice put aside", notice_id=str(notice_ids[0]), **where(error))
                PUT_ASIDE.inc()
                await queue.put_aside(connection, notice_ids, now + ASIDE)
                return []
        each = [await self._decide(connection, [notice_id], now) for notice_id in notice_ids]
        return [decision for some in each for decision in some]

    async def _decide_together(
        self, connection: Connection, notice_ids: list[UUID], now: datetime
    ) -> list[Decision]:
        found = await due.read(connection, notice_ids, self._selection)
        if found.unreadable:
            await queue.put_aside(connection, found.unreadable, now + ASIDE)
        if found.unreadable_parts:
            await queue.take_from_digests(connection, found.unreadable_parts, now + ASIDE)
        mailboxes = {notice.recipient.mailbox for notice in found.due if notice.recipient is not None}
        sent_today = await queue.sent_since(connection, mailboxes, clock.midnight(now))
        decisions = decide(found.due, sent_today, now)
        await queue.write(connection, decisions, now)
        return decisions

    async def _send(self, send: Send, now: datetime, until: float) -> None:
        """Send the mail of a notice that was claimed at `now`, unless it would outlast its claim, which may
        be used up to `until` (of the monotonic clock); see that what became of it is written."""
        notice = send.notice
        answer, body = await self._begin(send, now, until)
        at = datetime.now(UTC)
        outcome = self._judge(send, answer, body, now if answer is None else at)
        await self._recorder.record(outcome, at)
        reach(Point.SENDER_RECORDED)
        if answer is not None:
            self._unwritten.release()
        if isinstance(answer, TryLater):
            NOTICES.labels(notice.kind, "retried").inc()
        if isinstance(outcome, Ended):
            NOTICES.labels(notice.kind, outcome.ending.state).inc()
        if isinstance(answer, Accepted):
            DUE.observe(max(0.0, (at - notice.due_at).total_seconds()))
        if isinstance(answer, Accepted) and notice.kind is Kind.MATCH:
            LATENCY.observe((at - notice.caused_at).total_seconds())

    async def _begin(
        self, send: Send, now: datetime, until: float
    ) -> tuple[smtp.Outcome | None, Body | None]:
        """Return what the mail server says of a mail, and what this says; None where no mail was begun. One
        that was begun counts as unwritten until its outcome is."""
        async with self._connections:
            await self._unwritten.acquire()
            await self._recorder.can_write()
            if self._closing or monotonic() > until or self._pausing.stops(now):
                self._unwritten.release()
                return None, None
            with span("send mail", parents=[send.notice.traceparent], kind_of_notice=send.notice.kind):
                try:
                    mail = self._compose(send, now)
                    return await self._transport(mail), mail.body
                except Exception as error:
                    log.error("mail not written", notice_id=str(send.notice.notice_id), **where(error))
                    return TryLater(f"the mail could not be written ({type(error).__name__})"), None

    def _judge(self, send: Send, answer: smtp.Outcome | None, body: Body | None, at: datetime) -> Outcome:
        """Return what becomes of a notice, by what the mail server said at this moment."""
        notice, attempt = send.notice, send.notice.attempts + 1
        match answer:
            case None:
                return GivenBack(notice.notice_id, attempt, at)
            case TryLater(detail):
                pause = retry_pause(attempt, random.uniform(0.5, 1.5))
                return GivenBack(notice.notice_id, attempt, at + pause, detail)
            case Accepted(detail):
                reach(Point.SENDER_ACCEPTED)
                self._pausing.accepted()
                return Ended(notice.notice_id, Ending(NoticeState.ACCEPTED, detail), body=body)
            case Unknown(detail):
                ending = Ending(NoticeState.REFUSED, detail)
                if notice.kind is Kind.LEFT:  # a former address gets no mail anyway
                    return Ended(notice.notice_id, ending)
                return Ended(notice.notice_id, ending, None, notice.mailbox, notice.profile_id)
            case Refused(detail):
                self._pausing.refused(notice, detail, at)
                return Ended(notice.notice_id, Ending(NoticeState.REFUSED, detail), at + RETRY_REFUSED)
