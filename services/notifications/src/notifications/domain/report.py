"""Reads what a mail server sends back about a mail: RFC 3464 (not delivered) and RFC 5965 (complaint)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from uuid import UUID

from notifications.domain.notice import Ending, NoticeState

MESSAGE_ID = re.compile(r"<([0-9a-f-]{36})@[^<>\s]+>", re.IGNORECASE)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class NoReport(ValueError):
    """It is no report of a mail of ours; says why."""


@dataclass(frozen=True)
class Report:
    """What became of the mail of a notice. `lasting`: the address will take no later mail either."""

    notice_id: UUID
    ending: Ending
    lasting: bool


def read(content: bytes) -> Report | None:
    """Read a report; None where it tells of a delay only, or of a delivery. Raises NoReport."""
    parts = list(message_from_bytes(content).walk())
    kind = parts[0].get_param("report-type") if parts[0].get_content_type() == "multipart/report" else None
    if kind == "delivery-status":
        return _bounce(parts)
    if kind == "feedback-report":
        ending = Ending(NoticeState.COMPLAINED, "marked as unwanted mail by its reader")
        return Report(_notice_id(parts), ending, lasting=True)
    raise NoReport("must be a multipart/report: delivery-status (RFC 3464) or feedback-report (RFC 5965)")


def _bounce(parts: list[Message]) -> Report | None:
    fields = [
        field
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for field in _blocks(part)
    ]
    failed = [field for field in fields if str(field.get("action", "")).strip().lower() == "failed"]
    if not fields:
        raise NoReport("has no message/delivery-status part")
    if not failed:
        return None
    found = STATUS.search(str(failed[0].get("status", "")))
    status = found[0] if found else "5.0.0"
    ending = Ending(NoticeState.BOUNCED, f"the mail came back: {status}")
    return Report(_notice_id(parts), ending, lasting=status.startswith("5"))


def _blocks(part: Message) -> list[Message]:
    blocks = part.get_payload()
    return [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []


def _notice_id(parts: list[Message]) -> UUID:
    """Return the id in the returned mail's Message-ID; its headers may be all that is returned."""
    for part in parts[1:]:
        headers = part
        if part.get_content_type() == "text/rfc822-headers":
            headers = message_from_string(str(part.get_payload()))
        found = MESSAGE_ID.search(str(headers.get("Message-ID", "")))
        if found:
            return UUID(found[1])
    raise NoReport("does not return the mail, or its headers, that it is about")
