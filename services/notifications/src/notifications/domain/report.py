"""Tells apart what comes back by mail: reports of mail servers, RFC 3464 and 6533 (not delivered, delayed)
and 5965 (complaint), what other machines answer, and what people write.

Whoever sends it may be anybody: a report counts where it carries the seal of the mail that it is about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message

from notifications.domain.mail_id import MailId, MailIds

STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")

# What strangers send is measured before it is parsed: the parser takes time by the square of a type's length,
# and a level of the stack for each part in a part, which has a type of its own.
MAX_LINES = 20_000
MAX_TYPES = 100
MAX_TYPE_BYTES = 4096
TYPE = re.compile(rb"^content-type.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)

STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
HEADER_PARTS = frozenset({"text/rfc822-headers", "message/global-headers"})
OF_OUR_ADDRESS = frozenset({"5.1.7", "5.1.8"})
NO_STATUS = "5.0.0"
ARRIVED = frozenset({"delivered", "relayed", "expanded"})
RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
AUTOMATIC_PRECEDENCES = frozenset({"auto_reply", "bulk", "junk", "list"})
AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")


def ends_a_mailbox(status: str) -> bool:
    """Tell whether a status (RFC 3463) says that a mailbox takes no mail: it does not exist, or not there
    (5.1.x, of which two are about the sender's address), or is switched off (5.2.1)."""
    return status == "5.2.1" or (status.startswith("5.1.") and status not in OF_OUR_ADDRESS)


@dataclass(frozen=True)
class Bounced:
    """A mail could not be delivered. `lasting`: its address will take no later mail either."""

    mail: MailId
    status: str
    lasting: bool


@dataclass(frozen=True)
class Complained:
    """A mail's reader marked it as unwanted."""

    mail: MailId


@dataclass(frozen=True)
class Delayed:
    """A mail is not delivered yet, and still being tried."""

    mail: MailId
    status: str


@dataclass(frozen=True)
class Arrived:
    """A mail was delivered, or handed on to where nothing more is reported."""


@dataclass(frozen=True)
class Automatic:
    """A machine answered: somebody is away, or was told that a mail was read."""


@dataclass(frozen=True)
class Reply:
    """Somebody wrote to us."""


@dataclass(frozen=True)
class Foreign:
    """A report without the seal of a mail of ours, or nothing that can be read as any of these."""


@dataclass(frozen=True)
class TooLarge:
    """It is larger or deeper than a report is, or took too long to read."""


Returned = Bounced | Complained | Delayed | Arrived | Automatic | Reply | Foreign | TooLarge


def read(content: bytes, ids: MailIds) -> Returned:
    """Tell what came back, as it came."""
    if not _is_of_a_reports_size(content):
        return TooLarge()
    try:
        return _read(content, ids)
    except RecursionError:
        return TooLarge()
    except ValueError:
        return Foreign()


def _is_of_a_reports_size(content: bytes) -> bool:
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if lines.count(b"\n") > MAX_LINES:
        return False
    types = [found.end() - found.start() for found in TYPE.finditer(lines)]
    return len(types) <= MAX_TYPES and max(types, default=0) <= MAX_TYPE_BYTES


def _read(content: bytes, ids: MailIds) -> Returned:
    parts = list(message_from_bytes(content).walk())
    outer = parts[0]
    kind = outer.get_param("report-type") if outer.get_content_type() == "multipart/report" else None
    match str(kind).lower():
        case "delivery-status":
            return _of_delivery(parts, _mail(parts, ids))
        case "feedback-report":
            mail = _mail(parts, ids)
            return Foreign() if mail is None else Complained(mail)
        case "disposition-notification":
            return Automatic()
    if "X-Failed-Recipients" in outer:  # of Exim, which returns the mail in the text
        mail = _in_return_path(outer, ids) or ids.in_message_ids(_text(outer))
        return Foreign() if mail is None else Bounced(mail, NO_STATUS, lasting=False)
    if _is_automatic(outer):
        return Automatic()
    return Reply() if "From" in outer else Foreign()


def _is_automatic(outer: Message) -> bool:
    """RFC 3834, 5, and what was usual before it."""
    if str(outer.get("Auto-Submitted", "no")).partition(";")[0].strip().lower() != "no":
        return True
    if str(outer.get("Precedence", "")).strip().lower() in AUTOMATIC_PRECEDENCES:
        return True
    return any(name in outer for name in AUTOMATIC_HEADERS)


def _of_delivery(parts: Sequence[Message], mail: MailId | None) -> Returned:
    fields = [field for part in parts if part.get_content_type() in STATUS_PARTS for field in _blocks(part)]
    status_of: dict[str, str] = {}
    for field in fields:
        if "Action" in field:
            found = STATUS.search(str(field.get("Status", "")))
            status_of.setdefault(str(field["Action"]).strip().lower(), found[0] if found else NO_STATUS)
    if status_of.keys() & ARRIVED and not status_of.keys() & {"failed", "delayed"}:
        return Arrived()
    if mail is None:
        return Foreign()
    if (status := status_of.get("failed")) is not None:
        return Bounced(mail, status, lasting=ends_a_mailbox(status))
    if (status := status_of.get("delayed")) is not None:
        return Delayed(mail, status)
    return Foreign()


def _blocks(part: Message) -> list[Message]:
    """Return a status part's blocks of fields. What the parser does not know as one (RFC 6533) is text."""
    blocks = part.get_payload()
    if isinstance(blocks, list):
        known = [block for block in blocks if isinstance(block, Message)]
        if len(known) > 1 or part.get_content_type() == "message/delivery-status":
            return known
        text = "\n\n".join(str(block) for block in known)
    else:
        text = _text(part)
    return [message_from_string(block) for block in re.split(r"\r?\n\r?\n", text) if block.strip()]


def _mail(parts: Sequence[Message], ids: MailIds) -> MailId | None:
    """Return which mail a report is about: by what it returns of it, which may be its headers alone, or by
    where the report was sent."""
    unsealed = None
    for part in parts[1:]:
        headers = part
        if part.get_content_type() in HEADER_PARTS:
            headers = message_from_string(_text(part))
        found = ids.in_message_ids(str(headers.get("Message-ID", "")))
        found = found or ids.in_return_paths(str(headers.get("Original-Mail-From", "")))
        if found is not None and found.sealed:
            return found
        unsealed = unsealed or found
    return _in_return_path(parts[0], ids) or unsealed


def _in_return_path(outer: Message, ids: MailIds) -> MailId | None:
    addresses = (str(one) for name in RECIPIENT_HEADERS for one in outer.get_all(name, []))
    return ids.in_return_paths(" ".join(addresses))


def _text(part: Message) -> str:
    decoded = part.get_payload(decode=True)
    return decoded.decode(errors="replace") if isinstance(decoded, bytes) else str(part.get_payload())
