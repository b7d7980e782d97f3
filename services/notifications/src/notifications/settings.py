"""Settings of the notifications service."""

from typing import Annotated

from chassis.settings import HttpUrl, Settings, url
from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_core import PydanticCustomError

SmtpUrl = Annotated[str, url("smtp", "smtp+starttls", "smtps")]


class NotificationsSettings(Settings):
    """Mail, links, and how long new matches are gathered for the recruiter's summary."""

    smtp_url: SmtpUrl
    mail_from: Annotated[str, Field(pattern=r"^[^<>\r\n]*<?[^@<>\s]+@[^@<>\s]+>?$")]
    public_url: HttpUrl
    link_secret: Annotated[SecretStr, Field(min_length=16)]
    # A private key (PEM), and the selector of its public half in the DNS of MAIL_FROM's domain.
    dkim_key_file: FilePath | None = None
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    summary_seconds: Annotated[int, Field(ge=1, le=3600)] = 60

    @model_validator(mode="after")
    def _both_or_neither(self) -> "NotificationsSettings":
        if (self.dkim_key_file is None) != (self.dkim_selector is None):
            raise PydanticCustomError("dkim", "set both DKIM_KEY_FILE and DKIM_SELECTOR, or neither")
        return self
