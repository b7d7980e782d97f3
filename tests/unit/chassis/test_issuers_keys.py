"""Keys of an issuer in every form that somebody else's server may answer with: what can be read counts, the
last good ones stay in force, and nothing is an error of ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chassis.http import published as limits
from chassis.http.issuers import IssuersKeys
from chassis.http.problems import Problem
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from support.issuing import EC, ED25519, RSA, Clock, published, signed

CLAIMS = {"sub": "someone"}
NEW = ECKey.generate_key("P-256", {"kid": "new"})
GOOD = EC.as_dict(private=False)
P384 = ECKey.generate_key("P-384", {"kid": "ec"}).as_dict(private=False)

# What no key can be read from.
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "HTML": b"<html>away</html>",
    "no UTF-8": b"\xff\xfe\x00",
    "half of it": published(EC)[:-5],
    "null": b"null",
    "a list": b"[]",
    "a number": b"1",
    "a text": b'"keys"',
    "NaN": b"NaN",
    "no keys": b"{}",
    "keys null": b'{"keys":null}',
    "keys a number": b'{"keys":1}',
    "keys a text": b'{"keys":"abc"}',
    "keys an object": b'{"keys":{"kty":"EC"}}',
    "keys of no form": b'{"keys":[null,1,"x",[],{},true]}',
    "an empty set": b'{"keys":[]}',
    "5,000 deep": b'{"keys":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "one key, 5,000 deep": b'{"keys":[{"kty":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}]}",
    "a problem": json.dumps({"error": "server_error", "status": 500}).encode(),
    "too long": published(EC) + b" " * limits.MOST_BYTES,
}
# Keys that are not ours to use; an issuer may publish them beside good ones.
ODD_KEYS: dict[str, Any] = {
    "an unknown type": {"kty": "ML-DSA", "kid": "x", "alg": "ML-DSA-44"},
    "a type that is no text": {"kty": ["EC"], "kid": "x"},
    "no type": {"kid": "x"},
    "an unknown curve": GOOD | {"crv": "P-999", "kid": "x"},
    "a curve that we do not use": P384 | {"kid": "x"},
    "a curve that is no text": GOOD | {"crv": {}, "kid": "x"},
    "no point of its curve": GOOD | {"x": GOOD["y"], "kid": "x"},
    "half a point": {name: value for name, value in GOOD.items() if name != "y"} | {"kid": "x"},
    "a point that is no text": GOOD | {"x": 1, "kid": "x"},
    "no base64": GOOD | {"x": "é!", "kid": "x"},
    "no modulus": {"kty": "RSA", "kid": "x", "e": "AQAB"},
    "an exponent of one": RSA.as_dict(private=False) | {"e": "AQ", "kid": "x"},
    "a short modulus": RSAKey.generate_key(1024, {"kid": "x"}).as_dict(private=False),
    "a modulus of a megabit": {"kty": "RSA", "kid": "x", "e": "AQAB", "n": "_" * 20_000},
    "a secret": {"kty": "oct", "kid": "x", "k": "AAAA"},
    "for encryption": GOOD | {"use": "enc", "kid": "x"},
    "to sign only": GOOD | {"key_ops": ["sign"], "kid": "x"},
    "operations of no form": GOOD | {"key_ops": 1, "kid": "x"},
    "an id that is no text": GOOD | {"kid": ["x"]},
    "another algorithm": GOOD | {"alg": "HS256", "kid": "x"},
    "another's id": P384,
    "null itself": None,
    "no object": 1,
    "a list of nothing": [],
    "deep": {"kty": "EC", "kid": "x", "x": [[[[[[]]]]]]},
}


def in_a_set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


ONLY_ODD = {what: in_a_set(key) for what, key in ODD_KEYS.items()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[bytes], None]:
    def write(body: bytes) -> None:
        (tmp_path / "jwks").write_bytes(body)

    return write


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> IssuersKeys:
    return IssuersKeys(f"file://{tmp_path / 'jwks'}", clock=clock)


async def away(keys: IssuersKeys) -> bool:
    """Tell whether a good token is answered 503; any other error fails the test."""
    try:
        await keys.decode(signed(CLAIMS))
    except Problem as problem:
        return problem.status == 503
    return False


@pytest.mark.parametrize("body", (UNREADABLE | ONLY_ODD).values(), ids=(UNREADABLE | ONLY_ODD).keys())
async def test_without_a_key_that_can_be_read_everybody_is_asked_to_come_back(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock, body: bytes
) -> None:
    publish(body)
    assert await away(keys)
    publish(published(EC))
    assert await away(keys)  # it is not asked at each request
    clock.now += limits.FIRST_PAUSE_SECONDS
    assert not await away(keys)


@pytest.mark.parametrize("body", (UNREADABLE | ONLY_ODD).values(), ids=(UNREADABLE | ONLY_ODD).keys())
async def test_the_last_good_keys_stay_in_force(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock, body: bytes
) -> None:
    publish(published(EC))
    assert not await away(keys)
    publish(body)
    clock.now += limits.ASK_ANEW_SECONDS + 1
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS, NEW))  # waits for news, of which there is none
    assert not await away(keys)


@pytest.mark.parametrize("odd", ODD_KEYS.values(), ids=ODD_KEYS.keys())
async def test_an_odd_key_takes_nothing_from_those_beside_it(
    keys: IssuersKeys, publish: Callable[[bytes], None], odd: Any
) -> None:
    publish(in_a_set(odd, GOOD, odd, ED25519.as_dict(private=False), odd))
    assert not await away(keys)
    await keys.decode(signed(CLAIMS, ED25519, "EdDSA"))
    if isinstance(odd, dict) and odd.get("kid") == "x":
        with pytest.raises(JoseError):
            await keys.decode(signed(CLAIMS, EC, kid="x"))


async def test_a_file_that_is_away_is_as_an_answer_that_cannot_be_read(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock
) -> None:
    assert await away(keys)
    publish(published(EC))
    clock.now += limits.FIRST_PAUSE_SECONDS
    assert not await away(keys)


async def test_pauses_after_errors_become_longer_but_not_too_long(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock
) -> None:
    pauses = [1, 2, 4, 8, 16, 30, 30]
    for pause in pauses:
        publish(b"away")
        assert await away(keys)  # asked, and from then on not for a while
        publish(published(EC))
        clock.now += pause - 0.5
        assert await away(keys)
        clock.now += 0.5
    assert not await away(keys)


async def test_without_news_for_a_day_no_key_counts(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock
) -> None:
    publish(published(EC))
    assert not await away(keys)
    publish(b"away")
    clock.now += limits.LONGEST_SECONDS
    assert not await away(keys)
    clock.now += 1
    assert await away(keys)
    publish(published(EC))
    clock.now += limits.LONGEST_PAUSE_SECONDS
    assert not await away(keys)


async def test_a_key_that_was_withdrawn_counts_until_the_next_news(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock
) -> None:
    publish(published(EC, NEW))
    assert not await away(keys)
    publish(published(NEW))
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS, RSA, "RS256"))  # somebody's unknown key: news are fetched
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS))
    await keys.decode(signed(CLAIMS, NEW))


async def test_a_new_key_counts_at_once_unless_one_was_sought_just_before(
    keys: IssuersKeys, publish: Callable[[bytes], None], clock: Clock
) -> None:
    publish(published(EC))
    assert not await away(keys)
    publish(published(EC, NEW))
    await keys.decode(signed(CLAIMS, NEW))
    publish(published(EC, NEW, RSA))
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS, RSA, "RS256"))
    clock.now += limits.SEEK_AGAIN_SECONDS
    await keys.decode(signed(CLAIMS, RSA, "RS256"))


async def test_the_only_key_needs_no_id(keys: IssuersKeys, publish: Callable[[bytes], None]) -> None:
    publish(in_a_set({name: value for name, value in GOOD.items() if name != "kid"}))
    await keys.decode(signed(CLAIMS, kid=None))
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS, NEW, kid=None))


async def test_among_several_of_a_kind_the_id_says_which(
    keys: IssuersKeys, publish: Callable[[bytes], None]
) -> None:
    publish(published(EC, NEW, RSA))
    await keys.decode(signed(CLAIMS, NEW))
    await keys.decode(signed(CLAIMS, RSA, "RS256", kid=None))  # the only one for RS256
    with pytest.raises(JoseError):
        await keys.decode(signed(CLAIMS, EC, kid=None))
