"""DKIM (RFC 6376, 8301 and 8463): signs mails for the sender's domain, as rsa-sha256 or ed25519-sha256.

dkimpy, which the tests verify with, does not sign here: its RSA is Python's pow(), which takes some twenty
times as long as this whole module does, and holds the GIL meanwhile.
"""

import asyncio
from base64 import b64encode
from email.utils import parseaddr
from hashlib import sha256
from textwrap import wrap
from time import time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from notifications.settings import DkimKey, NotificationsSettings, read_dkim_key

# RFC 8058 wants both headers of a one-click link under the signature.
SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "references", "mime-version"),
    *("content-type", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post"),
)
CRLF = b"\r\n"
FOLD = "\r\n "
COLUMNS = 72
SIGNED_NAMES = FOLD.join(wrap(" : ".join(SIGNED), COLUMNS, break_on_hyphens=False))


class Signer:
    """Signs with a private key; the DNS has its public half at {selector}._domainkey.{domain of `sender`}."""

    def __init__(self, key: DkimKey, selector: str, sender: str) -> None:
        self._key = key
        algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
        domain = parseaddr(sender)[1].rpartition("@")[2]
        self._tags = (
            f"v=1; a={algorithm}; c=relaxed/relaxed;{FOLD}"
            f"d={domain}; i=@{domain}; q=dns/txt;{FOLD}s={selector};"
        )

    def sign(self, mail: bytes) -> bytes:
        """Return a mail as SMTP sends it, each line ended by CRLF, with its signature before it."""
        tags, content, mail = self._prepare(mail)
        return _signed(tags, self.signature(content), mail)

    async def sign_aside(self, mail: bytes) -> bytes:
        """Sign as `sign` does, while the event loop goes on with others.

        Only the signature of RSA is made in a thread: OpenSSL makes it without the GIL. Whatever else is done
        there waits for the GIL again and again, which takes more of both cores than it spares the loop; and
        an Ed25519 signature takes as long as its way there and back.
        """
        tags, content, mail = self._prepare(mail)
        if isinstance(self._key, RSAPrivateKey):
            return _signed(tags, await asyncio.to_thread(self.signature, content), mail)
        return _signed(tags, self.signature(content), mail)

    def signature(self, content: bytes) -> bytes:
        """Return the signature of what a mail's fields say, and of its body's hash."""
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(content, PKCS1v15(), SHA256())
        return self._key.sign(sha256(content).digest())  # RFC 8463, 3

    def _prepare(self, mail: bytes) -> tuple[str, bytes, bytes]:
        """Return the tags of a mail's signature, what is to be signed, and the mail itself."""
        mail = CRLF.join([*mail.splitlines(), b""])
        head, _, body = mail.partition(CRLF + CRLF)
        unfolded = head.replace(CRLF + b" ", b" ").replace(CRLF + b"\t", b" ")
        lines = _single_spaced(unfolded).split(CRLF)
        fields = dict(_relaxed_field(line) for line in lines)  # the last of a name: 5.4.2
        body_hash = b64encode(sha256(_relaxed_body(body)).digest()).decode()
        tags = f"{self._tags} t={int(time())};{FOLD}h={SIGNED_NAMES};{FOLD}bh={body_hash};{FOLD}b="
        _, itself = _relaxed_field(f"DKIM-Signature: {tags.replace(FOLD, ' ')}".encode())
        content = CRLF.join([*(fields[name] for name in SIGNED if name in fields), itself])
        return tags, content, mail


def _signed(tags: str, signature: bytes, mail: bytes) -> bytes:
    written = b64encode(signature).decode()
    folded = FOLD.join(written[at : at + COLUMNS] for at in range(0, len(written), COLUMNS))
    return f"DKIM-Signature: {tags}{folded}\r\n".encode() + mail


def make_signer(settings: NotificationsSettings) -> Signer | None:
    """Return the signer with the key that settings name, or None where they name no key."""
    if settings.dkim_key_file is None or settings.dkim_selector is None:
        return None
    return Signer(read_dkim_key(settings.dkim_key_file), settings.dkim_selector, settings.mail_from)


def _relaxed_field(unfolded: bytes) -> tuple[str, bytes]:
    """Return the name of a header field that is single spaced, and its relaxed form (RFC 6376, 3.4.2)."""
    name, _, value = unfolded.partition(b":")
    return name.lower().decode("latin-1"), name.lower() + b":" + value.strip(b" ")


def _relaxed_body(body: bytes) -> bytes:
    """Return the relaxed form of a body whose lines end with CRLF (RFC 6376, 3.4.4)."""
    text = _single_spaced(body).replace(b" \r\n", CRLF).rstrip(CRLF)
    return text + CRLF if text else b""


def _single_spaced(text: bytes) -> bytes:
    """Make each run of white space one space."""
    first, *others = text.replace(b"\t", b" ").split(b"  ")  # not by each space: few stand beside another
    return b" ".join([first, *filter(None, [after.lstrip(b" ") for after in others])])
