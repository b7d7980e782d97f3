"""What somebody sent after their session had ended, or while their token could not be renewed.

They sign in, come back to the page, and find in its form what they typed; nothing is sent before they send it
again. The form lies encrypted in the database for a quarter of an hour, under the hash of a random cookie of
this browser, and with the subject that was signed in here last, which the browser keeps sealed: whoever else
signs in on this browser does not get it, nor does that person on another one. Without such a sealed subject
nothing is kept, so strangers store nothing. What another site sends is refused before it comes here
(`same_site.py`), and what is kept is only ever shown: the change is a POST of our own page, as any other.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.database import Pool
from fastapi import Request

from desk.domain.own_path import own_path
from desk.sign_in.door import door_of
from desk.sign_in.sealing import Broken
from desk.store import kept_forms

LARGEST = 262_144  # bytes: all texts of messages at their longest fit
MOST_FIELDS = 1000


@dataclass(frozen=True)
class Kept:
    """A form that was sent. `page`: the path on which it stood; `action`: where it was sent."""

    page: str
    action: str
    fields: Sequence[tuple[str, str]]

    @property
    def typed(self) -> Mapping[str, list[str]]:
        """Return the values of each field."""
        typed: dict[str, list[str]] = {}
        for name, value in self.fields:
            typed.setdefault(name, []).append(value)
        return typed


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """Return what a form sent, in its order."""
    sent = await request.form(max_fields=MOST_FIELDS, max_files=0)
    return [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]


async def keep(request: Request, page: str) -> tuple[str, str] | None:
    """Keep a form that was sent from a page of ours; return the name and the value of the cookie that leads
    to it, None where nothing was kept."""
    door, length = door_of(request), request.headers.get("content-length", "")
    subject = door.last_subject(request)
    if subject is None or not length.isdecimal() or int(length) > LARGEST:
        return None
    action = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = page.partition("?")[0]
    kept = Kept(page, own_path(action), await fields_of(request))
    cookie = secrets.token_urlsafe(32)
    async with request.app.state.resources.pool.acquire() as connection:
        await kept_forms.add(
            connection, _key(cookie), subject, door.kept.close(asdict(kept)), datetime.now(UTC)
        )
    return door.kept_cookie(page), cookie


async def come_back_for(request: Request, pool: Pool, subject: str) -> Kept | None:
    """Return what was kept for the page that is asked for, once; None where nothing was."""
    door = door_of(request)
    cookie = request.cookies.get(door.kept_cookie(request.url.path))
    if cookie is None:
        return None
    async with pool.acquire() as connection:
        sealed = await kept_forms.find(connection, _key(cookie), subject, datetime.now(UTC))
        try:
            kept = None if sealed is None else _read(door.kept.open(sealed))
        except Broken:
            return None
        if kept is None or kept.page != request.url.path:
            return None
        await kept_forms.drop(connection, _key(cookie))
    return kept


def _read(content: Mapping[str, Any]) -> Kept:
    return Kept(content["page"], content["action"], [(name, value) for name, value in content["fields"]])


def _key(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
