"""An issuer's public keys (JWKS, RFC 7517), and the tokens that they sign."""

import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from pydantic_core import from_json

from chassis.http.problems import unavailable
from chassis.http.published import Published, Unpublished

# By the kind of a key (`kty`, `crv`): what it may verify.
ALGORITHMS = {
    ("RSA", None): ("RS256",),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),
}
PUBLIC_MEMBERS = ("kty", "kid", "crv", "x", "y", "n", "e")
RSA_BITS = range(2048, 8192 + 1)  # RFC 7518, 3.3; longer ones cost us time
MOST_KEYS = 100

Keys: TypeAlias = Mapping[tuple[str | None, str], Key]
"""By key id (None: it has none) and algorithm."""


class IssuersKeys:
    """One issuer's public keys: fetched when first needed, now and then, and for a key that is new.

    `clock`: seconds that only go on.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._published = Published(url, read_keys, clock=clock)

    async def decode(self, token: str) -> jwt.Token:
        """Return a token that one of the keys signed; whether it is valid now is not looked at.

        Raises JoseError, ValueError or TypeError for any other, and Problem 503 where the keys cannot be
        read. Whoever's key is known waits for no fetch.
        """
        header = read_header(token)
        try:
            keys = await self._published.current()
            try:
                return _verify(token, header, keys)
            except (InvalidKeyIdError, BadSignatureError):
                newer = await self._published.latest()
                if newer is keys:
                    raise
                return _verify(token, header, newer)
        except Unpublished:
            raise unavailable("the issuer's keys cannot be read; try again") from None


def read_header(token: str) -> dict[str, Any]:
    """Return a token's header, which nobody has verified; raises ValueError for what is no JWT of a kind that
    we take."""
    header = _object(urlsafe_b64decode(_parts(token)[0] + "=="))
    known = {alg for algorithms in ALGORITHMS.values() for alg in algorithms}
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in known or not isinstance(kid, str | None):
        raise ValueError("no token of a kind that is known")
    return header


def read_issuer(token: str) -> str:
    """Return who a token says that it is from, which nobody has verified; raises ValueError where nobody."""
    issuer = _object(urlsafe_b64decode(_parts(token)[1] + "==")).get("iss")
    if not isinstance(issuer, str):
        raise ValueError("no issuer")
    return issuer


def _parts(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not three parts")
    return parts


def _object(text: bytes) -> dict[str, Any]:
    """Read a JSON object: no deeper than a reader of ours can follow, and with text that can be stored."""
    found = from_json(text, allow_inf_nan=False)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _verify(token: str, header: dict[str, Any], keys: Keys) -> jwt.Token:
    key = _key_for(header, keys)
    verified = jws.deserialize_compact(token, key, algorithms=[header["alg"]])
    return jwt.Token(header, _object(verified.payload or b""))


def _key_for(header: dict[str, Any], keys: Keys) -> Key:
    """Return the key that a header names; one that names none may mean the only one of its algorithm."""
    kid, alg = header.get("kid"), header["alg"]
    fitting = [
        key for (its_id, its_alg), key in keys.items() if its_alg == alg and (kid is None or its_id == kid)
    ]
    if len(fitting) != 1:
        raise InvalidKeyIdError("no such key")
    return fitting[0]


def read_keys(body: bytes) -> Keys:
    """Read a set of keys. One that we cannot use, for whatever reason, takes nothing from those beside it.

    Raises an exception of any kind where none is left: an empty set would shut everybody out, and an issuer
    that publishes one has more often broken down than withdrawn all its keys.
    """
    keys: dict[tuple[str | None, str], Key] = {}
    for published in _object(body)["keys"][:MOST_KEYS]:
        with suppress(Exception):  # another's key may be wrong in more ways than can be named
            key = _usable(published)
            for alg in _algorithms(published):
                keys.setdefault((published.get("kid"), alg), key)
    if not keys:
        raise ValueError("no key that can be used")
    return keys


def _usable(published: dict[str, Any]) -> Key:
    """Return the public part of a key that signs; raises an exception of any kind for another."""
    if published.get("use", "sig") != "sig" or "verify" not in published.get("key_ops", ["verify"]):
        raise ValueError("not for signatures")
    if not isinstance(published.get("kid"), str | None):
        raise TypeError("no key id")
    key = import_key({name: published[name] for name in PUBLIC_MEMBERS if name in published})
    if isinstance(key, RSAKey) and key.raw_value.key_size not in RSA_BITS:
        raise ValueError("too short or too long")
    assert isinstance(key, RSAKey | ECKey | OKPKey)
    return key


def _algorithms(published: dict[str, Any]) -> list[str]:
    """Return what a key may verify: by its kind, and where it names an algorithm, by that one."""
    possible = ALGORITHMS.get((published["kty"], published.get("crv")), ())
    return [alg for alg in possible if published.get("alg", alg) == alg]
