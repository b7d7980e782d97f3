"""Settings of the notifications service."""

from typing import Annotated

from chassis.settings import HttpUrl, Settings, url
from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_core import PydanticCustomError

SmtpUrl = Annotated[str, url("smtp", "smtp+starttls", "smtps")]


class NotificationsSettings(Settings):
    """Mail, links, and how long new matches are gathered for the recruiter's summary."""

    smtp_url: SmtpUrl
    """The mail server: `smtp`, `smtp+starttls` or `smtps`, with user and password where it asks for them."""
    mail_from: Annotated[str, Field(pattern=r"^[^<>\r\n]*<?[^@<>\s]+@[^@<>\s]+>?$")]
    """Whom mails are from: an address, or `Name <address>`."""
    public_url: HttpUrl
    """Where people reach this service: what links in mails begin with."""
    link_secret: Annotated[SecretStr, Field(min_length=16)]
    """What signs the links in mails. Several, with commas between: the first signs, all are accepted."""
    dkim_key_file: FilePath | None = None
    """A private key (PEM) that mails are signed with (DKIM)."""
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    """The selector of its public half in the DNS of MAIL_FROM's domain."""
    summary_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long new matches are gathered for the recruiter's summary, in seconds."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "NotificationsSettings":
        if (self.dkim_key_file is None) != (self.dkim_selector is None):
            raise PydanticCustomError("dkim", "set both DKIM_KEY_FILE and DKIM_SELECTOR, or neither")
        return self
