"""Whoever has a profile has a key, told on its topic, taken back, published again, ended with them."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from chassis.delivery.sealing import key_made, make_key
from contracts.envelope import Event
from contracts.events import KeyMade
from contracts.facts import Contact, OwnFacts
from contracts.topics import KEYS
from profiles import keys, store
from profiles.domain.profile import Profile
from profiles.republishing import publish_erasures, publish_profiles
from profiles.taking_back import take_back
from support import people as random_facts
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


async def somebody(pool: Pool) -> UUID:
    """Add a profile as the release before this one did: without a key."""
    profile_id = uuid7()
    body = random_facts.profile_body(random.Random(str(profile_id)), f"Kim-{profile_id}")
    contact = Contact.model_validate(body["contact"], strict=False)
    facts = OwnFacts.model_validate(body["facts"], strict=False)
    profile, _ = Profile.create(profile_id, contact, facts, NOW)
    async with pool.acquire() as connection:
        await store.insert(connection, profile)
    return profile_id


async def published(pool: Pool) -> list[tuple[UUID, KeyMade | None]]:
    """Return what went out on the topic, and empty the outbox."""
    rows = await pool.fetch("WITH gone AS (DELETE FROM outbox RETURNING *) SELECT * FROM gone ORDER BY id")
    return [
        (
            UUID(row["key"].decode()),
            None if row["value"] is None else KeyMade.model_validate_json(row["value"]),
        )
        for row in rows
        if row["topic"] == KEYS.name
    ]


async def known(pool: Pool) -> dict[UUID, bytes | None]:
    rows = await pool.fetch("SELECT profile_id, key FROM person_keys")
    return {row["profile_id"]: row["key"] for row in rows}


async def test_who_has_no_key_gets_one_once_and_it_is_published_again_as_it_is(pool: Pool) -> None:
    people = {await somebody(pool) for _ in range(3)}
    await keys.make_missing(pool)
    made = await published(pool)
    assert {person for person, _ in made} == people
    assert len({event.key for _, event in made if event is not None}) == 3
    await keys.make_missing(pool)
    assert await published(pool) == []
    async with pool.acquire() as connection:
        await publish_profiles(connection, None, NOW)
    assert sorted(await published(pool), key=str) == sorted(made, key=str)


async def test_a_key_that_the_topic_has_is_taken_back_and_no_other_is_made(pool: Pool) -> None:
    person, key = await somebody(pool), make_key()
    event = Event(str(uuid7()), "/services/profiles", "KeyMade.v1", person, NOW, key_made(person, key))
    async with pool.acquire() as connection, connection.transaction():
        assert await take_back(connection, [event])
    await keys.make_missing(pool)
    assert await published(pool) == []
    assert await known(pool) == {person: key}


async def test_of_who_was_erased_by_the_release_before_the_key_is_destroyed_too(pool: Pool) -> None:
    person = await somebody(pool)
    await keys.make_missing(pool)
    await published(pool)
    await pool.execute("DELETE FROM profiles")
    await pool.execute("INSERT INTO erasures VALUES ($1, now())", person)
    for told in ([(person, None)], []):
        await keys.destroy_left_over(pool)
        assert await published(pool) == told
    assert await known(pool) == {person: None}


async def test_an_erasure_destroys_the_key_here_and_on_the_topic(pool: Pool) -> None:
    person = await somebody(pool)
    await keys.make_missing(pool)
    async with pool.acquire() as connection, connection.transaction():
        await store.erase(connection, person, NOW)
    await published(pool)
    assert await known(pool) == {person: None}
    async with pool.acquire() as connection:
        await publish_erasures(connection, None, NOW)
    assert await published(pool) == [(person, None)]
