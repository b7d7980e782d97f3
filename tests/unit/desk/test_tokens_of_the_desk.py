"""The desk's tokens: whom they speak for, how long, and for which roles services honour them."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chassis.http.auth import Authenticator
from chassis.http.problems import Problem
from contracts.vocabulary import Role
from desk.settings import read_keys
from desk.sign_in.professionals import Person, Signer
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from profiles.settings import ProfilesSettings
from pydantic import ValidationError
from support.openapi import SETTINGS

ANNA = Person(UUID("0190a000-0000-7000-8000-00000000aa03"), "anna@example.org")
ISSUER, AUDIENCE = "https://desk.example", "opdrachten"
FIRST, SECOND = (ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}) for kid in "ab")


def signer(*keys: ECKey) -> Signer:
    return Signer(KeySet(list(keys)), ISSUER, AUDIENCE)


def authenticator(folder: Path, published: dict[str, Any], **other: Any) -> Authenticator:
    """Return what a service verifies tokens with that honours the desk by these keys."""
    file = folder / "jwks.json"
    file.write_text(json.dumps(published))
    keys = {"professionals_issuer": ISSUER, "professionals_jwks_url": file.as_uri()}
    return Authenticator(ProfilesSettings(**{**SETTINGS, **keys, **other}))


def test_a_professionals_token_says_who_they_are_for_five_minutes() -> None:
    caller, token = signer(FIRST).of_professional(ANNA)
    said = jwt.decode(token, FIRST).claims
    assert said["sub"] == caller.subject == str(ANNA.profile_id)
    assert said["email"] == caller.email == ANNA.email
    assert said["roles"] == ["professional"]
    assert said["exp"] - said["iat"] == 300
    assert abs(said["iat"] - time.time()) < 60


def test_the_first_key_signs_and_all_are_published_without_their_private_halves() -> None:
    made = signer(SECOND, FIRST)
    _, token = made.of_professional(ANNA)
    assert jwt.decode(token, SECOND).header["kid"] == "b"
    assert [key["kid"] for key in made.public["keys"]] == ["b", "a"]
    assert not any("d" in key for key in made.public["keys"])


def test_a_service_honours_both_of_its_roles(tmp_path: Path) -> None:
    made = signer(FIRST)
    service = authenticator(tmp_path, made.public)
    caller, token = made.of_professional(ANNA)
    assert asyncio.run(service.verify(token)).roles == caller.roles == {Role.PROFESSIONAL}
    assert asyncio.run(service.verify(made.of_desk())).roles == {Role.DESK}


@pytest.mark.parametrize("roles", [["recruiter"], ["operator", "professional"], ["admin"]])
def test_other_roles_in_a_token_of_the_desk_count_for_nothing(tmp_path: Path, roles: list[str]) -> None:
    service = authenticator(tmp_path, signer(FIRST).public)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "exp": int(time.time()) + 60, "roles": roles}
    token = jwt.encode({"alg": "ES256", "kid": "a", "typ": "at+jwt"}, claims, FIRST)
    assert asyncio.run(service.verify(token)).roles <= {Role.PROFESSIONAL}


def test_names_of_roles_at_the_provider_do_not_hold_for_the_desk(tmp_path: Path) -> None:
    made = signer(FIRST)
    other = {"auth_roles_claim": "realm_access.roles", "auth_role_names": {"professional": Role.OPERATOR}}
    service = authenticator(tmp_path, made.public, **other)
    assert asyncio.run(service.verify(made.of_professional(ANNA)[1])).roles == {Role.PROFESSIONAL}


def test_a_token_that_another_key_signed_is_refused(tmp_path: Path) -> None:
    service = authenticator(tmp_path, signer(FIRST).public)
    with pytest.raises(Problem) as refused:
        asyncio.run(service.verify(signer(SECOND).of_professional(ANNA)[1]))
    assert refused.value.status == 401


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"keys": []}',
        json.dumps(KeySet([FIRST]).as_dict(private=False)),
        json.dumps(KeySet([FIRST, FIRST]).as_dict(private=True)),
        json.dumps(KeySet([OctKey.generate_key(256, {"kid": "o"})]).as_dict(private=True)),
    ],
    ids=["empty", "no set", "no key", "a public key", "one key twice", "a secret"],
)
def test_a_file_without_private_keys_that_sign_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(ValueError, match="key"):
        read_keys(file)


@pytest.mark.parametrize(
    "given",
    [
        {"professionals_issuer": ISSUER, "professionals_jwks_url": None},
        {"professionals_issuer": None},
        {"professionals_issuer": SETTINGS["auth_issuer"]},
        {"professionals_jwks_url": "ftp://desk"},
    ],
)
def test_settings_that_do_not_fit_together_stop_a_service(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="professionals"):
        ProfilesSettings(**{**SETTINGS, **given})
