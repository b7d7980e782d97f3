"""Encrypts what the database or the browser keeps for the desk."""

import base64
import json
from typing import Any

from chassis.settings import entries
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Broken(Exception):
    """It was not sealed for this purpose with one of our secrets, or too long ago."""


class Seal:
    """Seals values for one purpose. `secrets`: with commas between; the first seals, all open."""

    def __init__(self, secrets: str, purpose: str) -> None:
        self._fernet = MultiFernet([_fernet(secret, purpose) for secret in entries(secrets)])

    def close(self, value: Any) -> bytes:
        """Return a value that JSON can write, encrypted."""
        return self._fernet.encrypt(json.dumps(value).encode())

    def open(self, sealed: bytes, seconds: int | None = None) -> Any:
        """Return what was sealed, at most so many seconds ago; raises Broken."""
        try:
            return json.loads(self._fernet.decrypt(sealed, seconds))
        except InvalidToken:
            raise Broken from None


def _fernet(secret: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
