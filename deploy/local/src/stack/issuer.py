"""The one-machine stack's issuer of tokens: a key in STACK_DIR, never for production."""

import json
import secrets
import time
from pathlib import Path

from contracts.vocabulary import Role
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from stack.layout import Layout

ISSUER = "http://localhost/opdrachten-stack"
AUDIENCE = "opdrachten"
HOUR = 3600
RECRUITER_EMAIL = "recruiter@example.org"


def _private(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content)


def key(layout: Layout) -> ECKey:
    """Return the signing key, made at the first call; its public half lies beside it as a JWKS."""
    path = layout.folder("keys") / "issuer.json"
    if not path.exists():
        made = _made()
        _private(path, json.dumps(made.as_dict(private=True)))
        jwks_path(layout).write_text(json.dumps(KeySet([made]).as_dict(private=False)))
    return ECKey.import_key(json.loads(path.read_text()))


def _made() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})


def jwks_path(layout: Layout) -> Path:
    """Return where the public keys are."""
    return layout.folder("keys") / "jwks.json"


def secret(layout: Layout, name: str) -> str:
    """Return a secret of the stack, made at the first call."""
    path = layout.folder("keys") / name
    if not path.exists():
        _private(path, secrets.token_urlsafe(32))
    return path.read_text()


def professionals_key(layout: Layout) -> Path:
    """Return the file with the key that the desk signs professionals' tokens with, made at the first call."""
    path = layout.folder("keys") / "professionals.json"
    if not path.exists():
        begin_key(path)
    return path


def begin_key(path: Path) -> None:
    """Put a new key first in a file of keys that the desk signs with, and keep the one before it: what that
    signed is still valid for some minutes. Raises ValueError where the file has no keys."""
    known = []
    if path.exists():
        try:
            known = KeySet.import_key_set(json.loads(path.read_text())).keys[:1]
        except (JoseError, KeyError, TypeError):
            raise ValueError("no set of keys") from None
    _private(path, json.dumps(KeySet([_made(), *known]).as_dict(private=True)))


def link_secret(layout: Layout) -> str:
    """Return the secret that signs links in mails."""
    return secret(layout, "link-secret")


def token(
    layout: Layout,
    role: Role,
    subject: str,
    *,
    name: str | None = None,
    email: str = RECRUITER_EMAIL,
    seconds: int = 30 * 24 * HOUR,
) -> str:
    """Sign a token for one role. A recruiter's names their address: that of the example's opdrachten, unless
    `email` is another."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "name": name or subject,
        "roles": [role.value],
        "iat": now,
        "exp": now + seconds,
    }
    if role is Role.RECRUITER:
        claims["email"] = email
    signer = key(layout)
    return jwt.encode({"alg": "ES256", "kid": signer.kid}, claims, signer)


def write_tokens(layout: Layout, professional: str) -> None:
    """Write a token for each role; the professional's is for the profile id given."""
    folder = layout.folder("tokens")
    subjects = {Role.RECRUITER: "recruiter", Role.OPERATOR: "operator", Role.PROFESSIONAL: professional}
    names = {Role.RECRUITER: "Bureau Voorbeeld", Role.OPERATOR: "Dienstdoende beheerder"}
    for role, subject in subjects.items():
        _private(folder / role.value, token(layout, role, subject, name=names.get(role)))
