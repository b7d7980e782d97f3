"""Settings of the desk."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from chassis.http.issuers import ALGORITHMS
from chassis.settings import InnerUrl, PublicUrl, Secrets, Settings
from contracts.retention import ALERT, CLOSED
from joserfc.jwk import KeySet
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError


def read_keys(path: Path) -> KeySet:
    """Return the keys in a file; raises ValueError where it does not hold a set of private ones."""
    try:
        keys = KeySet.import_key_set(json.loads(path.read_text()))
        ids = [key.kid for key in keys.keys if key.is_private and algorithm(key)]
    except Exception:  # whatever is in it
        raise ValueError("no set of keys") from None
    if not ids or len(set(ids)) < len(keys.keys) or not all(ids):
        raise ValueError("each key must be private, of a kind that signs, and have an id of its own")
    return keys


def signing_ends(path: Path) -> datetime | None:
    """Return when the key that signs is to be replaced: its `exp` (seconds since 1970), as OpenID Federation
    has it; None where it names none."""
    first = json.loads(path.read_text())["keys"][0]
    return datetime.fromtimestamp(first["exp"], UTC) if "exp" in first else None


def algorithm(key: Any) -> str:
    """Return what a key signs with; raises KeyError where it signs nothing that services take."""
    return ALGORITHMS[key.key_type, key.get("crv")][0]


def _with_keys(path: Path) -> Path:
    try:
        read_keys(path)
    except ValueError:
        raise PydanticCustomError("keys", "must be a file with a JWK set of private keys") from None
    return path


class DeskSettings(Settings):
    """Where the desk is reached, where it reaches the other services, and how staff sign in."""

    desk_url: PublicUrl
    """Where people reach the desk: `https`, unless ALLOW_INSECURE is set."""
    profiles_url: InnerUrl
    """Where the desk reaches the profiles service."""
    assignments_url: InnerUrl
    """Where it reaches the assignments service."""
    matching_url: InnerUrl
    """Where it reaches the matching service."""
    notifications_url: InnerUrl
    """Where it reaches the notifications service."""
    retention_alert_days: Annotated[int, Field(ge=1, le=3650)] = ALERT.days
    """How long alerts can be read, in days."""
    retention_closed_days: Annotated[int, Field(ge=91, le=3650)] = CLOSED.days
    """How long an opdracht is kept after it closed, with all that was said of it, in days: longer than dead
    letters are."""

    oidc_issuer: str | None = None
    """The issuer in AUTH_ISSUER at which staff sign in (OpenID Connect): the last of them, where none is
    named."""
    oidc_client_id: Annotated[str, Field(min_length=1)]
    """The desk's name at that provider, which knows its redirect URI: DESK_URL with `/sign-in/callback`."""
    oidc_client_secret: Annotated[SecretStr, Field(min_length=1)]
    """What the desk identifies itself with there, as the provider made it."""
    session_secret: Secrets
    """What encrypts the tokens of sessions, 32 bytes or more. Several, with commas between: the first
    encrypts, all decrypt."""

    professionals_issuer: Annotated[str, Field(min_length=1)]
    """The desk as the issuer of professionals' tokens: their `iss`, as every service is told it."""
    professionals_key_file: Annotated[Path, AfterValidator(_with_keys)]
    """The keys that sign these tokens: a file with a JWK set of private keys, each with a `kid` of its own.
    The first signs; all are published. A key may say with `exp` (seconds since 1970) by when it is to be
    replaced: `credential_expires_timestamp_seconds` then tells of the first."""

    rate_limit_links: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many links to sign in with may be asked for from one address (of IPv6 its /64) in an hour, by each
    replica; 0: no limit."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.provider not in self.issuers:
            raise PydanticCustomError("oidc_issuer", "OIDC_ISSUER must be one of AUTH_ISSUER")
        return self

    @property
    def provider(self) -> str:
        """Return the issuer at which staff sign in."""
        return self.oidc_issuer or list(self.issuers)[-1]
