"""DKIM: signs mails for the sender's domain where a key is set (RFC 6376, ed. 8301: rsa-sha256)."""

from email.utils import parseaddr
from pathlib import Path

import dkim

# RFC 8058 wants both headers of a one-click link under the signature.
SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"references", b"mime-version", b"content-type"),
    *(b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post"),
)


class Signer:
    """Signs with a private key (PEM) under a selector; without a key it leaves mails as they are."""

    def __init__(self, key_file: Path | None, selector: str | None, sender: str) -> None:
        self._key = key_file.read_bytes() if key_file else None
        self._selector = (selector or "").encode()
        self._domain = parseaddr(sender)[1].rpartition("@")[2].encode()

    def sign(self, mail: bytes) -> bytes:
        """Return a mail with its signature before it."""
        if self._key is None:
            return mail
        signature: bytes = dkim.sign(
            mail,
            self._selector,
            self._domain,
            self._key,
            include_headers=list(SIGNED),
            canonicalize=(b"relaxed", b"relaxed"),
        )
        return signature + mail
