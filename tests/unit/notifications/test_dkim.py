"""DKIM: what the signer signs, dkimpy verifies, and signs alike; a key that will not do stops the start."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import dkim
import pytest
from aiosmtplib.protocol import normalize_message_line_endings
from chassis.settings import load
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from dkim.util import parse_tag_value
from hypothesis import given, settings
from hypothesis import strategies as st
from notifications.mail import mime
from notifications.mail.dkim import SIGNED, Signer, make_signer
from notifications.settings import DkimKey, NotificationsSettings

SELECTOR, SENDER = "mail2027", "Opdrachten <post@opdrachten.example.org>"
PEM, DER, RAW = serialization.Encoding.PEM, serialization.Encoding.DER, serialization.Encoding.Raw
PKCS1, PKCS8 = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])

FIELDS = {
    "From": SENDER,
    "To": "anna@example.org",
    "Subject": "Communicatieadviseur griffie",
    "Date": "Tue, 01 Dec 2026 12:00:00 +0000",
    "Message-ID": "<1@opdrachten.example.org>",
    "Auto-Submitted": "auto-generated",
    "List-Unsubscribe": "<https://opdrachten.example.org/unsubscribe/1>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}
BODY = b"Hallo Anna,\r\n\r\nEr is  een\topdracht. \r\n"


def mail(body: bytes = BODY, fields: Mapping[str, str] = FIELDS) -> bytes:
    return mime.message(fields, b"Content-Type: text/plain\r\n\r\n" + body)


def signed(key: DkimKey, content: bytes) -> bytes:
    return Signer(key, SELECTOR, SENDER).sign(content)


def record(key: DkimKey) -> bytes:
    """Return what stands in the DNS for a key (RFC 6376, 3.6.1; RFC 8463, 4.2)."""
    if isinstance(key, rsa.RSAPrivateKey):
        kind = b"rsa"
        public = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, public = b"ed25519", key.public_key().public_bytes_raw()
    return b"v=DKIM1; k=" + kind + b"; p=" + base64.b64encode(public)


def verifies(content: bytes, key: DkimKey) -> bool:
    return bool(dkim.verify(content, dnsfunc=lambda _name, **_: record(key)))


def tags(content: bytes) -> dict[bytes, bytes]:
    """Return the tags of the signature that a mail begins with, without white space."""
    (name, value), *_ = dkim.rfc822_parse(content)[0]
    assert name == b"DKIM-Signature"
    return {tag: re.sub(rb"\s", b"", text) for tag, text in parse_tag_value(value).items()}


def signed_by_dkimpy(key: DkimKey, content: bytes, at: int) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        secret, algorithm = key.private_bytes(PEM, PKCS1, OPEN), b"rsa-sha256"
    else:
        secret, algorithm = base64.b64encode(key.private_bytes_raw()), b"ed25519-sha256"
    with patch.object(dkim, "time", SimpleNamespace(time=lambda: at)):
        signature: bytes = dkim.sign(
            content,
            SELECTOR.encode(),
            b"opdrachten.example.org",
            secret,
            signature_algorithm=algorithm,
            include_headers=[name.encode() for name in SIGNED],
            canonicalize=(b"relaxed", b"relaxed"),
        )
    return signature + content


MAILS = {
    "usual": mail(),
    "in parts": mime.message(FIELDS, mime.multipart("mixed", [mime.text("plain", "é " * 99)] * 2, "1")),
    "bare": b"From: x@example.org\r\n\r\n",
    "no blank line": b"From: x@example.org\r\n",
    "empty body": mail(b""),
    "blank lines only": mail(b"\r\n \r\n\t\r\n"),
    "trailing blank lines": mail(BODY + b"\r\n  \r\n\r\n"),
    "leading blank lines": mail(b"\r\n\r\n" + BODY),
    "998 columns": mail(b"x" * 998 + b"\r\n" + b" y" * 499 + b"\r\n"),
    "periods": mail(b".\r\n..\r\n. x\r\n"),
    "8 bits": mail("Coëvorden\u00a0\u2028.\r\n".encode()),
    "no final line end": mail(BODY + b"Groet"),
    "final space": mail(BODY + b"Groet \t"),
    "bare line feeds": mail(BODY).replace(b"\r\n", b"\n"),
    "bare carriage returns": mail(b"a\rb\r\r\nc\r"),
    "non-ASCII subject": mail(
        fields=FIELDS | {"Subject": "Crisis in Coëvorden: woordvoerder voor de burgemeester " * 5}
    ),
    "long headers": mail(
        fields=FIELDS | {"Subject": "x" * 900, "List-Unsubscribe": f"<https://x/{'y' * 900}>"}
    ),
    "folded headers": mail().replace(b"Subject: ", b"SUBJECT:\r\n \t  a  b\r\n\tc \r\n  "),
    "a header twice": b"Subject: een\r\nTo: x@example.org\r\n" + mail(),
}


@KEYS
@pytest.mark.parametrize("content", MAILS.values(), ids=MAILS)
def test_a_signature_holds_for_what_goes_over_the_wire(content: bytes, key: DkimKey) -> None:
    wire, received = signed(key, content), normalize_message_line_endings(content)
    signature = wire.removesuffix(received)
    assert signature + received == wire
    assert normalize_message_line_endings(wire) == wire
    assert max(map(len, signature.splitlines())) <= 78
    assert verifies(wire, key)


@KEYS
@pytest.mark.parametrize("content", MAILS.values(), ids=MAILS)
def test_dkimpy_signs_alike(content: bytes, key: DkimKey) -> None:
    ours = signed(key, content)
    wire = normalize_message_line_endings(content)
    assert tags(ours) == tags(signed_by_dkimpy(key, wire, int(tags(ours)[b"t"])))


LINES = st.lists(st.text(st.sampled_from(" \t.=ax\u00e9\x0b\x0c\x00")).map(str.encode))
BODIES = (
    st.builds(lambda lines, end: end.join(lines), LINES, st.sampled_from([b"\r\n", b"\n", b"\r"]))
    | st.binary()
)
VALUES = st.lists(st.text(st.sampled_from(" \t:;=b1\u00e9\u20ac")).map(str.encode), max_size=5).map(
    b"\r\n ".join
)


@KEYS
@settings(deadline=None)
@given(body=BODIES, subject=VALUES, references=VALUES)
def test_any_body_and_any_value_is_signed_as_by_dkimpy(
    key: DkimKey, body: bytes, subject: bytes, references: bytes
) -> None:
    ours = signed(key, b"References:" + references + b"\r\nSubject:" + subject + b"\r\n" + mail(body))
    assert verifies(ours, key)
    wire = ours[ours.index(b"\r\nReferences:") + 2 :]
    assert tags(ours) == tags(signed_by_dkimpy(key, wire, int(tags(ours)[b"t"])))


@KEYS
def test_a_changed_mail_does_not_verify(key: DkimKey) -> None:
    wire = signed(key, mail())
    for name in FIELDS:
        changed = wire.replace(f"\r\n{name}: ".encode(), f"\r\n{name}: x".encode())
        assert changed != wire
        assert not verifies(changed, key), name
    assert not verifies(wire.replace(b"Hallo Anna", b"Hallo Anne"), key)


def test_the_public_key_is_looked_up_under_the_selector_and_the_senders_domain() -> None:
    asked: list[bytes] = []

    def dns(name: bytes, **_: object) -> bytes:
        asked.append(name)
        return record(RSA)

    assert dkim.verify(signed(RSA, mail()), dnsfunc=dns)
    assert asked == [b"mail2027._domainkey.opdrachten.example.org."]


ENVIRONMENT = {
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "DATABASE_URL": "postgresql://localhost/x",
    "ALLOW_INSECURE": "1",
    "AUTH_ISSUER": "x",
    "AUTH_AUDIENCE": "x",
    "AUTH_JWKS_URL": "file:///x",
    "SMTP_URL": "smtp://localhost",
    "MAIL_FROM": SENDER,
    "PUBLIC_URL": "http://localhost",
    "DESK_URL": "http://localhost",
    "LINK_SECRET": "a secret of the tests that is long enough",
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DKIM_KEY_FILE", str(tmp_path / "dkim.pem"))
    monkeypatch.setenv("DKIM_SELECTOR", SELECTOR)
    return tmp_path / "dkim.pem"


@pytest.mark.parametrize(
    ("key", "form"), [(RSA, PKCS1), (RSA, PKCS8), (ED25519, PKCS8)], ids=["PKCS#1", "PKCS#8", "ed25519"]
)
def test_the_key_is_read_as_openssl_writes_it(
    file: Path, key: DkimKey, form: serialization.PrivateFormat
) -> None:
    file.write_bytes(key.private_bytes(PEM, form, OPEN))
    signer = make_signer(load(NotificationsSettings))
    assert signer is not None
    assert verifies(signer.sign(mail()), key)


def test_without_a_key_nothing_is_signed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DKIM_KEY_FILE")
    monkeypatch.delenv("DKIM_SELECTOR")
    assert make_signer(load(NotificationsSettings)) is None


def pem(key: PrivateKeyTypes, encryption: serialization.KeySerializationEncryption = OPEN) -> bytes:
    return key.private_bytes(PEM, PKCS8, encryption)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x", "must be a readable private key"),
        (pem(RSA)[:-200], "must be a readable private key"),
        (pem(RSA, serialization.BestAvailableEncryption(b"x")), "must be a readable private key"),
        (record(RSA), "must be a readable private key"),
        (pem(rsa.generate_private_key(65537, 1024)), "must be an RSA key of 2048 bits or more"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "must be an RSA key of 2048 bits or more"),
    ],
    ids=["no key", "half a key", "a password", "a public key", "short", "another kind"],
)
def test_a_key_that_cannot_sign_stops_the_start(
    file: Path, content: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    with pytest.raises(SystemExit):
        load(NotificationsSettings)
    told = capsys.readouterr().err
    assert told.startswith(f"setting DKIM_KEY_FILE: {why}")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("missing", ["DKIM_KEY_FILE", "DKIM_SELECTOR"])
def test_a_dkim_key_without_its_selector_and_the_reverse_stop_the_start(
    file: Path, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(pem(ED25519))
    monkeypatch.delenv(missing)
    with pytest.raises(SystemExit):
        load(NotificationsSettings)
    assert "set both DKIM_KEY_FILE and DKIM_SELECTOR, or neither" in capsys.readouterr().err
