"""Reads what a mail server sends back about a mail: RFC 3464 and 6533 (not delivered), 5965 (complaint)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from uuid import UUID

from notifications.domain.notice import Ending, NoticeState

MESSAGE_ID = re.compile(r"<([0-9a-f-]{36})@[^<>\s]+>", re.IGNORECASE)
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


def ends_a_mailbox(status: str) -> bool:
    """Tell whether a status (RFC 3463) says that a mailbox takes no mail: it does not exist, or not there
    (5.1.x, of which two are about the sender's address), or is switched off (5.2.1)."""
    return status == "5.2.1" or (status.startswith("5.1.") and status not in OF_OUR_ADDRESS)


@dataclass(frozen=True)
class Report:
    """What became of the mail with this Message-ID. `lasting`: the address will take no later mail either."""

    message_id: UUID
    ending: Ending
    lasting: bool


def read(content: bytes) -> Report | None:
    """Read a report; None where it tells of a delay only, or of a delivery, or is no report of a mail of
    ours: an answer of a person, an automatic one, a report that does not return the mail, or what is larger
    or deeper than any."""
    if not _is_of_a_reports_size(content):
        return None
    try:
        return _read(content)
    except (ValueError, RecursionError):
        return None


def _is_of_a_reports_size(content: bytes) -> bool:
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if lines.count(b"\n") > MAX_LINES:
        return False
    types = [found.end() - found.start() for found in TYPE.finditer(lines)]
    return len(types) <= MAX_TYPES and max(types, default=0) <= MAX_TYPE_BYTES


def _read(content: bytes) -> Report | None:
    parts = list(message_from_bytes(content).walk())
    kind = parts[0].get_param("report-type") if parts[0].get_content_type() == "multipart/report" else None
    message_id = _message_id(parts)
    if message_id is None:
        return None
    if kind == "delivery-status":
        return _bounce(parts, message_id)
    if kind == "feedback-report":
        ending = Ending(NoticeState.COMPLAINED, "marked as unwanted mail by its reader")
        return Report(message_id, ending, lasting=True)
    return None


def _bounce(parts: list[Message], message_id: UUID) -> Report | None:
    fields = [field for part in parts if part.get_content_type() in STATUS_PARTS for field in _blocks(part)]
    failed = [field for field in fields if str(field.get("action", "")).strip().lower() == "failed"]
    if not failed:
        return None
    found = STATUS.search(str(failed[0].get("status", "")))
    status = found[0] if found else "5.0.0"
    ending = Ending(NoticeState.BOUNCED, f"the mail came back: {status}")
    return Report(message_id, ending, lasting=ends_a_mailbox(status))


def _blocks(part: Message) -> list[Message]:
    """Return a status part's blocks of fields. What the parser does not know as one (RFC 6533) is text."""
    blocks = part.get_payload()
    if isinstance(blocks, list):
        known = [block for block in blocks if isinstance(block, Message)]
        if len(known) > 1 or part.get_content_type() == "message/delivery-status":
            return known
        text = "\n\n".join(str(block) for block in known)
    else:
        decoded = part.get_payload(decode=True)
        text = decoded.decode(errors="replace") if isinstance(decoded, bytes) else ""
    return [message_from_string(block) for block in re.split(r"\r?\n\r?\n", text) if block.strip()]


def _message_id(parts: list[Message]) -> UUID | None:
    """Return the id in the returned mail's Message-ID; its headers may be all that is returned."""
    for part in parts[1:]:
        headers = part
        if part.get_content_type() in HEADER_PARTS:
            decoded = part.get_payload(decode=True)
            text = decoded.decode(errors="replace") if isinstance(decoded, bytes) else str(part.get_payload())
            headers = message_from_string(text)
        found = MESSAGE_ID.search(str(headers.get("Message-ID", "")))
        if found:
            return UUID(found[1])
    return None
