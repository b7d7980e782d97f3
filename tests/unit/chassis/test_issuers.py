"""Whose tokens are honoured, and which of their claims holds the roles."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from chassis.http.auth import Authenticator
from chassis.http.problems import Problem
from chassis.settings import Settings, load
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ONE, OTHER = "https://one.example", "https://other.example"
AWAY = "file:///nowhere/jwks"
KEYS = {
    issuer: ECKey.generate_key("P-256", {"kid": issuer[8:], "use": "sig", "alg": "ES256"})
    for issuer in (ONE, OTHER)
}


def settings(**other: str) -> Settings:
    common: dict[str, Any] = {
        "kafka_bootstrap_servers": "kafka.example:9092",
        "database_url": "postgresql://database.example",
        "auth_audience": "opdrachten",
    }
    return Settings(**(common | other))


@pytest.fixture
def both(tmp_path: Path) -> dict[str, str]:
    for issuer, key in KEYS.items():
        (tmp_path / issuer[8:]).write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    urls = ",".join(f"file://{tmp_path / issuer[8:]}" for issuer in KEYS)
    return {"auth_issuer": f"{ONE}, {OTHER}", "auth_jwks_url": urls}


def token(issuer: str, *, by: str | None = None, **claims: Any) -> str:
    key = KEYS[by or issuer]
    said = {"iss": issuer, "aud": "opdrachten", "sub": "someone", "exp": int(time.time()) + 60} | claims
    return jwt.encode({"alg": "ES256", "kid": key.kid}, said, key)


async def status(authenticator: Authenticator, sent: str) -> int:
    with pytest.raises(Problem) as refused:
        await authenticator.verify(sent)
    return refused.value.status


async def test_tokens_of_each_issuer_are_honoured(both: dict[str, str]) -> None:
    authenticator = Authenticator(settings(**both))
    for issuer in KEYS:
        caller = await authenticator.verify(token(issuer, roles=["recruiter"]))
        assert caller.roles == {"recruiter"}


async def test_one_issuers_key_never_verifies_a_token_of_another(both: dict[str, str]) -> None:
    authenticator = Authenticator(settings(**both))
    assert await status(authenticator, token(ONE, by=OTHER, roles=["recruiter"])) == 401
    assert await status(authenticator, token(OTHER, by=ONE, roles=["recruiter"])) == 401


@pytest.mark.parametrize("issuer", ["https://stranger.example", f"{ONE}, {OTHER}", "", None, [ONE], 1])
async def test_a_token_of_nobody_that_is_known_is_refused(both: dict[str, str], issuer: Any) -> None:
    assert await status(Authenticator(settings(**both)), token(ONE, iss=issuer)) == 401


@pytest.mark.parametrize("sent", ["", "x", "a.b.c", "e30.e30.", "é.é.é", "e30.W10.x"])
async def test_what_is_no_token_is_refused(both: dict[str, str], sent: str) -> None:
    assert await status(Authenticator(settings(**both)), sent) == 401


async def test_an_issuer_whose_keys_cannot_be_read_stops_nobody_elses_tokens(both: dict[str, str]) -> None:
    urls = f"{both['auth_jwks_url'].split(',')[0]},{AWAY}"
    authenticator = Authenticator(settings(**both | {"auth_jwks_url": urls}))
    assert (await authenticator.verify(token(ONE))).subject == "someone"
    assert await status(authenticator, token(OTHER)) == 503


@pytest.mark.parametrize(
    ("name", "claims", "roles"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["recruiter"]}}, {"recruiter"}),
        (
            "realm_access.roles",
            {"realm_access": {"roles": ["operator"]}, "roles": ["recruiter"]},
            {"operator"},
        ),
        ("realm_access.roles", {"roles": ["recruiter"]}, set()),
        ("realm_access.roles", {"realm_access": "recruiter"}, set()),
        ("groups", {"groups": ["operator"]}, {"operator"}),
        ("https://example.org/roles", {"https://example.org/roles": ["operator"]}, {"operator"}),
        ("roles", {}, set()),
    ],
)
async def test_roles_come_from_the_claim_that_is_named(
    both: dict[str, str], name: str, claims: dict[str, Any], roles: set[str]
) -> None:
    authenticator = Authenticator(settings(**both, auth_roles_claim=name))
    assert (await authenticator.verify(token(ONE, **claims))).roles == roles


@pytest.mark.parametrize(
    ("issuers", "urls", "complaint"),
    [
        (f"{ONE},{OTHER}", "https://one.example/jwks", "AUTH_JWKS_URL: must have one URL for each issuer"),
        (
            ONE,
            "https://one.example/jwks,https://x.example",
            "AUTH_JWKS_URL: must have one URL for each issuer",
        ),
        (ONE, "ftp://one.example", "AUTH_JWKS_URL: must be a URL that starts with"),
        (f"{ONE},", "https://a.example,https://b.example", "AUTH_ISSUER: must name each issuer once"),
        (f"{ONE},{ONE}", "https://a.example,https://b.example", "AUTH_ISSUER: must name each issuer once"),
    ],
)
def test_issuers_and_their_keys_that_do_not_pair_up_stop_the_service_at_the_start(
    issuers: str,
    urls: str,
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092",
        "DATABASE_URL": "postgresql://database.example",
        "AUTH_AUDIENCE": "opdrachten",
        "AUTH_ISSUER": issuers,
        "AUTH_JWKS_URL": urls,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(Settings)
    assert capsys.readouterr().err.startswith(f"setting {complaint}")
