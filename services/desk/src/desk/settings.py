"""Settings of the desk."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from chassis.settings import HttpUrl, Settings, entries
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

SHORTEST_SECRET = 16


class DeskSettings(Settings):
    """Where the desk is reached, where it reaches the other services, and how staff sign in."""

    desk_url: HttpUrl
    """Where people reach the desk: `https`, unless ALLOW_INSECURE is set."""
    profiles_url: HttpUrl
    """Where the desk reaches the profiles service."""
    assignments_url: HttpUrl
    """Where it reaches the assignments service."""
    matching_url: HttpUrl
    """Where it reaches the matching service."""
    notifications_url: HttpUrl
    """Where it reaches the notifications service."""
    alert_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long alerts can be read, in days."""
    closed_days: Annotated[int, Field(ge=91, le=3650)] = 365
    """How long an opdracht is kept after it closed, with all that was said of it, in days: longer than dead
    letters are."""

    oidc_issuer: str | None = None
    """The issuer in AUTH_ISSUER at which staff sign in (OpenID Connect): the last of them, where none is
    named."""
    oidc_client_id: Annotated[str, Field(min_length=1)]
    """The desk's name at that provider, which knows its redirect URI: DESK_URL with `/sign-in/callback`."""
    oidc_client_secret: SecretStr
    """What the desk identifies itself with there."""
    session_secret: SecretStr
    """What encrypts the tokens of sessions, 16 characters or more. Several, with commas between: the first
    encrypts, all decrypt."""
    allow_insecure: bool = False
    """Whether people may reach the desk without TLS: on one machine only. Cookies then have other names."""

    @field_validator("session_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if any(len(one) < SHORTEST_SECRET for one in entries(secret.get_secret_value())):
            raise PydanticCustomError("secret", "must be 16 characters or more, each where there are several")
        return secret

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if urlsplit(self.desk_url).scheme != "https" and not self.allow_insecure:
            raise PydanticCustomError(
                "desk_url", "DESK_URL must start with https:// unless ALLOW_INSECURE is set"
            )
        if self.provider not in self.issuers:
            raise PydanticCustomError("oidc_issuer", "OIDC_ISSUER must be one of AUTH_ISSUER")
        return self

    @property
    def provider(self) -> str:
        """Return the issuer at which staff sign in."""
        return self.oidc_issuer or list(self.issuers)[-1]
