"""A mail is signed on its way out, and nothing else waits for a signature that takes long."""

import asyncio
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from cryptography.hazmat.primitives.asymmetric import rsa
from notifications.mail.dkim import Signer
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, MailServer
from support.ports import free_port
from support.stacks import until

MAIL = Mail("post@example.org", "anna@example.org", b"From: post@example.org\r\n\r\nHallo\r\n")


class Box:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 taken"


class Held(Signer):
    """Signs when it is let go."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        super().__init__(key, "mail2027", MAIL.sender)
        self.begun, self.let_go = threading.Event(), threading.Event()

    async def has_begun(self) -> bool:
        return self.begun.is_set()

    def signature(self, content: bytes) -> bytes:
        self.begun.set()
        assert self.let_go.wait(10)
        return super().signature(content)


async def test_the_event_loop_goes_on_while_a_mail_is_signed() -> None:
    box, signer = Box(), Held()
    sink = Controller(box, hostname="127.0.0.1", port=free_port())
    sink.start()
    try:
        client = MailServer(f"smtp://127.0.0.1:{sink.port}", signer)
        sending = asyncio.create_task(client.send(MAIL))
        await until(signer.has_begun)
        signer.let_go.set()  # by the loop, which would wait for this for ever if it signed itself
        assert isinstance(await sending, Accepted)
        await client.close()
    finally:
        sink.stop()
    (taken,) = box.mails
    assert taken.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; ")
    assert taken.endswith(b"\r\n" + MAIL.content)
