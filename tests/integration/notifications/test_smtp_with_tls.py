"""The mail server as production has it: TLS from the start or after STARTTLS, and a password."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, MailServer, TryLater
from support.ports import free_port

USER, PASSWORD = "opdrachten@example.org", "geheim/en:raar"
LOGIN = "opdrachten%40example.org:geheim%2Fen%3Araar"

MAIL = Mail("post@example.org", "anna@example.org", b"Subject: Hallo\r\n\r\nHallo\r\n")


class Box:
    """Keeps what it gets, and counts the connections."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.logins: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 taken"

    def login(self, *told: Any) -> AuthResult:
        given: LoginPassword = told[-1]
        self.logins.append(given.login)
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


@contextmanager
def serving(box: Box, authority: trustme.CA, scheme: str) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    at_once = scheme == "smtps"
    controller = Controller(
        box,
        hostname="localhost",
        port=free_port(),
        ssl_context=context if at_once else None,
        tls_context=None if at_once else context,
        require_starttls=not at_once,
        authenticator=box.login,
        auth_required=True,
        auth_require_tls=not at_once,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_mails_go_over_one_safe_connection_with_a_password(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    box = Box()
    with serving(box, authority, scheme) as port:
        client = MailServer(f"{scheme}://{LOGIN}@localhost:{port}")
        for _ in range(3):
            assert isinstance(await client.send(MAIL), Accepted)
        await client.close()
    assert len(box.mails) == 3
    assert 0 < len(box.logins) <= 3


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_server_that_cannot_prove_who_it_is_gets_no_mail(authority: trustme.CA, scheme: str) -> None:
    box = Box()
    with serving(box, authority, scheme) as port:
        client = MailServer(f"{scheme}://{LOGIN}@localhost:{port}")
        assert isinstance(await client.send(MAIL), TryLater)
        await client.close()
    assert (box.mails, box.logins) == ([], [])


async def test_a_wrong_password_refuses_no_recipient(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    box = Box()
    with serving(box, authority, "smtps") as port:
        client = MailServer(f"smtps://{USER.replace('@', '%40')}:fout@localhost:{port}")
        assert await client.send(MAIL) == TryLater("the mail server answered 535")
        await client.close()
    assert box.mails == []
