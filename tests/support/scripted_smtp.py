"""A mail server that answers as a script has it, at the moment that a test's own clock shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from support.mailboxes import mail_server
from support.mailboxes.addresses import normalised


class Clock(datetime):
    """The world's clock, in the place of the machine's."""

    moment: datetime

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime will do
        return cls.moment.astimezone(tz)


@dataclass
class Received:
    """A mail that the server took, and when; `message_id` is the first part of its Message-ID."""

    at: datetime
    to: str
    message_id: UUID
    mail: EmailMessage


@dataclass
class Server:
    """Speaks SMTP as the world's script has it, with SMTPUTF8."""

    script: mail_server.MailServer
    received: list[Received] = field(default_factory=list)
    returning: list[tuple[datetime, UUID, str]] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, hostname="localhost"), "127.0.0.1", port
        )
        async with server:
            yield

    def _refusal(self, address: str, stage: str) -> str | None:
        match self.script.answer(normalised(address), Clock.moment):
            case mail_server.TryLater(code):
                return f"{code} try again later"
            case mail_server.Refused(code, status, at) if at == stage:
                return f"{code} {status} no" if status else f"{code} no"
        return None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._refusal(address, "rcpt")
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        refusal = self._refusal(address, "data")
        if refusal is not None:
            return refusal
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        message_id = UUID(str(mail["Message-ID"]).strip("<>").partition("@")[0])
        self.received.append(Received(Clock.moment, normalised(address), message_id, mail))
        back = self.script.comes_back(normalised(address), Clock.moment)
        if back is not None:
            self.returning.append((Clock.moment + back.after, message_id, back.status))
        return "250 taken"
