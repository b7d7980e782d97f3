"""The OpenID provider at which staff sign in: authorization code flow with PKCE (OpenID Connect Core 3.1).

Its addresses are read anew for each (OpenID Connect Discovery), though once a second at most: a
provider that is away is noticed before the browser is sent there. Whatever it answers may be of any form.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from chassis.http.auth import LEEWAY_SECONDS
from chassis.http.claims import read_subject
from chassis.http.issuers import IssuersKeys
from chassis.http.problems import Problem
from chassis.http.published import DEADLINE_SECONDS, MOST_BYTES, Published, Unpublished
from chassis.telemetry import where
from pydantic import BaseModel, ConfigDict

from desk.settings import DeskSettings

log = structlog.get_logger()

SCOPE = "openid profile email"
DEFAULT_LIFETIME_SECONDS = 300  # of an access token of which the provider does not say
LONGEST_LIFETIME_SECONDS = 24 * 3600  # a session ends before


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


class _Bounded(httpx2.AsyncByteStream):
    """The body of an answer, which ends with an error where it is too long."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._body:
            read += len(chunk)
            if read > MOST_BYTES:
                raise httpx2.ReadError("too long")
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


async def _bound(answer: httpx2.Response) -> None:
    """Take answers of a bounded length, uncompressed: what comes out of a compressed one has no bound."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise httpx2.DecodingError("compressed, which was not asked for")
    assert isinstance(answer.stream, httpx2.AsyncByteStream)
    answer.stream = _Bounded(answer.stream)


class Endpoints(BaseModel):
    """The provider's addresses, as it publishes them."""

    model_config = ConfigDict(strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None = None

    @classmethod
    def read(cls, body: bytes, issuer: str, schemes: frozenset[str]) -> Self:
        """Read them; raises ValueError where they are another issuer's, or cannot be trusted."""
        found = cls.model_validate_json(body)
        addresses = [found.authorization_endpoint, found.token_endpoint]
        if found.end_session_endpoint is not None:
            addresses.append(found.end_session_endpoint)
        if found.issuer != issuer or not {urlsplit(one).scheme for one in addresses} <= schemes:
            raise ValueError("not the configuration of OIDC_ISSUER")
        return found


class Provider:
    """The provider, as a client of it."""

    def __init__(self, settings: DeskSettings) -> None:
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._issuer = settings.provider
        self._desk = settings.desk_url.rstrip("/")
        self._tls = httpx2.create_ssl_context()
        self._keys = IssuersKeys(settings.issuers[settings.provider])
        schemes = frozenset({"https", "http"} if settings.allow_insecure else {"https"})
        self._published = Published(
            f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            lambda body: Endpoints.read(body, self._issuer, schemes),
        )

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=f"{self._desk}/sign-in/callback",
            code_challenge_method="S256",
            timeout=DEADLINE_SECONDS,
            # No transport of its own: with one, the environment's proxies would count for nothing.
            verify=self._tls,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_bound]},
        )

    async def sign_in_address(self, attempt: Attempt) -> str:
        """Return where to send the browser to sign in; raises ProviderAway."""
        endpoint = (await self._to_visit()).authorization_endpoint
        if self._published.failing:
            raise ProviderAway
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                endpoint,
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
            endpoint = (await self._to_visit()).end_session_endpoint
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

    async def _to_visit(self) -> Endpoints:
        """Return where a browser may be sent: to a provider that answers now; raises ProviderAway."""
        endpoints = await self._endpoints()
        if self._published.failing:
            raise ProviderAway
        return endpoints

    async def _endpoints(self) -> Endpoints:
        try:
            return await self._published.latest()
        except Unpublished:
            raise ProviderAway from None

    async def _ask(self, method: str, **values: str) -> dict[str, Any]:
        """Call the token endpoint by a method of the client."""
        endpoint = (await self._endpoints()).token_endpoint
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._client() as client:
                given = await getattr(client, method)(endpoint, **values)
        except OAuthError as error:
            log.info("the identity provider refused", error=str(error.error)[:100])
            raise Refused from None
        except Exception as error:  # another's answer may be wrong in more ways than can be named
            log.warning("the identity provider does not answer", **where(error))
            raise ProviderAway from None
        if not isinstance(given, dict):
            raise ProviderAway
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
            return read_subject(claims)
        except Problem:
            raise ProviderAway from None
        except Exception as error:  # whatever it holds, it proves nothing
            log.warning("an ID token is not valid", **where(error))
            raise Refused from None


def _tokens(given: dict[str, Any]) -> Tokens:
    access, refresh, id_token = (given.get(name) for name in ("access_token", "refresh_token", "id_token"))
    if not isinstance(access, str) or not isinstance(id_token, str) or not isinstance(refresh, str | None):
        raise Refused
    try:
        seconds = int(given.get("expires_in", DEFAULT_LIFETIME_SECONDS))
    except (TypeError, ValueError, OverflowError):
        raise Refused from None
    return Tokens(access, refresh, id_token, max(0, min(seconds, LONGEST_LIFETIME_SECONDS)))
