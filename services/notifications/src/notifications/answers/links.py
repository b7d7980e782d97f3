"""Signed links: each bound to one purpose, and to one match, person or notice: none leads to another's.

Those to preferences, and to confirm, are valid for half a year. Those to a match end with its opdracht
(`answers_end`), and those to unsubscribe never end by time; all four end with the generation that they were
written in, and where their person is erased. A generation is a version of the person's contact
(`ContactUpdated.links_from`): the profiles service says with every contact which one holds, so no database
that went back revives a link.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from chassis.settings import entries
from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

ANSWERS_AFTER_CLOSING = timedelta(days=30)
NO_TOKEN = "persoonlijke-link"
FIRST_GENERATION = 1


class Purpose(StrEnum):
    """What a link is for: the page that it opens, by its path."""

    MATCH = "m"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    NOT_ME = "not-me"
    SIGN_IN = "sign-in"  # at the desk
    ADDRESS = "address"  # at the desk
    CHECK_IN = "check-in"


SALTS = {Purpose.MATCH: "match"}  # where it is not the purpose itself
HALF_A_YEAR = 180 * 24 * 3600
SECONDS = {  # of those that end by time
    Purpose.PREFERENCES: HALF_A_YEAR,
    Purpose.CONFIRM: HALF_A_YEAR,
    Purpose.CHECK_IN: HALF_A_YEAR,
    Purpose.SIGN_IN: 15 * 60,
    Purpose.ADDRESS: 15 * 60,
}


@dataclass(frozen=True)
class Link:
    """What a link says: whose page it opens, and in which generation it was written."""

    subject: UUID
    generation: int = FIRST_GENERATION

    def holds(self, links_from: int) -> bool:
        """Tell whether no later generation has begun."""
        return self.generation >= links_from


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
        keys = entries(secrets)[::-1]  # itsdangerous signs with the last
        self._signers = {one: _Signer(keys, salt=SALTS.get(one, one.value)) for one in Purpose}
        self._tokens = re.compile(rf"({re.escape(self._base)}/[a-z-]+/)[\w.-]+")

    @property
    def secure(self) -> bool:
        """Tell whether our pages are reached by HTTPS."""
        return self._base.startswith("https://")

    def without_tokens(self, text: str) -> str:
        """Return a text with a word in place of the token of every link to our pages: whoever reads it sees
        that there was one, and cannot act with it."""
        return self._tokens.sub(rf"\g<1>{NO_TOKEN}", text)

    @property
    def privacy(self) -> str:
        """Return the page on what is held about people."""
        return f"{self._base}/privacy"

    def assignment(self, assignment_id: UUID) -> str:
        """Return the recruiter's page of one assignment."""
        return f"{self._base}/?assignment={assignment_id}"

    def write(self, purpose: Purpose, subject: UUID, generation: int = FIRST_GENERATION) -> str:
        """Return a link to the page of a match (`MATCH`), a person, or a notice (`NOT_ME`,
        `CHECK_IN`)."""
        # The first generation is written as the version before this one does, which reads no other.
        said = str(subject) if generation == FIRST_GENERATION else f"{subject}.{generation}"
        return f"{self._base}/{purpose}/{self._signers[purpose].dumps(said)}"

    def sign_in(self, desk_url: str, link_id: UUID) -> str:
        """Return a link to the desk's page on which one signs in."""
        return f"{desk_url.rstrip('/')}/mijn/inloggen/{self._signers[Purpose.SIGN_IN].dumps(str(link_id))}"

    def address(self, desk_url: str, link_id: UUID) -> str:
        """Return a link to the desk's page on which one shows that an address is one's own."""
        return f"{desk_url.rstrip('/')}/mijn/adres/{self._signers[Purpose.ADDRESS].dumps(str(link_id))}"

    def read(self, purpose: Purpose, token: str) -> Link | None:
        """Return what a link says; None where it is forged, for another purpose, or too old."""
        try:
            said = self._signers[purpose].loads(token, max_age=SECONDS.get(purpose))
            subject, _, generation = said.partition(".")
            return Link(UUID(subject), int(generation or FIRST_GENERATION))
        except (BadSignature, ValueError, AttributeError):  # AttributeError: what was signed is no text
            return None


def _links(request: Request) -> Links:
    links: Links = request.app.state.resources.links
    return links


OurLinks = Annotated[Links, Depends(_links)]  # for routes
