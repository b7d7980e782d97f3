"""Whose tokens are honoured, and which of their claims holds the roles."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from chassis.http import published
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
        "kafka_security_protocol": "SSL",
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


def written(path: Path, *keys: ECKey) -> None:
    path.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))


def an_issuer_at(path: Path) -> Authenticator:
    return Authenticator(settings(auth_issuer=ONE, auth_jwks_url=f"file://{path}"))


def signed_by(key: ECKey) -> str:
    said = {"iss": ONE, "aud": "opdrachten", "sub": "someone", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, said, key)


async def test_a_key_that_was_made_just_after_the_others_were_read_is_honoured(tmp_path: Path) -> None:
    path, new = tmp_path / "jwks", ECKey.generate_key("P-256", {"kid": "new", "use": "sig", "alg": "ES256"})
    written(path, KEYS[ONE])
    authenticator = an_issuer_at(path)
    await authenticator.verify(signed_by(KEYS[ONE]))
    written(path, KEYS[ONE], new)
    for key in (new, KEYS[ONE]):
        assert (await authenticator.verify(signed_by(key))).subject == "someone"


async def test_tokens_by_keys_that_there_are_not_let_the_issuer_be_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jwks"
    asked: list[None] = []
    written(path, KEYS[ONE])
    fetch = published._bytes_at

    async def counted(url: str) -> bytes:
        asked.append(None)
        return await fetch(url)

    monkeypatch.setattr(published, "_bytes_at", counted)
    monkeypatch.setattr(published, "SEEK_AGAIN_SECONDS", 3600)
    authenticator = an_issuer_at(path)
    forged = [signed_by(KEYS[OTHER]) for _ in range(20)]
    assert set(await asyncio.gather(*(status(authenticator, one) for one in forged))) == {401}
    assert len(asked) == 2  # when they were needed first, and for the first that is forged
    assert (await authenticator.verify(signed_by(KEYS[ONE]))).subject == "someone"


async def test_an_issuer_that_is_away_stops_no_token_by_a_key_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "jwks"
    written(path, KEYS[ONE])
    authenticator = an_issuer_at(path)
    await authenticator.verify(signed_by(KEYS[ONE]))
    path.unlink()
    assert await status(authenticator, signed_by(KEYS[OTHER])) == 401
    assert (await authenticator.verify(signed_by(KEYS[ONE]))).subject == "someone"


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
        "KAFKA_SECURITY_PROTOCOL": "SSL",
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


async def test_the_desks_own_role_is_given_by_the_desk_alone(both: dict[str, str]) -> None:
    one, of_other = both["auth_jwks_url"].split(",")
    desk = {"professionals_issuer": OTHER, "professionals_jwks_url": of_other}
    authenticator = Authenticator(settings(auth_issuer=ONE, auth_jwks_url=one, **desk))
    said = ["recruiter", "professional", "desk"]
    assert (await authenticator.verify(token(ONE, roles=said))).roles == {"recruiter", "professional"}
    assert (await authenticator.verify(token(OTHER, roles=said))).roles == {"professional", "desk"}
