"""Behind a proxy, and under a private authority, keys, sign-in and traces get through.

The settings are those of the components `proxy` and `authorities`; the server's name is in no DNS.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chassis.http.published import Published, Unpublished
from chassis.telemetry import set_up_traces
from desk.settings import DeskSettings
from desk.sign_in.provider import Attempt, Provider, ProviderAway, Refused
from opentelemetry import trace
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.proxying import HOST, Beyond, beyond

ISSUER = f"https://{HOST}"
THROUGH = f"CONNECT {HOST}:443"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
ANSWERS = {
    "/keys": (200, {"keys": []}),
    "/.well-known/openid-configuration": (
        200,
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
        },
    ),
    "/token": (400, {"error": "invalid_grant"}),
    "/v1/traces": (200, {}),
}


@pytest.fixture
async def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Beyond]:
    """What is beyond the proxy, with the environment that leads there."""
    async with beyond(tmp_path, ANSWERS) as found:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.setenv("HTTPS_PROXY", found.proxy)
        monkeypatch.setenv("NO_PROXY", "assignments,desk,matching,notifications,profiles,.svc,.cluster.local")
        monkeypatch.setenv("SSL_CERT_FILE", str(found.authority))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(found.authority))
        yield found


def provider() -> Provider:
    given = {"auth_issuer": ISSUER, "auth_jwks_url": f"{ISSUER}/keys", "oidc_issuer": None}
    return Provider(DeskSettings(**{**SETTINGS, **given}))


async def test_an_issuers_keys_are_read(there: Beyond) -> None:
    keys = Published(f"{ISSUER}/keys", lambda body: body.decode())
    assert "keys" in await keys.latest()
    assert there.asked == [THROUGH, "/keys"]


async def test_who_signs_in_is_asked_of_the_provider(there: Beyond) -> None:
    attempt = Attempt.begin("/")
    address = await provider().sign_in_address(attempt)
    assert address.startswith(f"{ISSUER}/authorize?")
    with pytest.raises(Refused):  # by the provider, which was reached
        await provider().redeem("code", attempt)
    assert there.asked[-2:] == [THROUGH, "/token"]


async def test_traces_are_exported(there: Beyond, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "set_tracer_provider", lambda _provider: None)
    settings = ProfilesSettings(**{**SETTINGS, "otel_exporter_otlp_endpoint": ISSUER})
    made = set_up_traces(settings, "profiles")
    made.get_tracer("test").start_span("one", kind=trace.SpanKind.INTERNAL).end()
    assert await asyncio.to_thread(made.force_flush)
    await asyncio.to_thread(made.shutdown)
    assert there.asked == [THROUGH, "/v1/traces"]


@pytest.mark.parametrize("without", ["HTTPS_PROXY", "SSL_CERT_FILE"])
async def test_without_either_nothing_gets_through(
    there: Beyond, without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(without)
    keys = Published(f"{ISSUER}/keys", lambda body: body.decode())
    with pytest.raises(Unpublished):
        await keys.latest()
    with pytest.raises(ProviderAway):
        await provider().sign_in_address(Attempt.begin("/"))
    assert "/keys" not in there.asked
