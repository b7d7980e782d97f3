"""Writes mails as they go over the wire: RFC 5322, and MIME (RFC 2045 to 2047).

The standard library's classes take more time for a mail than the mail server's whole dialogue (`make bench`,
`mail_rate`), and its newer ones write a signed link that is longer than a line as encoded words, which no
mail client takes for a link. So headers and bodies are encoded by it, and put together here.
"""

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import quote
from functools import lru_cache

from notifications.domain.notice import Body

LONGEST_LINE = 998 - len(": ")  # RFC 5322, 2.1.1
CRLF = "\r\n"


@dataclass(frozen=True)
class Mail:
    """A mail and its envelope: from whom, to whom. `body`: what is kept of what it says."""

    sender: str
    to: str
    content: bytes
    body: Body | None = None


@dataclass(frozen=True)
class Mailbox:
    """Whom a mail is from, or whom it is to be answered to: a name, which may be empty, and an address."""

    name: str
    address: str


def text(subtype: str, content: str) -> bytes:
    """Write a text as a part, quoted-printable."""
    return _part(f'Content-Type: text/{subtype}; charset="utf-8"', content)


@lru_cache(maxsize=64)  # an opdracht's goes to many
def calendar(method: str, content: str, filename: str) -> bytes:
    """Write a calendar file as an attachment. `method`: the calendar's own, which RFC 6047 wants here too."""
    content_type = f'Content-Type: text/calendar; charset="utf-8"; method={method}'
    return _part(f'{content_type}\r\nContent-Disposition: attachment; filename="{filename}"', content)


def _part(fields: str, content: str) -> bytes:
    head = f"{fields}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = CRLF.join(content.splitlines())
    return head.encode() + binascii.b2a_qp(lines.encode(), istext=True)


def multipart(subtype: str, parts: Sequence[bytes], name: str) -> bytes:
    """Put parts together. `name` makes the boundary; `=_` never occurs in what is quoted-printable."""
    boundary = f"=_{subtype}_{name}"
    between = f"\r\n--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n'.encode()
    return head + b"".join(between + part for part in parts) + f"\r\n--{boundary}--\r\n".encode()


def message(headers: Mapping[str, str | Mailbox], body: bytes) -> bytes:
    """Put headers before a part. Raises ValueError for a value that cannot be a header."""
    lines = [_header(name, value) for name, value in headers.items()]
    return CRLF.join([*lines, "MIME-Version: 1.0", ""]).encode() + body


def _header(name: str, value: str | Mailbox) -> str:
    if isinstance(value, Mailbox):
        return _mailbox(name, value)
    if "\n" in value or "\r" in value:
        raise ValueError(f"a line break in the header {name}")
    if value.isascii() and "=?" not in value and len(name) + len(value) < LONGEST_LINE:
        return f"{name}: {value}"
    return f"{name}: {_encoded(name, value)}"


@lru_cache(maxsize=256)  # a recruiter reads the answers of many
def _mailbox(field: str, mailbox: Mailbox) -> str:
    if not mailbox.name:
        return _header(field, mailbox.address)
    name = _header(field, mailbox.name)
    if name == f"{field}: {mailbox.name}":
        name = f'{field}: "{quote(mailbox.name)}"'
    return f"{name}{CRLF} <{_header('', mailbox.address).removeprefix(': ')}>"


@lru_cache(maxsize=256)  # the subject of an opdracht goes to many
def _encoded(name: str, value: str) -> str:
    return Header(value, "utf-8", header_name=name).encode(linesep=CRLF)
