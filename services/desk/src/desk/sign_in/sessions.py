"""Sessions: begun, read, refreshed before their token expires, ended.

The browser has an opaque cookie; the database has its hash, and encrypted whose it is: of staff the
provider's tokens, of a professional who they are.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID
from weakref import WeakValueDictionary

from chassis.audit import Actor
from chassis.database import Connection, Pool
from chassis.http.audited import Recording

from desk.sign_in.professionals import Person
from desk.sign_in.provider import Provider, ProviderAway, Refused, Tokens
from desk.sign_in.sealing import Broken, Seal
from desk.store import sessions

REFRESH_EARLY = timedelta(seconds=60)
ASK_AGAIN_SECONDS = 5  # a provider that was away

Held: TypeAlias = Tokens | Person
Ending = Callable[[Connection, str, Held | None], Awaitable[None]]


async def _by_itself(_connection: Connection, _subject: str, _held: Held | None) -> None:
    """Nobody ends it: it is replaced, or its tokens are valid no more."""


class Sessions:
    """The sessions in the desk's database."""

    def __init__(self, provider: Provider, seal: Seal) -> None:
        self._provider = provider
        self._seal = seal
        self._refreshing: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._away_until = 0.0

    async def begin(
        self,
        pool: Pool,
        subject: str,
        held: Held,
        act: Recording | None = None,
        actor: Actor | None = None,
    ) -> str:
        """Begin a session, and return its cookie's value: a new one each time. `act`: by whom it is begun,
        which is `actor` where no token says who."""
        cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
        async with pool.acquire() as connection, connection.transaction():
            await sessions.add(
                connection, key_of(cookie), subject, self._closed(held), _refresh_at(held, now), now
            )
            if act is not None:
                await act.record(connection, actor=actor)
        return cookie

    async def read(self, pool: Pool, cookie: str, *, used: bool) -> Held | None:
        """Return whose a session is, tokens refreshed where that is due; None where it has ended.

        `used`: whether somebody does something, which keeps it from ending; a page that keeps itself up to
        date does not. Raises ProviderAway where the token cannot be refreshed now and may have expired.
        """
        key, now = key_of(cookie), datetime.now(UTC)
        async with pool.acquire() as connection:
            session = await sessions.find(connection, key, now)
            if session is None:
                return None
            if used and now - session.seen_at > sessions.MINUTE:
                await sessions.see(connection, key, now)
        if now < session.refresh_at:
            return self._opened(session.tokens)
        # One of a person's tabs refreshes, while the others wait without holding a connection.
        async with self._refreshing.setdefault(key, asyncio.Lock()):
            return await self._refreshed(pool, key, now)

    async def _refreshed(self, pool: Pool, key: bytes, now: datetime) -> Held | None:
        """Refresh a session's tokens, unless another replica has."""
        async with pool.acquire() as connection, connection.transaction():
            session = await sessions.lock(connection, key, now)
            tokens = None if session is None else self._opened(session.tokens)
            if session is None or not isinstance(tokens, Tokens) or now < session.refresh_at:
                return tokens
            try:
                fresh = await self._refresh(tokens)
            except ProviderAway:
                if now >= session.refresh_at + _early(tokens):
                    raise
                return tokens  # still valid for a moment
            except Refused:
                await sessions.end(connection, key)
                return None
            await sessions.renew(connection, key, self._closed(fresh), _refresh_at(fresh, now))
            return fresh

    async def _refresh(self, tokens: Tokens) -> Tokens:
        if time.monotonic() < self._away_until:
            raise ProviderAway
        try:
            return await self._provider.refresh(tokens)
        except ProviderAway:
            self._away_until = time.monotonic() + ASK_AGAIN_SECONDS
            raise

    async def register(self, pool: Pool, key: bytes, who: Person) -> None:
        """Keep that whoever has this session is registered now."""
        async with pool.acquire() as connection:
            held = self._closed(replace(who, is_new=False))
            await sessions.renew(connection, key, held, _refresh_at(who, datetime.now(UTC)))

    async def end(self, pool: Pool, cookie: str, record: Ending = _by_itself) -> Held | None:
        """End a session, and return whose it was; None where there is none. `record`: writes down that its
        subject ends it."""
        async with pool.acquire() as connection, connection.transaction():
            subject = await sessions.subject_of(connection, key_of(cookie))
            tokens = await sessions.end(connection, key_of(cookie))
            held = None if tokens is None else self._opened(tokens)
            if subject is not None and tokens is not None:
                await record(connection, subject, held)
        return held

    def _closed(self, held: Held) -> bytes:
        if isinstance(held, Person):
            return self._seal.close(asdict(held) | {"profile_id": str(held.profile_id)})
        return self._seal.close(asdict(held))

    def _opened(self, sealed: bytes) -> Held | None:
        """Return whose a session is; None where the secret that sealed it is gone."""
        try:
            held = self._seal.open(sealed)
        except Broken:
            return None
        if "profile_id" in held:
            return Person(**{**held, "profile_id": UUID(held["profile_id"])})
        return Tokens(**held)


def key_of(cookie: str) -> bytes:
    """Return the key under which the database has a session."""
    return hashlib.sha256(cookie.encode()).digest()


def _early(tokens: Tokens) -> timedelta:
    """Return how long before its end an access token is replaced."""
    return min(REFRESH_EARLY, timedelta(seconds=tokens.seconds) / 2)


def _refresh_at(held: Held, now: datetime) -> datetime:
    if isinstance(held, Person):
        return now + sessions.LONGEST  # never: their tokens are signed anew for each request
    return now + timedelta(seconds=held.seconds) - _early(held)
