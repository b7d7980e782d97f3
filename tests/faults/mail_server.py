"""The mail server of a run: it keeps every mail that it took, and refuses, stalls or hangs up when told."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session

LINK = re.compile(r"/m/([\w.-]+)")


class Mood(StrEnum):
    """How it treats whoever brings mail."""

    WELL = "well"
    REFUSING = "refusing"  # 451 to each mail
    STALLING = "stalling"  # says nothing any more
    HANGING_UP = "hanging up"  # takes the mail, and is gone before it says so


@dataclass
class Received:
    """A mail that it took. `at`: monotonic seconds; `told`: whether the sender was told so."""

    at: float
    to: str
    message_id: str
    content: bytes
    told: bool

    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    def text(self) -> str:
        """Return its plain part."""
        part = self.message().get_body(("plain",))
        assert part is not None
        content: str = part.get_content()
        return content

    def tokens(self) -> list[str]:
        """Return the signed part of each link to a match in it."""
        return LINK.findall(self.text())


@dataclass
class MailServer:
    """Speaks SMTP on a port of this machine."""

    port: int
    mood: Mood = Mood.WELL
    received: list[Received] = field(default_factory=list)
    under_way: int = 0
    _well: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["MailServer"]:
        self._well.set()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, hostname="localhost"), "127.0.0.1", self.port
        )
        try:
            yield self
        finally:
            self._well.set()
            server.close()

    def become(self, mood: Mood) -> None:
        """Change its mood; whoever it kept waiting is answered once it is well."""
        self.mood = mood
        if mood is Mood.STALLING:
            self._well.clear()
        else:
            self._well.set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.under_way += 1
        try:
            await self._well.wait()
            if self.mood is Mood.REFUSING:
                return "451 4.3.2 not now"
            assert isinstance(envelope.content, bytes)
            taken = Received(
                at=time.monotonic(),
                to=envelope.rcpt_tos[0].lower(),
                message_id=str(_message_id(envelope.content)),
                content=envelope.content,
                told=self.mood is Mood.WELL,
            )
            self.received.append(taken)
            if self.mood is Mood.HANGING_UP and server.transport is not None:
                server.transport.close()
            return "250 taken"
        finally:
            self.under_way -= 1


def _message_id(content: bytes) -> str:
    found = re.search(rb"^Message-ID:\s*<([^@>]+)", content, re.MULTILINE | re.IGNORECASE)
    assert found is not None
    return found[1].decode()
