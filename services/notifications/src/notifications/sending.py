"""Sends what is due. Never zero times: a notice is a row first, and stays due until an outcome is kept.

A replica claims notices for two minutes. If it dies, another claims them again after that, and the mail may
be sent a second time with the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from chassis.database import UNAVAILABLE, Pool
from chassis.telemetry import span, where

from notifications.domain.notice import Kind, Skip, State, pause_after, verdict_on_match
from notifications.mails import Mails
from notifications.metrics import LATENCY, NOTICES
from notifications.smtp import Accepted, MailServer, Outcome, Refused, TryLater
from notifications.store import notices
from notifications.store.notices import Due

log = structlog.get_logger()

POLL_SECONDS = 1.0


class Sender:
    """Sends due notices; `wake` makes it look at once."""

    def __init__(self, pool: Pool, server: MailServer, mails: Mails) -> None:
        self._pool = pool
        self._server = server
        self._mails = mails
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._wake.clear()
            try:
                while await self.send_due(datetime.now(UTC)):
                    pass
            except UNAVAILABLE as error:
                log.warning("sender waits", **where(error))
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def send_due(self, now: datetime) -> int:
        """Claim and send what is due at `now`; return how many notices were claimed."""
        async with self._pool.acquire() as connection, connection.transaction():
            claimed = await notices.claim(connection, now)
        await self._send_all(claimed, now)
        return len(claimed)

    async def _send_all(self, claimed: Sequence[Due], now: datetime) -> None:
        results = await asyncio.gather(*(self._send(due, now) for due in claimed), return_exceptions=True)
        for due, result in zip(claimed, results, strict=True):
            if isinstance(result, BaseException):
                # its claim runs out, and it is tried again
                log.error("notice not sent", notice_id=str(due.notice_id), **where(result))

    async def _send(self, due: Due, now: datetime) -> None:
        skip = _verdict(due, now)
        if skip is not None:
            await self._settle(due, skip.state, skip.detail)
            return
        with span("send mail", parents=[due.traceparent], kind_of_notice=due.kind):
            mail = self._mails.write(due, now)
            outcome: Outcome = await self._server.send(mail)
        match outcome:
            case Accepted(detail):
                await self._settle(due, State.ACCEPTED, detail, mail["To"])
                if due.kind is Kind.MATCH:
                    LATENCY.observe((datetime.now(UTC) - due.caused_at).total_seconds())
            case Refused(detail):
                await self._settle(due, State.REFUSED, detail, mail["To"])
            case TryLater(detail):
                NOTICES.labels(due.kind, "retried").inc()
                async with self._pool.acquire() as connection:
                    until = datetime.now(UTC) + pause_after(due.attempts)
                    await notices.postpone(connection, due.notice_id, until, detail)

    async def _settle(self, due: Due, state: State, detail: str, address: str | None = None) -> None:
        NOTICES.labels(due.kind, state).inc()
        async with self._pool.acquire() as connection:
            await notices.settle(connection, due.notice_id, state, detail, address)


def _verdict(due: Due, now: datetime) -> Skip | None:
    if due.kind is Kind.MATCH:
        return verdict_on_match(due.matches[0], due.recipient, due.facts, due.open, now)
    if not any(match.live for match in due.matches):
        return Skip(State.CANCELLED, "every new match was withdrawn before it was told")
    return None
