"""An issuer of tokens as tests need one: its keys, and tokens of any form."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

ISSUER, AUDIENCE = "https://issuer.example", "opdrachten"
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
ED25519 = OKPKey.generate_key("Ed25519", {"kid": "ed"})


def published(*keys: Key, **other: Any) -> bytes:
    """Write keys as an issuer publishes them."""
    return json.dumps({**KeySet(list(keys)).as_dict(private=False), **other}).encode()


def encoded(part: object) -> str:
    """Write a part of a token: bytes as they are, anything else as JSON."""
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims: object, key: Key = EC, alg: str = "ES256", **header: Any) -> str:
    """Return a token of any claims, with `alg`, `kid` and `typ` in its header as an issuer writes them unless
    `header` says otherwise (None: left out)."""
    said = {"alg": alg, "kid": key.kid, "typ": "JWT"} | header
    return signed_as({name: value for name, value in said.items() if value is not None}, claims, key)


def signed_as(header: object, claims: object, key: Key = EC) -> str:
    """Return a token with any header; the key says how it is signed."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(_signature(key, text.encode()))}"


def _signature(key: Key, text: bytes) -> bytes:
    private: Any = key.private_key
    if isinstance(key, RSAKey):
        signature: bytes = private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return signature
    if isinstance(key, ECKey):
        r, s = decode_dss_signature(private.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    edwards: bytes = private.sign(text)
    return edwards


@dataclass
class Clock:
    """Seconds that only a test lets go on."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now
