"""The provider's answers at signing in, in every form: who signs in is told that it is away or refuses, and
nothing else happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chassis.http import published as limits
from desk.settings import DeskSettings
from desk.sign_in import provider as signing_in
from desk.sign_in.provider import Attempt, Provider, ProviderAway, Refused, Tokens
from joserfc.jwk import ECKey
from support.issuing import EC, published, signed
from support.misbehaving import Respond, Server, answering, misbehaving, never, serving
from support.openapi import SETTINGS

ATTEMPT = Attempt("state", "nonce", "verifier" * 8, "/")
BEFORE = Tokens("access", "refresh", "id", 60)
STRANGERS = ECKey.generate_key("P-256", {"kid": "ec"})
DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
OF_NO_FORM = [b"", b"<html>", b"null", b"[]", b"1", b'"x"', b"{", b"{}", b"\xff\xfe", b"NaN", DEEP]


def configuration(server: Server, **other: Any) -> bytes:
    said = {
        "issuer": server.url,
        "authorization_endpoint": f"{server.url}/authorize",
        "token_endpoint": f"{server.url}/token",
        "end_session_endpoint": f"{server.url}/end",
    }
    return json.dumps(said | other).encode()


def id_token(server: Server, key: ECKey = EC, **other: Any) -> str:
    now = int(time.time())
    usual = {"iss": server.url, "aud": "desk", "sub": "someone", "nonce": ATTEMPT.nonce}
    claims = usual | {"iat": now, "exp": now + 600} | other
    return signed({name: value for name, value in claims.items() if value is not None}, key)


class ProviderServer:
    """A provider of which the configuration or the tokens may be wrong."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.discovery = answering(configuration(server))
        self.tokens = self.giving()
        server.respond = self.respond

    def giving(self, **other: Any) -> Respond:
        """Answer with tokens, of which some are otherwise."""
        given = {"access_token": "access", "refresh_token": "next", "token_type": "Bearer", "expires_in": 300}
        return answering(json.dumps({**given, "id_token": id_token(self.server), **other}).encode())

    async def respond(self, writer: asyncio.StreamWriter) -> None:
        path = self.server.paths[-1]
        await (self.tokens if path == "/token" else self.discovery)(writer)


@pytest.fixture
async def wrong() -> AsyncIterator[ProviderServer]:
    async with serving(never) as server:
        yield ProviderServer(server)


@pytest.fixture
def provider(wrong: ProviderServer, tmp_path: Path) -> Provider:
    (tmp_path / "jwks").write_bytes(published(EC))
    ours = {"auth_issuer": wrong.server.url, "auth_jwks_url": f"file://{tmp_path / 'jwks'}"}
    return Provider(DeskSettings(**{**SETTINGS, **ours, "allow_insecure": True}))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For answers that do not come."""
    monkeypatch.setattr(limits, "FIRST_PAUSE_SECONDS", 3600)
    monkeypatch.setattr(limits, "LONGEST_PAUSE_SECONDS", 3600)
    for module in (limits, signing_in):
        monkeypatch.setattr(module, "DEADLINE_SECONDS", 0.3)


async def told(attempt: Any) -> str:
    """Return what comes of an attempt; any other error fails the test."""
    try:
        await attempt
    except ProviderAway:
        return "away"
    except Refused:
        return "refused"
    return "done"


async def test_a_provider_as_it_should_be(provider: Provider) -> None:
    assert (await provider.sign_in_address(ATTEMPT)).partition("?")[0].endswith("/authorize")
    tokens, subject = await provider.redeem("code", ATTEMPT)
    assert (tokens.access, tokens.refresh, tokens.seconds, subject) == ("access", "next", 300, "someone")
    assert (await provider.refresh(tokens)).access == "access"
    assert "/end?" in (await provider.sign_out_address(tokens) or "")


WRONG = misbehaving(b"{}")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("respond", WRONG.values(), ids=WRONG.keys())
async def test_a_configuration_that_does_not_come(
    wrong: ProviderServer, provider: Provider, respond: Respond
) -> None:
    wrong.discovery = respond
    assert await told(provider.sign_in_address(ATTEMPT)) == "away"
    assert await told(provider.redeem("code", ATTEMPT)) == "away"
    assert await told(provider.refresh(BEFORE)) == "away"
    assert await provider.sign_out_address(BEFORE) is None
    assert len(wrong.server.paths) <= 1  # whoever asks, and however often


@pytest.mark.parametrize("body", OF_NO_FORM)
async def test_a_configuration_of_no_form(wrong: ProviderServer, provider: Provider, body: bytes) -> None:
    wrong.discovery = answering(body)
    assert await told(provider.sign_in_address(ATTEMPT)) == "away"


@pytest.mark.parametrize(
    "name", ["issuer", "authorization_endpoint", "token_endpoint", "end_session_endpoint"]
)
@pytest.mark.parametrize("value", [1, True, [], {}, "", "https://evil.example", "javascript:x", "//x", "\0"])
async def test_a_configuration_that_cannot_be_trusted(
    wrong: ProviderServer, provider: Provider, name: str, value: Any
) -> None:
    wrong.discovery = answering(configuration(wrong.server, **{name: value}))
    elsewhere = value == "https://evil.example" and name != "issuer"  # its server may have several names
    assert await told(provider.sign_in_address(ATTEMPT)) == ("done" if elsewhere else "away")


async def test_without_allow_insecure_no_endpoint_is_plain(wrong: ProviderServer) -> None:
    issuer = "https://identity.example"
    body = configuration(wrong.server, issuer=issuer)
    with pytest.raises(ValueError, match="not the configuration"):
        signing_in.Endpoints.read(body, issuer, frozenset({"https"}))


async def test_who_is_signed_in_goes_on_with_the_last_good_configuration(
    wrong: ProviderServer, provider: Provider
) -> None:
    assert await told(provider.refresh(BEFORE)) == "done"
    wrong.discovery = answering(b"away")
    assert await told(provider.refresh(BEFORE)) == "done"


async def test_the_configuration_is_asked_for_once_in_a_while(
    wrong: ProviderServer, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEEK_AGAIN_SECONDS", 3600)
    await asyncio.gather(*(provider.sign_in_address(ATTEMPT) for _ in range(50)))
    for _ in range(20):
        await provider.sign_in_address(ATTEMPT)
    assert len(wrong.server.paths) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("respond", WRONG.values(), ids=WRONG.keys())
async def test_tokens_that_do_not_come(wrong: ProviderServer, provider: Provider, respond: Respond) -> None:
    wrong.tokens = respond
    assert await told(provider.redeem("code", ATTEMPT)) in {"away", "refused"}
    assert await told(provider.refresh(BEFORE)) in {"away", "refused"}


@pytest.mark.parametrize("body", OF_NO_FORM)
async def test_tokens_of_no_form(wrong: ProviderServer, provider: Provider, body: bytes) -> None:
    wrong.tokens = answering(body)
    assert await told(provider.redeem("code", ATTEMPT)) in {"away", "refused"}


@pytest.mark.parametrize(
    "given",
    [
        {"access_token": 1},
        {"access_token": None},
        {"id_token": None},
        {"id_token": ["x"]},
        {"refresh_token": {}},
        {"expires_in": "soon"},
        {"expires_in": "²"},
        {"expires_in": [1]},
        {"expires_in": {}},
        {"expires_in": "1e400"},
        {"expires_in": "9" * 5000},
        {"token_type": 1},
        {"error": "invalid_grant"},
        {"error": ["x"]},
        {"error": {"a": "b"}},
        {"error": "e" * 10_000, "error_description": 1},
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_tokens_that_are_none(wrong: ProviderServer, provider: Provider, given: dict[str, Any]) -> None:
    wrong.tokens = wrong.giving(**given)
    outcome = await told(provider.redeem("code", ATTEMPT))
    assert outcome in {"away", "refused"} or given == {"token_type": 1}


@pytest.mark.parametrize("seconds", [0, -5, 10**300, 1e300, 3600.5, "3600"])
async def test_a_life_of_a_token_that_no_clock_knows_is_bounded(
    wrong: ProviderServer, provider: Provider, seconds: Any
) -> None:
    wrong.tokens = wrong.giving(expires_in=seconds)
    assert 0 <= (await provider.refresh(BEFORE)).seconds <= signing_in.LONGEST_LIFETIME_SECONDS


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": ["nonce"]},
        {"nonce": {}},
        {"aud": "another"},
        {"aud": []},
        {"aud": {}},
        {"aud": ["desk", 1]},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"iss": 1},
        {"sub": None},
        {"sub": ""},
        {"exp": 0},
        {"exp": "x"},
        {"exp": None},
        {"iat": "x"},
        {"at_hash": "x"},
        {"at_hash": ["x"]},
        {"nbf": 10**15},
    ],
    ids=str,
)
async def test_an_id_token_that_is_not_of_this_attempt(
    wrong: ProviderServer, provider: Provider, claims: dict[str, Any]
) -> None:
    wrong.tokens = wrong.giving(id_token=id_token(wrong.server, **claims))
    assert await told(provider.redeem("code", ATTEMPT)) == "refused"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "é.é.é", "A" * 50_000])
async def test_an_id_token_that_is_none(wrong: ProviderServer, provider: Provider, text: str) -> None:
    wrong.tokens = wrong.giving(id_token=text)
    assert await told(provider.redeem("code", ATTEMPT)) == "refused"


async def test_an_id_token_of_another_key_or_too_deep(wrong: ProviderServer, provider: Provider) -> None:
    for forged in (id_token(wrong.server, STRANGERS), signed(DEEP)):
        wrong.tokens = wrong.giving(id_token=forged)
        assert await told(provider.redeem("code", ATTEMPT)) == "refused"
