"""The provider's settings and people in STACK_DIR, and what the services must know of it."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from contracts.vocabulary import Role

from stack import issuer
from stack.layout import Layout

CLIENT_ID = "opdrachten-desk"
TOKEN_MINUTES = 60


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; the password is the name, for this is one's own machine."""

    name: str
    display_name: str
    email: str
    role: Role

    @property
    def password(self) -> str:
        """Return what they sign in with."""
        return self.name


PEOPLE = (
    Person("recruiter", "Bureau Voorbeeld", issuer.RECRUITER_EMAIL, Role.RECRUITER),
    Person("operator", "Dienstdoende beheerder", "operator@example.org", Role.OPERATOR),
)


def command(layout: Layout) -> list[str]:
    """Write the provider's files, and return what starts it."""
    folder = layout.folder("keys/identity")
    settings = {
        "config_validation": "strict",
        "server": {"host": "127.0.0.1", "port": layout.ports["identity"]},
        "oauth": {
            "issuer": layout.url("identity"),
            "audience": issuer.AUDIENCE,
            "token_expiry_minutes": TOKEN_MINUTES,
            "refresh_token_rotation": True,
            "require_pkce": True,
            "clients": [
                {
                    "client_id": CLIENT_ID,
                    "client_secret": issuer.secret(layout, "client-secret"),
                    "redirect_uris": [f"{layout.url('desk')}/sign-in/callback"],
                }
            ],
        },
        "jwt": {"keys_dir": str(folder)},
        "session": {
            "secret_key": issuer.secret(layout, "identity-secret"),
            "management_secret": issuer.secret(layout, "identity-management"),
            "enforce_password_check": True,
        },
        "logging": {"level": "WARNING", "log_token_requests": False, "verbose_logging": False},
    }
    people = {
        person.name: {
            "password": person.password,
            "email": person.email,
            "roles": [person.role.value],
            "attributes": {"name": person.display_name},
        }
        for person in PEOPLE
    }
    _write(folder / "settings.yaml", settings)  # JSON is YAML
    _write(folder / "users.yaml", {"users": people})
    return [sys.executable, "-m", "stack.identity", str(folder)]


def _write(path: Path, content: object) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1))


def trust(layout: Layout) -> dict[str, str]:
    """Return whose tokens every service honours: those of scripts, of people who signed in,
    and of professionals whom the desk let in."""
    return {
        "AUTH_ISSUER": f"{issuer.ISSUER},{layout.url('identity')}",
        "AUTH_JWKS_URL": f"file://{issuer.jwks_path(layout)},{layout.url('identity')}/.well-known/jwks.json",
        "AUTH_AUDIENCE": issuer.AUDIENCE,
        "PROFESSIONALS_ISSUER": layout.url("desk"),
        "PROFESSIONALS_JWKS_URL": f"{layout.url('desk')}/.well-known/jwks.json",
    }


def client(layout: Layout) -> dict[str, str]:
    """Return what the desk signs people in with."""
    return {
        "OIDC_ISSUER": layout.url("identity"),
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": issuer.secret(layout, "client-secret"),
        "PROFESSIONALS_KEY_FILE": str(issuer.professionals_key(layout)),
        "SESSION_SECRET": issuer.secret(layout, "session-secret"),
    }
