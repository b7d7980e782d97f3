"""What `opdracht probe` is told by the environment."""

from typing import Annotated
from urllib.parse import urlsplit

from chassis.settings import CONFIG, EMPTY_IS_NONE, UNLESS
from contracts.values import Email
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings


def _reached_safely(url: str, info: ValidationInfo) -> str:
    parts = urlsplit(url)
    encrypted = parts.scheme in {"https", "imaps"}
    if parts.scheme not in {"http", "https", "imap", "imaps"} or not parts.hostname:
        raise PydanticCustomError("probe_url", "must be a URL, such as https://login.example.org/token")
    if not encrypted and not info.data.get("allow_insecure"):
        raise PydanticCustomError("probe_url", f"must be https or imaps{UNLESS}")
    return url


Url = Annotated[str, Field(pattern=r"^https?://")]
Reached = Annotated[str, AfterValidator(_reached_safely)]


class ProbeSettings(BaseSettings):
    """The addresses of three services, a recruiter's token or where to get one, and the test mailbox."""

    model_config = CONFIG

    allow_insecure: bool = False
    """Reach the mailbox and the issuer without TLS: for one machine."""
    profiles_url: Url
    """Where profiles answers."""
    assignments_url: Url
    """Where assignments answers."""
    matching_url: Url
    """Where matching answers."""
    probe_address: Email
    """The address of the test mailbox: the only one that the probe has mailed."""
    probe_mailbox: Reached
    """Where it is read: `imaps://user@host/folder` (the user's name percent-encoded; INBOX without a folder),
    or the HTTP address of the one-machine stack's mail catcher."""
    probe_mailbox_password: SecretStr = SecretStr("")
    """The password of its user, of IMAP."""
    probe_token: Annotated[SecretStr | None, EMPTY_IS_NONE] = None
    """A token with the role recruiter: for one machine."""
    probe_token_url: Annotated[Reached | None, EMPTY_IS_NONE] = None
    """Where the probe gets one: the token endpoint of the issuer, by OAuth 2.0's client credentials grant
    (RFC 6749, section 4.4)."""
    probe_client_id: str = ""
    """The probe's client at the issuer, whose tokens have the role recruiter."""
    probe_client_secret: SecretStr = SecretStr("")
    """The secret of that client."""
    probe_token_scope: str = ""
    """The scope to ask for, where the issuer wants one."""
    probe_patience_seconds: Annotated[float, Field(ge=5, le=300)] = 45
    """How long the match and the mail may take, together."""

    @model_validator(mode="after")
    def _a_token_or_where_to_get_one(self) -> "ProbeSettings":
        if (self.probe_token is None) == (self.probe_token_url is None):
            raise PydanticCustomError("probe_token", "set either PROBE_TOKEN or PROBE_TOKEN_URL")
        return self
