"""Signed links: each bound to one match or one person, and to one purpose: none leads to another's.

Those to preferences, and to confirm, are valid for half a year. Those to a match end with its opdracht
(`answers_end`), and those to unsubscribe never end by time; all end where their person is erased.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from chassis.settings import entries
from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

PREFERENCES_SECONDS = 180 * 24 * 3600
ANSWERS_AFTER_CLOSING = timedelta(days=30)
NO_TOKEN = "persoonlijke-link"


def answers_end(closed_at: datetime) -> datetime:
    """Return until when the link to a match of an opdracht works that closed."""
    return closed_at + ANSWERS_AFTER_CLOSING


class _Signer(URLSafeTimedSerializer):
    """Signs as its base does, without trying to compress first: no id gets shorter by that, and with three
    links it took a sixth of the time of a mail."""

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(self.serializer.dumps(obj))


class Links:
    """Signs with the first of the comma-separated secrets and verifies with all."""

    def __init__(self, public_url: str, secrets: str) -> None:
        self._base = public_url.rstrip("/")
        keys = entries(secrets)  # itsdangerous signs with the last
        self._matches = _Signer(keys[::-1], salt="match")
        self._preferences = _Signer(keys[::-1], salt="preferences")
        self._unsubscribe = _Signer(keys[::-1], salt="unsubscribe")
        self._confirm = _Signer(keys[::-1], salt="confirm")
        self._tokens = re.compile(rf"({re.escape(self._base)}/[a-z-]+/)[\w.-]+")

    @property
    def secure(self) -> bool:
        """Tell whether our pages are reached by HTTPS."""
        return self._base.startswith("https://")

    def without_tokens(self, text: str) -> str:
        """Return a text with a word in place of the token of every link to our pages: whoever reads it sees
        that there was one, and cannot act with it."""
        return self._tokens.sub(rf"\g<1>{NO_TOKEN}", text)

    def assignment(self, assignment_id: UUID) -> str:
        """Return the recruiter's page of one assignment."""
        return f"{self._base}/?assignment={assignment_id}"

    def match(self, match_id: UUID) -> str:
        """Return the professional's page of one match."""
        return f"{self._base}/m/{self._matches.dumps(str(match_id))}"

    def read_match(self, token: str) -> UUID | None:
        """Return the match of a link; None where the link is forged."""
        return _read(self._matches, token)

    def preferences(self, profile_id: UUID) -> str:
        """Return a professional's preferences page."""
        return f"{self._base}/preferences/{self._preferences.dumps(str(profile_id))}"

    def read_preferences(self, token: str) -> UUID | None:
        """Return the professional of a link to preferences; None where it is forged or too old."""
        return _read(self._preferences, token, PREFERENCES_SECONDS)

    def confirm(self, profile_id: UUID) -> str:
        """Return the page on which a professional confirms."""
        return f"{self._base}/confirm/{self._confirm.dumps(str(profile_id))}"

    def read_confirm(self, token: str) -> UUID | None:
        """Return the professional of a link to confirm; None where it is forged or too old."""
        return _read(self._confirm, token, PREFERENCES_SECONDS)

    @property
    def privacy(self) -> str:
        """Return the page on what is held about people."""
        return f"{self._base}/privacy"

    def unsubscribe(self, profile_id: UUID) -> str:
        """Return the link that ends a professional's mail."""
        return f"{self._base}/unsubscribe/{self._unsubscribe.dumps(str(profile_id))}"

    def read_unsubscribe(self, token: str) -> UUID | None:
        """Return the professional of a link to unsubscribe; None where it is forged."""
        return _read(self._unsubscribe, token)


def _read(serializer: URLSafeTimedSerializer, token: str, max_age: int | None = None) -> UUID | None:
    try:
        return UUID(serializer.loads(token, max_age=max_age))
    except (BadSignature, ValueError):
        return None


def _links(request: Request) -> Links:
    links: Links = request.app.state.resources.links
    return links


OurLinks = Annotated[Links, Depends(_links)]  # for routes
