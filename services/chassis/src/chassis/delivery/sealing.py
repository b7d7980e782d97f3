"""Free text about a person on topics: sealed with a key of that person, which an erasure destroys.

So what outlives an erasure, on a topic, among dead letters, in an outbox or in a copy of a log, can be read
by nobody. profiles makes the keys; the others copy them from the topic `keys` into the same table. Sealed is
the JSON of the fields that an event's model calls its words, with AES-256-GCM: base64 of a nonce of 12 bytes
and the sealed text, bound to the event's type and to the id that the model names (`MatchDecided.v1 ID`).

Words of a person whose key is destroyed are left out, on both sides. An event whose key has not come yet
waits (`intake`). Nothing is written plain, save where no key was ever seen: profiles is then of a release
before them.
"""

import base64
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import TYPE_OF, Data, KeyMade, Worded
from contracts.reading import Undecodable
from contracts.topics import KEYS
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from chassis.database import Connection

KEY_BITS = 256
NONCE_BYTES = 12
KEY_TYPES = (*KEYS.types, KEYS.tombstone)


class KeyNotKnown(Exception):
    """The key of a person has not come yet: it is made with the person."""


@dataclass(frozen=True)
class Keys:
    """Keys by profile id, None where it was destroyed. `any_known`: whether one was ever seen."""

    by_person: dict[UUID, bytes | None]
    any_known: bool = True

    def lack(self, event: Event) -> bool:
        """Tell whether an event is sealed with a key that is not known yet."""
        person = _sealed_about(event.data)
        return person is not None and person not in self.by_person

    def seal(self, data: Data) -> Data:
        """Return data as it travels; raises KeyNotKnown."""
        if not isinstance(data, Worded) or not _has_words(data):
            return data
        person = data.sealed_by
        if person not in self.by_person:
            if self.any_known:
                raise KeyNotKnown
            return data
        key = self.by_person[person]
        bare = data.model_copy(update=data.words)
        if key is None:
            return bare
        nonce = os.urandom(NONCE_BYTES)
        words = data.model_dump_json(include=set(data.words)).encode()
        sealed = nonce + AESGCM(key).encrypt(nonce, words, _bound_to(data))
        return bare.model_copy(update={"sealed": base64.b64encode(sealed).decode()})

    def open(self, event: Event) -> Event:
        """Return an event with its words, or without them where their key is destroyed or never came.

        Raises:
            Undecodable: the key does not open its seal, or what is in it is no such event's.
        """
        person = _sealed_about(event.data)
        if person is None:
            return event
        data = event.data
        assert isinstance(data, Worded)
        key = self.by_person.get(person)
        try:
            words = {} if key is None else _opened(data, key)
            whole = {**data.model_dump(mode="json", exclude={"sealed"}), **words}
            return replace(event, data=type(data).model_validate_json(to_json(whole)))
        except (InvalidTag, TypeError, ValueError):
            raise Undecodable("/sealed: its key does not open it") from None


def _opened(data: Worded, key: bytes) -> dict[str, Any]:
    sealed = base64.b64decode(data.sealed or "", validate=True)
    words = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(data))
    found: dict[str, Any] = from_json(words)
    return found


def _has_words(data: Worded) -> bool:
    return any(getattr(data, field) != blank for field, blank in data.words.items())


def _sealed_about(data: Data | None) -> UUID | None:
    return data.sealed_by if isinstance(data, Worded) and data.sealed is not None else None


def _bound_to(data: Worded) -> bytes:
    return f"{TYPE_OF[type(data)]} {getattr(data, data.about)}".encode()


def make_key() -> bytes:
    """Return a new key."""
    return AESGCM.generate_key(KEY_BITS)


def key_made(profile_id: UUID, key: bytes) -> KeyMade:
    """Return the event that tells of a key."""
    return KeyMade(profile_id=profile_id, key=base64.b64encode(key).decode())


async def keys_for_sealing(connection: Connection, data: Iterable[Data]) -> Keys:
    """Return the keys for what is to be published."""
    people = {one.sealed_by for one in data if isinstance(one, Worded) and _has_words(one)}
    if not people:
        return Keys({})
    keys = await _known(connection, people)
    return Keys(keys, any_known=bool(keys) or await connection.fetchval(_ANY))


async def keys_for_opening(connection: Connection, events: Iterable[Event]) -> Keys:
    """Return the keys for what was read."""
    people = {person for event in events if (person := _sealed_about(event.data)) is not None}
    return Keys(await _known(connection, people) if people else {})


_ANY = """
SELECT EXISTS (SELECT FROM person_keys WHERE key IS NOT NULL)
"""


async def _known(connection: Connection, people: Iterable[UUID]) -> dict[UUID, bytes | None]:
    return {row["profile_id"]: row["key"] for row in await connection.fetch(_KNOWN, list(people))}


_KNOWN = """
SELECT profile_id, key FROM person_keys WHERE profile_id = ANY($1)
"""


async def take_keys(connection: Connection, events: Sequence[Event]) -> bool:
    """Write what events of the topic `keys` say; tell whether that was new. What is destroyed stays so."""
    keys: dict[UUID, bytes | None] = {}
    for event in events:
        if event.data is None:
            keys[event.subject] = None
        elif isinstance(event.data, KeyMade) and keys.get(event.subject, b"") is not None:
            keys[event.subject] = base64.b64decode(event.data.key)
    return bool(await keep_keys(connection, keys))


async def keep_keys(connection: Connection, keys: dict[UUID, bytes | None]) -> list[UUID]:
    """Write keys, None for one that is destroyed; return whose changed anything."""
    if not keys:
        return []
    return [row["profile_id"] for row in await connection.fetch(_KEEP, list(keys), list(keys.values()))]


_KEEP = """
INSERT INTO person_keys AS known (profile_id, key)
SELECT profile_id, key FROM unnest($1::uuid[], $2::bytea[]) AS new (profile_id, key) ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET key = excluded.key
WHERE known.key IS NOT NULL AND known.key IS DISTINCT FROM excluded.key
RETURNING profile_id
"""
