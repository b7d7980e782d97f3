"""The OpenID provider at which staff sign in: authorization code flow with PKCE (OpenID Connect Core 3.1).

Its addresses are read anew each time (OpenID Connect Discovery): signing in is rare, and a provider that is
away is noticed before the browser is sent there.
"""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

import httpx2
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from chassis.http.auth import IssuersKeys
from chassis.http.problems import Problem
from chassis.telemetry import where
from joserfc.errors import JoseError

from desk.settings import DeskSettings

log = structlog.get_logger()

SCOPE = "openid profile email"
TIMEOUT_SECONDS = 5
LEEWAY_SECONDS = 30  # between the provider's clock and ours
DEFAULT_LIFETIME_SECONDS = 300  # of an access token of which the provider does not say


class ProviderAway(Exception):
    """The provider does not answer, or cannot now."""


class Refused(Exception):
    """The provider refused, or what it answered cannot be trusted."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in, which the browser keeps sealed until it comes back from the provider."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def begin(cls, next_path: str) -> Self:
        """Make an attempt that leads to a path of ours."""
        return cls(generate_token(32), generate_token(32), generate_token(64), next_path)


@dataclass(frozen=True)
class Tokens:
    """What the provider gives. `seconds`: how long the access token is valid."""

    access: str
    refresh: str | None
    id: str
    seconds: int


class Provider:
    """The provider, as a client of it. `transport`: another way to reach it, for tests."""

    def __init__(self, settings: DeskSettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._issuer = settings.provider
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._desk = settings.desk_url.rstrip("/")
        self._keys = IssuersKeys(settings.issuers[settings.provider])
        self._transport = transport

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=f"{self._desk}/sign-in/callback",
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            transport=self._transport,
        )

    async def sign_in_address(self, attempt: Attempt) -> str:
        """Return where to send the browser to sign in; raises ProviderAway."""
        async with self._client() as client:
            endpoints = await self._endpoints(client)
            address, _ = client.create_authorization_url(
                endpoints["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(address)

    async def redeem(self, code: str, attempt: Attempt) -> tuple[Tokens, str]:
        """Trade a code for tokens, and return them with the subject; raises ProviderAway or Refused."""
        given = await self._ask("fetch_token", code=code, code_verifier=attempt.verifier)
        tokens = _tokens(given)
        return tokens, await self._check(tokens, attempt.nonce)

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Return fresh tokens; raises ProviderAway or Refused."""
        if tokens.refresh is None:
            raise Refused
        given = await self._ask("refresh_token", refresh_token=tokens.refresh)
        return _tokens({"id_token": tokens.id} | given)

    async def sign_out_address(self, tokens: Tokens) -> str | None:
        """Return where to send the browser to end the provider's session too (RP-Initiated Logout 1.0), None
        where that cannot be."""
        try:
            async with self._client() as client:
                endpoint = (await self._endpoints(client)).get("end_session_endpoint")
        except ProviderAway:
            return None
        if endpoint is None:
            return None
        query = {
            "id_token_hint": tokens.id,
            "client_id": self._client_id,
            "post_logout_redirect_uri": f"{self._desk}/signed-out",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def _endpoints(self, client: AsyncOAuth2Client) -> dict[str, Any]:
        """Read the provider's addresses."""
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            answer = await client.request("GET", address, withhold_token=True)
            found = answer.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("the identity provider does not answer", **where(error))
            raise ProviderAway from None
        needed = ("authorization_endpoint", "token_endpoint")
        if (
            not isinstance(found, dict)
            or found.get("issuer") != self._issuer
            or not all(map(found.get, needed))
        ):
            log.error("the identity provider's configuration is not that of OIDC_ISSUER")
            raise ProviderAway
        return found

    async def _ask(self, method: str, **values: str) -> dict[str, Any]:
        """Call the token endpoint by a method of the client."""
        async with self._client() as client:
            endpoint = (await self._endpoints(client))["token_endpoint"]
            try:
                given: dict[str, Any] = await getattr(client, method)(endpoint, **values)
            except OAuthError as error:
                log.info("the identity provider refused", error=error.error)
                raise Refused from None
            except (httpx2.HTTPError, ValueError) as error:
                log.warning("the identity provider does not answer", **where(error))
                raise ProviderAway from None
        return given

    async def _check(self, tokens: Tokens, nonce: str) -> str:
        """Return whom the ID token is about, once it proved to be ours and of this attempt (OpenID Connect
        Core 3.1.3.7)."""
        try:
            decoded = await self._keys.decode(tokens.id)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": tokens.access},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except Problem:
            raise ProviderAway from None
        except (JoseError, ValueError) as error:
            log.warning("an ID token is not valid", **where(error))
            raise Refused from None
        return str(claims["sub"])


def _tokens(given: dict[str, Any]) -> Tokens:
    access, refresh, id_token = (given.get(name) for name in ("access_token", "refresh_token", "id_token"))
    seconds = given.get("expires_in", DEFAULT_LIFETIME_SECONDS)
    if (
        not isinstance(access, str)
        or not isinstance(id_token, str)
        or not isinstance(refresh, str | None)
        or not str(seconds).isdigit()
    ):
        raise Refused
    return Tokens(access, refresh, id_token, int(seconds))
