"""Whom a professional's session is of, and the tokens that the desk signs: theirs, and its own.

Services check them against the public keys that the desk publishes (RFC 7517). The file has a JWK set with
private keys: the first signs, and all are published, so that a key can come before it signs and go after.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.audit import Actor
from chassis.http.auth import Caller
from contracts.vocabulary import Role
from joserfc import jwt
from joserfc.jwk import KeySet

from desk.settings import algorithm

TOKEN_SECONDS = 300
DESK = "desk"


@dataclass(frozen=True)
class Person:
    """Who proved by a mailed link that an address is theirs. `is_new`: nobody is registered with it yet."""

    profile_id: UUID
    email: str
    is_new: bool = False


class Signer:
    """Signs tokens. `issuer` and `audience`: from whom and for whom they are."""

    def __init__(self, keys: KeySet, issuer: str, audience: str) -> None:
        self._keys = keys
        self._key: Any = keys.keys[0]
        self._issuer = issuer
        self._audience = audience

    @property
    def public(self) -> dict[str, Any]:
        """Return the public keys as they are published."""
        return dict(self._keys.as_dict(private=False))

    def of_professional(self, who: Person) -> tuple[Caller, str]:
        """Return a professional as a caller, and a token of theirs."""
        subject = str(who.profile_id)
        caller = Caller(
            subject, who.email, frozenset({Role.PROFESSIONAL}), email=who.email, issuer=self._issuer
        )
        return caller, self._signed(subject, [Role.PROFESSIONAL], email=who.email)

    def actor(self, who: Person) -> Actor:
        """Return a professional as the audit names them."""
        return Actor(self._issuer, str(who.profile_id), Role.PROFESSIONAL)

    def of_desk(self) -> str:
        """Return a token of the desk's own, for when nobody is signed in yet."""
        return self._signed(DESK, [Role.DESK])

    def _signed(self, subject: str, roles: Sequence[Role], **claims: str) -> str:
        now = int(time.time())
        said = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "roles": [role.value for role in roles],
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            **claims,
        }
        header = {"alg": algorithm(self._key), "kid": self._key.kid, "typ": "at+jwt"}
        return jwt.encode(header, said, self._key, algorithms=[header["alg"]])
