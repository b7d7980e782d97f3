"""Settings of the notifications service."""

from typing import Annotated

from chassis.settings import HttpUrl, Settings, url
from pydantic import Field, SecretStr

SmtpUrl = Annotated[str, url("smtp", "smtp+starttls", "smtps")]


class NotificationsSettings(Settings):
    """Mail, links, and how long new matches are gathered for the recruiter's summary."""

    smtp_url: SmtpUrl
    mail_from: Annotated[str, Field(pattern=r"^[^<>\r\n]*<?[^@<>\s]+@[^@<>\s]+>?$")]
    public_url: HttpUrl
    link_secret: Annotated[SecretStr, Field(min_length=16)]
    summary_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
