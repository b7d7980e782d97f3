"""Which mail a report is about: each carries its id under a seal of ours, so nobody can report one that they
were never sent. Pure.

The seal is in the Message-ID, which nearly every report returns, and in the envelope sender (VERP), to which
reports are sent. It is made of letters and digits whose case does not matter: some mail servers change it.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

SEAL_BYTES = 10
MOST_OF_A_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
MESSAGE_ID = re.compile(r"<([0-9a-f-]{36})@([^<>\s]+)>", re.IGNORECASE)
RETURN_PATH = re.compile(r"\+([a-z2-7]{42})@", re.IGNORECASE)


@dataclass(frozen=True)
class MailId:
    """A mail's id, as a report has it. `sealed`: by us; without a seal only mails of the release before this
    one are known."""

    message_id: UUID
    sealed: bool = True


class MailIds:
    """Seals with the first of the comma-separated secrets and verifies with all."""

    def __init__(self, secrets: str) -> None:
        self._keys = [secret.strip().encode() for secret in secrets.split(",") if secret.strip()]

    def message_id(self, mail: UUID, domain: str) -> str:
        """Write a mail's Message-ID, which begins with its id."""
        return f"<{mail}@{_written(_seal(self._keys[0], mail))}.{domain}>"

    def return_path(self, mail: UUID, address: str) -> str:
        """Write the envelope sender of a mail: this address, and which mail it is; as it is where that would
        be too long."""
        local, _, domain = address.rpartition("@")
        named = f"{local}+{_written(mail.bytes + _seal(self._keys[0], mail))}"
        return f"{named}@{domain}" if len(named) <= MOST_OF_A_LOCAL_PART else address

    def in_message_ids(self, text: str) -> MailId | None:
        """Return the mail that a text has the Message-ID of, a sealed one if there is; None where it has
        none."""
        unsealed = None
        for found, right in MESSAGE_ID.findall(text):
            try:
                mail = UUID(found)
            except ValueError:
                continue
            if self._is_ours(mail, _read(right.partition(".")[0])):
                return MailId(mail)
            unsealed = unsealed or MailId(mail, sealed=False)
        return unsealed

    def in_return_paths(self, text: str) -> MailId | None:
        """Return the mail that a text has the envelope sender of; None where it has none with our seal."""
        for found in RETURN_PATH.findall(text):
            said = _read(found)
            mail = UUID(bytes=said[:16])
            if self._is_ours(mail, said[16:]):
                return MailId(mail)
        return None

    def _is_ours(self, mail: UUID, seal: bytes) -> bool:
        return any(hmac.compare_digest(_seal(key, mail), seal) for key in self._keys)


def _seal(key: bytes, mail: UUID) -> bytes:
    return hmac.digest(key, b"mail-id:" + mail.bytes, "sha256")[:SEAL_BYTES]


def _written(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _read(written: str) -> bytes:
    """Return what is written so; nothing where it is not."""
    try:
        return base64.b32decode(written + "=" * (-len(written) % 8), casefold=True)
    except ValueError:
        return b""
