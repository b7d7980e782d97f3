"""Who calls: a bearer JWT, checked against its issuer's keys; what the caller may do comes from its roles."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from contracts.vocabulary import Role
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError

from chassis.http.claims import is_access_token, read_email, read_name, read_roles, read_subject
from chassis.http.issuers import IssuersKeys, read_issuer
from chassis.http.problems import Problem
from chassis.http.rates import Rates
from chassis.settings import Settings

LEEWAY_SECONDS = 60  # between an issuer's clock and ours
BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="A token of the identity provider, with `roles`.",
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """Who a valid token speaks for. `name`: one line, to be shown; `email`: their address as it is mailed,
    where the token names one; `issuer`: who says so."""

    subject: str
    name: str
    roles: frozenset[str]
    email: str | None = None
    issuer: str = field(kw_only=True)


DESKS_ROLES = {role.value: role for role in (Role.PROFESSIONAL, Role.DESK)}


@dataclass(frozen=True)
class _Trust:
    """An issuer's keys, and how its tokens name roles: in which claim, and by which names (none: by ours).
    `others_roles`: those that it may not give."""

    keys: IssuersKeys
    roles_claim: str
    role_names: Mapping[str, Role]
    others_roles: frozenset[str] = frozenset()


class Authenticator:
    """Verifies the tokens of one or more issuers. A token's `iss` says whose keys it is checked against.

    The desk is an issuer too, for the roles of professionals and its own alone.
    """

    def __init__(self, settings: Settings) -> None:
        self._trusted = {
            issuer: _Trust(
                IssuersKeys(url), settings.auth_roles_claim, settings.auth_role_names, frozenset({Role.DESK})
            )
            for issuer, url in settings.issuers.items()
        }
        if settings.professionals_issuer and settings.professionals_jwks_url:
            keys = IssuersKeys(settings.professionals_jwks_url)
            self._trusted[settings.professionals_issuer] = _Trust(keys, "roles", DESKS_ROLES)
        self._claims = {
            issuer: jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": settings.auth_audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            for issuer in self._trusted
        }

    async def verify(self, token: str) -> Caller:
        """Return the token's caller; raises Problem 401 where the token is not valid now."""
        try:
            issuer = read_issuer(token)
            decoded = await self._trusted[issuer].keys.decode(token)
            self._claims[issuer].validate(decoded.claims)
            if not is_access_token(decoded.header, decoded.claims):
                raise ValueError("no access token")
            return self._caller(decoded.claims, issuer)
        except (JoseError, ValueError, KeyError, TypeError):
            raise unauthorized("the token is not valid") from None

    def _caller(self, claims: jwt.Claims, issuer: str) -> Caller:
        subject, trust = read_subject(claims), self._trusted[issuer]
        return Caller(
            subject,
            read_name(claims, otherwise=subject),
            read_roles(claims, trust.roles_claim, trust.role_names) - trust.others_roles,
            read_email(claims),
            issuer=issuer,
        )


def unauthorized(detail: str) -> Problem:
    """No valid token."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def bearer_token(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> str | None:
    """Return a request's bearer token, if it has one: a dependency, for `allow`."""
    return None if sent is None else sent.credentials


async def verified(request: Request, token: str) -> Caller:
    """Return a token's caller, whom the audit names; raises Problem 401 where the token is not valid now, and
    429 where the caller asks too often."""
    authenticator: Authenticator = request.app.state.authenticator
    return let_in(request, await authenticator.verify(token))


def let_in(request: Request, caller: Caller) -> Caller:
    """Take note of whom a request is of, as whom the audit names; raises Problem 429 where they ask too
    often."""
    rates: Rates = request.app.state.rates
    if Role.DESK not in caller.roles:  # which asks for whoever signs in: nobody's share is everybody's
        rates.take_subject(caller.subject)
    request.state.caller = caller
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
