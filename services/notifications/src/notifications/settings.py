"""Settings of the notifications service."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

from chassis.settings import EMPTY_IS_NONE, PublicUrl, Secrets, Settings, url
from contracts.retention import ALERT, CLOSED, PROFILE
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, FilePath, model_validator
from pydantic_core import PydanticCustomError

SmtpUrl = Annotated[str, url("smtp+starttls", "smtps", plain=("smtp",))]
DkimKey = RSAPrivateKey | Ed25519PrivateKey
MIN_RSA_BITS = 2048  # RFC 8301, 3.2


def read_dkim_key(file: Path) -> DkimKey:
    """Read a private key (PEM). Raises PydanticCustomError for what DKIM cannot or should not sign with."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a password
        raise PydanticCustomError("dkim_key", "must be a readable private key (PEM, no password)") from None
    if isinstance(key, Ed25519PrivateKey) or (
        isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS
    ):
        return key
    raise PydanticCustomError("dkim_key", "must be an RSA key of 2048 bits or more, or an Ed25519 key")


def _checked(file: Path) -> Path:
    read_dkim_key(file)
    return file


class NotificationsSettings(Settings):
    """Mail, links, and how long things are gathered or held before they are told."""

    smtp_url: SmtpUrl
    """The mail server: `smtp+starttls` or `smtps`, with user and password where it asks for them."""
    mail_from: Annotated[str, Field(pattern=r"^[^<>\r\n]*<?[^@<>\s]+@[^@<>\s]+>?$")]
    """Whom mails are from: an address, or `Name <address>`."""
    public_url: PublicUrl
    """Where people reach this service: what links in mails begin with."""
    desk_url: PublicUrl
    """Where people reach the desk: the recruiter's page and the alerts, which moved there."""
    link_secret: Secrets
    """What signs the links in mails, 32 bytes or more. Several, with commas between: the first signs, all are
    accepted."""
    verp: bool = True
    """Whether the envelope sender of a mail says which mail it is (`post+…@`), so that every report of a mail
    server does. MAIL_FROM's mail server must take mail to such addresses; else set it to `false`."""
    dkim_key_file: Annotated[FilePath, AfterValidator(_checked)] | None = None
    """A private key (PEM: RSA of 2048 bits or more, or Ed25519) that mails are signed with (DKIM)."""
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    """The selector of its public half in the DNS of MAIL_FROM's domain."""
    dkim_key_expires: Annotated[date | None, EMPTY_IS_NONE] = None
    """The day by which that key is to be replaced (2027-11-01): it is only measured, by
    `credential_expires_timestamp_seconds`."""
    summary_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long new matches are gathered for the recruiter's summary, in seconds."""

    news_delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long a decision may still be undone before its professional is told, and how long after an opdracht
    closed that is told, in seconds."""
    selection_days: Annotated[float, Field(gt=0, le=365)] = 30
    """How long after `respond_by` an opdracht closes by itself, in days: as assignments has it."""

    retention_alert_days: Annotated[int, Field(ge=1, le=3650)] = ALERT.days
    """How long alerts can be read, in days."""
    retention_closed_days: Annotated[int, Field(ge=91, le=3650)] = CLOSED.days
    """How long an opdracht is kept after it closed, with its matches and mails, in days: longer than dead
    letters are."""
    retention_profile_days: Annotated[int, Field(ge=60, le=3650)] = PROFILE.days
    """How long a professional stays who confirms nothing, in days: as profiles has it."""

    @property
    def dkim_key_end(self) -> datetime | None:
        """Return when the key that signs mails is to be replaced; None where nobody said."""
        day = self.dkim_key_expires
        return None if day is None else datetime.combine(day, time(), UTC)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "NotificationsSettings":
        if (self.dkim_key_file is None) != (self.dkim_selector is None):
            raise PydanticCustomError("dkim", "set both DKIM_KEY_FILE and DKIM_SELECTOR, or neither")
        return self
