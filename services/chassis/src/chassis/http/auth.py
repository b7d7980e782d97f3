"""Who calls: a bearer JWT, checked against its issuer's keys; what the caller may do comes from its roles."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.http.problems import Problem, unavailable
from chassis.http.rates import Rates
from chassis.settings import Settings

ALGORITHMS = ["RS256", "ES256", "Ed25519", "EdDSA"]
KEEP_KEYS_SECONDS = 600
SEEK_AGAIN_SECONDS = 1
BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="A token of the identity provider, with `roles`.",
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """Who a valid token speaks for. `email`: their address, where the token names it."""

    subject: str
    name: str
    roles: frozenset[str]
    email: str | None = None


class Authenticator:
    """Verifies the tokens of one or more issuers. A token's `iss` says whose keys it is checked against."""

    def __init__(self, settings: Settings) -> None:
        self._keys = {issuer: IssuersKeys(url) for issuer, url in settings.issuers.items()}
        self._claims = {
            issuer: jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": settings.auth_audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            for issuer in settings.issuers
        }
        self._roles_claim = settings.auth_roles_claim

    async def verify(self, token: str) -> Caller:
        """Return the token's caller; raises Problem 401 where the token is not valid now."""
        try:
            issuer = _issuer(token)
            decoded = await self._keys[issuer].decode(token)
            self._claims[issuer].validate(decoded.claims)
        except (JoseError, ValueError, KeyError):
            raise unauthorized("the token is not valid") from None
        claims = decoded.claims
        roles = _claim(claims, self._roles_claim)
        if not isinstance(roles, list) or not isinstance(claims["sub"], str):
            raise unauthorized("the token is not valid")
        name = next(
            (claims[k] for k in ("name", "preferred_username") if isinstance(claims.get(k), str)), None
        )
        email = claims.get("email")
        return Caller(
            claims["sub"],
            name or claims["sub"],
            frozenset(map(str, roles)),
            email if isinstance(email, str) else None,
        )


def _issuer(token: str) -> str:
    """Return who a token says that it is from; raises JoseError, ValueError or KeyError where nobody."""
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    if not isinstance(claims, dict) or not isinstance(claims["iss"], str):
        raise ValueError("no issuer")
    return claims["iss"]


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return a claim by its name, or by the path to it with dots between; an empty list without it."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, dict) or step not in found:
            return []
        found = found[step]
    return found


class IssuersKeys:
    """One issuer's public keys: fetched when first needed, and again for a key id that is new."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: KeySet | None = None
        self._fetched_at = 0.0
        self._sought_at = 0.0
        self._lock = asyncio.Lock()

    async def decode(self, token: str) -> jwt.Token:
        """Return a token that one of the keys signed; raises JoseError, ValueError, or Problem 503 where the
        keys cannot be read."""
        keys = self._keys
        if keys is None or time.monotonic() - self._fetched_at > KEEP_KEYS_SECONDS:
            keys = await self._refreshed()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            fresh = await self._sought(keys)
            if fresh is keys:
                raise
            return jwt.decode(token, fresh, algorithms=ALGORITHMS)

    async def _refreshed(self) -> KeySet:
        async with self._lock:
            if self._keys is None or time.monotonic() - self._fetched_at > KEEP_KEYS_SECONDS:
                await self._read()
            return self._known()

    async def _sought(self, keys: KeySet) -> KeySet:
        """Return the keys, read again for one that is not among these.

        That is as soon as it is met, for an issuer signs with a new key at once; but once a second at most,
        whatever is sent.
        """
        async with self._lock:
            if self._keys is keys and time.monotonic() - self._sought_at > SEEK_AGAIN_SECONDS:
                await self._read()
                self._sought_at = time.monotonic()
            return self._known()

    def _known(self) -> KeySet:
        if self._keys is None:
            raise unavailable("the issuer's keys cannot be read; try again")
        return self._keys

    async def _read(self) -> None:
        """Read the keys; those that are known stay where that fails."""
        with suppress(httpx.HTTPError, OSError, ValueError):
            self._keys = KeySet.import_key_set(await self._fetch())
        self._fetched_at = time.monotonic()

    async def _fetch(self) -> Any:
        parts = urlsplit(self._url)
        if parts.scheme == "file":
            return json.loads(Path(parts.path).read_text())
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(self._url)
            return answer.raise_for_status().json()


def unauthorized(detail: str) -> Problem:
    """No valid token."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def bearer_token(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> str | None:
    """Return a request's bearer token, if it has one: a dependency, for `allow`."""
    return None if sent is None else sent.credentials


async def verified(request: Request, token: str) -> Caller:
    """Return a token's caller; raises Problem 401 where the token is not valid now, and 429 where the caller
    asks too often."""
    authenticator: Authenticator = request.app.state.authenticator
    caller = await authenticator.verify(token)
    rates: Rates = request.app.state.rates
    rates.take_subject(caller.subject)
    return caller


def allow(
    *roles: str,
    token: Callable[..., str | None] = bearer_token,
    without: str = "send a bearer token",
) -> Callable[..., Awaitable[Caller]]:
    """Make a dependency that lets callers with one of `roles` in: 401 without a token, 403 without a role.

    `token` is the dependency that gets the request's token; `without` tells whom it finds none what to do.
    """

    async def dependency(request: Request, sent: Annotated[str | None, Depends(token)]) -> Caller:
        if sent is None:
            raise unauthorized(without)
        return admit(await verified(request, sent), *roles)

    return dependency


def admit(caller: Caller, *roles: str) -> Caller:
    """Return the caller; raises Problem 403 where it has none of `roles`."""
    if caller.roles.isdisjoint(roles):
        raise Problem(403, f"this needs the role {' or '.join(roles)}")
    return caller
