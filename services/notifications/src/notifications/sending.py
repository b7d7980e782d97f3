"""Sends what is due. Never zero times: a notice is a row first, and stays due until an outcome is kept.

A replica claims notices for two minutes, and begins no mail that could outlast the claim. If it dies, another
claims them again after that, and a mail whose outcome was not kept yet is sent a second time, with the same
Message-ID. Outcomes are kept as they come, many at once where they come fast, so that those are few.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.telemetry import span, where
from contracts.vocabulary import Urgency

from notifications.domain import schedule
from notifications.domain.notice import (
    GIVE_UP_AFTER,
    NEWS,
    OF_A_MATCH,
    TO_RECRUITERS,
    Kind,
    Skip,
    State,
    pause_after,
    verdict_on_match,
    verdict_on_news,
    verdict_on_warning,
)
from notifications.domain.schedule import Plan, Way
from notifications.mails import Mails
from notifications.metrics import LATENCY, NOTICES
from notifications.smtp import (
    CONNECTIONS,
    TIMEOUT_SECONDS,
    Accepted,
    MailServer,
    Outcome,
    Refused,
    TryLater,
)
from notifications.store import known, outgoing
from notifications.store.outgoing import Due, Settled

log = structlog.get_logger()

POLL_SECONDS = 1.0
GATHER_SECONDS = 0.005  # outcomes that come within this time are kept together
MARGIN = timedelta(
    seconds=TIMEOUT_SECONDS + 10
)  # a mail that begins this long before its claim ends, ends too


class Sender:
    """Sends due notices; `wake` makes it look at once."""

    def __init__(self, pool: Pool, server: MailServer, mails: Mails) -> None:
        self._pool = pool
        self._server = server
        self._mails = mails
        self._wake = asyncio.Event()
        self._closing = False
        self._closed = asyncio.Event()
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._keeping = asyncio.Lock()
        self._unkept: list[Settled] = []

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    async def close(self) -> None:
        """Finish the mails that are under way, and give back what was claimed besides."""
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
        """Send until nothing is due. As two replicas would: one claims while the other sends."""

        async def send() -> None:
            while not self._closing and await self.send_due(datetime.now(UTC)):
                pass

        await asyncio.gather(send(), send())

    async def send_due(self, now: datetime) -> int:
        """Claim and send what is due at `now`; return how many notices were looked at."""
        async with self._pool.acquire() as connection, connection.transaction():
            due = await outgoing.lock_due(connection, now)
            claimed = await self._claim(connection, due, now)
        await self._send_all(claimed, now)
        return len(due)

    async def _claim(
        self, connection: Connection, due: Sequence[Due], now: datetime
    ) -> list[tuple[Due, Skip | None]]:
        """Claim what goes out now, or is skipped; plan what goes out later; gather digests."""
        everyone = {item.profile_id for item in due if item.profile_id is not None}
        sent = await outgoing.sent_since(connection, everyone, schedule.midnight(now))
        claimed, counted, later, digests = [], [], [], set()
        for item in due:
            to, is_match = item.profile_id, item.kind in OF_A_MATCH
            if to is not None and is_match and item.way is Way.DIGEST:
                digests.add(to)
                continue
            skip = _verdict(item, now)
            planned = _plan(item, sent.get(to, 0) if to else 0, now) if skip is None else None
            if planned is not None and planned.due_at > now:
                later.append((item.notice_id, planned))
                continue
            claimed.append((item, skip))
            if to is not None and is_match and not item.attempts and skip is None:
                counted.append(item.notice_id)
                sent[to] = sent.get(to, 0) + 1
        await outgoing.start(connection, claimed, counted, now)
        await outgoing.plan(connection, later)
        for profile_id in digests:
            await outgoing.gather(connection, profile_id, now)
        return claimed

    async def _send_all(self, claimed: Sequence[tuple[Due, Skip | None]], now: datetime) -> None:
        until = monotonic() + (outgoing.LEASE - MARGIN).total_seconds()
        sent = (self._send(due, skip, now, until) for due, skip in claimed)
        results = await asyncio.gather(*sent, return_exceptions=True)
        for (due, _), result in zip(claimed, results, strict=True):
            if isinstance(result, BaseException):
                # its claim runs out, and it is tried again
                log.error("notice not sent", notice_id=str(due.notice_id), **where(result))
        left = [due.notice_id for (due, _), begun in zip(claimed, results, strict=True) if begun is False]
        if left:
            async with self._pool.acquire() as connection:
                await outgoing.give_back(connection, left, now)

    async def _send(self, due: Due, skip: Skip | None, now: datetime, until: float) -> bool:
        """Send one notice; return False where it was not begun."""
        if skip is not None:
            await self._settle(due, skip.state, skip.detail)
            return True
        async with self._slots:
            if self._closing or monotonic() > until:
                return False
            with span("send mail", parents=[due.traceparent], kind_of_notice=due.kind):
                outcome: Outcome = await self._server.send(self._mails.write(due, now))
        match outcome:
            case Accepted(detail):
                await self._settle(due, State.ACCEPTED, detail)
                if due.kind is Kind.MATCH:
                    LATENCY.observe((datetime.now(UTC) - due.caused_at).total_seconds())
            case Refused(detail):
                await self._settle(due, State.REFUSED, detail)
                if due.profile_id is not None and due.recipient is not None:
                    to = due.profile_id, due.recipient.email
                    async with self._pool.acquire() as connection, connection.transaction():
                        await known.fence(connection, erases=False)
                        await known.suppress(connection, *to, State.REFUSED, detail)
            case TryLater(detail):
                NOTICES.labels(due.kind, "retried").inc()
                async with self._pool.acquire() as connection:
                    until_then = datetime.now(UTC) + pause_after(due.attempts)
                    await outgoing.postpone(connection, due.notice_id, until_then, detail)
        return True

    async def _settle(self, due: Due, state: State, detail: str) -> None:
        """Keep an outcome, together with those that came while the ones before were being written."""
        self._unkept.append(Settled(due.notice_id, state, detail))
        async with self._keeping:
            if self._unkept:
                await asyncio.sleep(GATHER_SECONDS)
                outcomes, self._unkept = self._unkept, []
                async with self._pool.acquire() as connection:
                    await outgoing.settle(connection, outcomes)
        NOTICES.labels(due.kind, state).inc()


def _plan(due: Due, sent_today: int, now: datetime) -> Plan:
    if due.recipient is None or due.kind is Kind.DIGEST:
        return Plan(due.way, now)
    if due.kind in NEWS or due.attempts:
        return schedule.plan_news(due.recipient.preferences, now)
    urgent = due.opdracht is not None and due.opdracht.facts.urgency is Urgency.SPOED
    return schedule.plan(due.recipient.preferences, urgent=urgent, sent_today=sent_today, now=now)


def _verdict(due: Due, now: datetime) -> Skip | None:
    if due.attempts and now - due.caused_at > GIVE_UP_AFTER:
        return Skip(State.EXPIRED, "the mail server took it neither at once nor in two days")
    if due.advice is not None and due.opdracht is not None:
        return verdict_on_warning(due.advice, due.opdracht, now)
    if due.kind in TO_RECRUITERS:
        told = any(match.live for match in due.matches)
        return None if told else Skip(State.CANCELLED, "every match was withdrawn before it was told")
    if due.kind in NEWS:
        return verdict_on_news(due.recipient)
    verdicts = [verdict_on_match(match, due.recipient, now) for match in due.matches]
    if None in verdicts:
        return None
    return verdicts[0] or Skip(State.CANCELLED, "there is nothing to tell")
