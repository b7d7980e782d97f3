"""The dialogue with the mail server: connections kept open, and every outcome as a type."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import SMTP, SMTPResponse, SMTPStatus
from aiosmtplib.email import quote_address
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from notifications.domain.report import ends_a_mailbox
from notifications.mail.dkim import Signer
from notifications.mail.mime import Mail

log = structlog.get_logger()

CONNECTIONS = 8
TIMEOUT_SECONDS = 20
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463, at the beginning of an answer (RFC 2034)
CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
PLAIN_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[\w.-]+")  # of which a parser finds nothing else
NO_SUCH_MAILBOX = frozenset({550, 551, 553})  # to RCPT (RFC 5321, 4.2.3), where no status says it better
DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Accepted:
    """The server took the mail; `detail` is its answer."""

    detail: str


@dataclass(frozen=True)
class TryLater:
    """A temporary failure: 4xx, no connection, no answer."""

    detail: str


@dataclass(frozen=True)
class Unknown:
    """The server does not know the recipient, or their mailbox is switched off: 5xx with a status that says
    so, or to RCPT without one."""

    detail: str


@dataclass(frozen=True)
class Refused:
    """The server does not take this mail, for a reason that says nothing on the recipient: who we are, what
    the mail says, or what the server can."""

    detail: str


Outcome = Accepted | TryLater | Unknown | Refused
WORDS: dict[type[Outcome], str] = {
    Accepted: "accepted",
    TryLater: "try later",
    Unknown: "unknown",
    Refused: "refused",
}


def tell(kind: str, outcome: Outcome, seconds: float, **more: int) -> None:
    """Log of a mail what it was, how the server took it, and how long that took: never whose it is."""
    word, well = WORDS[type(outcome)], isinstance(outcome, Accepted)
    log.info("mail", kind=kind, outcome=word, ms=round(seconds * 1000, 1), **more, ordinary=well)


class _Connection(SMTP):
    """A connection to the mail server. Where it was `kept` after a mail, the server may have closed it
    meanwhile; the next mail's first command shows that, with nothing said of that mail yet: so it is opened
    again, once, and that was no attempt.

    Its mails go out as by `sendmail`, without what that does once more with each: a parser looks for names
    beside addresses, regular expressions go through the content, and each answer is waited for under a timer
    of its own. The whole of a mail has one (`MailServer.send`).
    """

    kept = False

    async def deliver(self, sender: str, to: str, content: bytes) -> SMTPResponse:
        """Send a mail to one recipient; leave nothing of one that is refused."""
        if self.is_ehlo_or_helo_needed:
            await self._greet()
        options, encoding = [f"SIZE={len(content)}"] if self.supports_extension("size") else [], "ascii"
        if not to.isascii():
            if not self.supports_extension("smtputf8"):
                raise SMTPNotSupported("SMTPUTF8 is not supported by this server")
            options, encoding = [*options, "SMTPUTF8"], "utf-8"
        mail = [b"MAIL", b"FROM:" + _in_brackets(sender).encode(encoding), *map(str.encode, options)]
        try:
            await self._begin(mail, sender)
            answer = await self._say(b"RCPT", b"TO:" + _in_brackets(to).encode(encoding))
            if answer.code not in (SMTPStatus.completed, SMTPStatus.will_forward):
                raise SMTPRecipientRefused(answer.code, answer.message, to)
            return await self._hand_over(content)
        except SMTPResponseException:
            with suppress(ConnectionError, SMTPResponseException):
                await self.rset()
            raise

    async def _greet(self) -> None:
        try:
            await self.ehlo()
        except SMTPHeloError:
            if not self.is_connected:
                raise
            await self.helo()  # a server without extensions

    async def _say(self, *words: bytes) -> SMTPResponse:
        """Say a command; return the answer. As `execute_command` does, without its lock: nobody else has this
        connection meanwhile. Raises ValueError for what would end the command."""
        command = b" ".join(words)
        if CONTROLS.search(command):
            raise ValueError("a control character in a command")
        return await self._exchange(command + b"\r\n")

    async def _exchange(self, said: bytes) -> SMTPResponse:
        """Send bytes, and wait for one answer. The connection is closed where none comes, or it says so."""
        if self.protocol is None:
            raise SMTPServerDisconnected("no connection")
        try:
            self.protocol.write(said)
            answer = await self.protocol.read_response()
        except SMTPServerDisconnected:
            self.close()
            raise
        if answer.code == SMTPStatus.domain_unavailable:
            self.close()
        return answer

    async def _begin(self, mail: Sequence[bytes], sender: str) -> None:
        """Say MAIL, on a connection that is open."""
        try:
            answer = await self._say(*mail)
        except SMTPServerDisconnected:
            if not self.kept:
                raise
        else:
            if answer.code == SMTPStatus.completed:
                return
            if not self.kept or answer.code != SMTPStatus.domain_unavailable:
                raise SMTPSenderRefused(answer.code, answer.message, sender)
        self.kept = False
        self.close()
        await self.connect()
        await self._greet()
        await self._begin(mail, sender)

    async def _hand_over(self, content: bytes) -> SMTPResponse:
        """Say DATA, and the content."""
        answer = await self._say(b"DATA")
        if answer.code == SMTPStatus.start_input:
            answer = await self._exchange(_as_data(content))
            if answer.code == SMTPStatus.completed:
                return answer
        raise SMTPDataError(answer.code, answer.message)


def _in_brackets(address: str) -> str:
    """Write an address for MAIL and RCPT. Raises ValueError for what would not stay one there."""
    return f"<{address}>" if PLAIN_ADDRESS.fullmatch(address) else quote_address(address)


def _as_data(content: bytes) -> bytes:
    """Write a mail as it follows DATA (RFC 5321, 4.5.2): lines end with CRLF, a dot that begins one is
    doubled, and one alone is the end."""
    lines = b"\r\n".join([b"", *content.splitlines()])
    return lines.replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.\r\n"


class MailServer:
    """Sends mails, signed by `signer`, over a few connections that are opened when needed and used again."""

    def __init__(self, url: str, signer: Signer | None = None) -> None:
        self._parts = urlsplit(url)
        self._signer = signer
        self._idle: asyncio.Queue[_Connection] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(self._client())

    def _client(self) -> _Connection:
        parts = self._parts
        return _Connection(
            hostname=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp+starttls",
            timeout=TIMEOUT_SECONDS,
        )

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        client = await self._idle.get()
        try:
            if not client.is_connected:
                client.kept = False
                await client.connect()
            yield client
        except BaseException:
            client.close()
            client = self._client()
            raise
        finally:
            self._idle.put_nowait(client)

    async def send(self, mail: Mail) -> Outcome:
        """Send one mail, in 20 seconds at most; tell how the server took it."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._connection() as client:
                content = await self._signer.sign_aside(mail.content) if self._signer else mail.content
                answer = await client.deliver(mail.sender, mail.to, content)
                client.kept = True
                return Accepted("".join(filter(str.isprintable, answer.message)))
        except SMTPRecipientRefused as refused:
            return _judged(refused, at_rcpt=True)
        except SMTPDataError as refused:
            return _judged(refused, at_rcpt=False)
        except SMTPResponseException as refused:
            # It refuses us (a password, a sender), which says nothing on whom the mail is for.
            return TryLater(f"the mail server answered {refused.code}")
        except (SMTPException, OSError, TimeoutError) as failure:
            if isinstance(failure, SMTPNotSupported):
                return Refused("the mail server takes no address with letters beyond ASCII (SMTPUTF8)")
            return TryLater(f"no connection to the mail server ({type(failure).__name__})")

    async def close(self) -> None:
        """Take leave of the server."""
        while not self._idle.empty():
            client = self._idle.get_nowait()
            if client.is_connected:
                with suppress(SMTPException, OSError, TimeoutError):
                    await client.quit()


def _judged(refused: SMTPResponseException, *, at_rcpt: bool) -> Outcome:
    # The server's own words may repeat the address, so only its numbers are kept.
    found = STATUS.match(refused.message)
    detail = f"the mail server answered {refused.code}{f' {found[0]}' if found else ''}"
    if not 500 <= refused.code < 600:
        return TryLater(detail)
    if found is not None:
        return Unknown(detail) if ends_a_mailbox(found[0]) else Refused(detail)
    return Unknown(detail) if at_rcpt and refused.code in NO_SUCH_MAILBOX else Refused(detail)
