"""The services' OpenAPI documents; `python -m support.openapi` writes them into `contracts/openapi/`.

A document says nothing of where a service runs, and making it reaches nothing. Which release it is of is the
tag's to say: running services do, and the documents here are those of the commit that they lie in.
"""

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import assignments.app
import desk.app
import matching.app
import notifications.app
import profiles.app
from assignments.settings import AssignmentsSettings
from desk.settings import DeskSettings
from fastapi import FastAPI
from joserfc.jwk import ECKey, KeySet
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from profiles.settings import ProfilesSettings

_KEY = ECKey.generate_key("P-256", {"kid": "a", "use": "sig"})
_KEYS = Path(mkdtemp()) / "keys.json"
_KEYS.write_text(json.dumps(KeySet([_KEY]).as_dict(private=True)))
FOLDER = Path(__file__).parents[2] / "contracts" / "openapi"
SETTINGS: dict[str, Any] = {
    "kafka_bootstrap_servers": "kafka.example:9092",
    "kafka_security_protocol": "SSL",
    "database_url": "postgresql://database.example",
    "auth_issuer": "https://identity.example",
    "auth_audience": "opdrachten",
    "auth_jwks_url": "https://identity.example/jwks",
    "smtp_url": "smtps://mail.example",
    "mail_from": "opdrachten@example.org",
    "public_url": "https://opdrachten.example",
    "desk_url": "https://opdrachten.example",
    "oidc_client_id": "desk",
    "oidc_client_secret": "nobody ever signs in with this",
    "session_secret": "no session is ever sealed with this",
    "professionals_issuer": "https://opdrachten.example",
    "professionals_jwks_url": "http://desk/.well-known/jwks.json",
    "professionals_key_file": _KEYS,
    "profiles_url": "http://profiles",
    "assignments_url": "http://assignments",
    "matching_url": "http://matching",
    "notifications_url": "http://notifications",
    "link_secret": "no link is ever signed with this",
}


def apps(other: dict[str, Any] | None = None) -> dict[str, FastAPI]:
    """Return every service as an app that is never started, with `other` settings at will."""
    settings = SETTINGS | (other or {})
    return {
        "profiles": profiles.app.build(ProfilesSettings(**settings)),
        "assignments": assignments.app.build(AssignmentsSettings(**settings)),
        "matching": matching.app.build(MatchingSettings(**settings)),
        "notifications": notifications.app.build(NotificationsSettings(**settings)),
        "desk": desk.app.build(DeskSettings(**settings)),
    }


def documents() -> dict[str, str]:
    """Return every document: file name → text."""
    texts = {}
    for service, app in apps().items():
        app.version = "of this commit"
        texts[f"{service}.json"] = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    return texts


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
