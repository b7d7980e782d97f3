"""Profiles take back from their own topics what their database lost, and are all published again."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event
from contracts.events import ContactUpdated, ProfileUpdated
from contracts.facts import Contact, OwnFacts
from profiles import store
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


def somebody(name: str) -> tuple[Contact, OwnFacts]:
    body = random_facts.profile_body(random.Random(name), name)
    return (
        Contact.model_validate(body["contact"], strict=False),
        OwnFacts.model_validate(body["facts"], strict=False),
    )


def halves(profile_id: UUID, version: int, name: str) -> tuple[Event, Event]:
    contact, facts = somebody(name)
    identity: dict[str, Any] = {"profile_id": profile_id, "version": version}
    said: dict[str, ProfileUpdated | ContactUpdated] = {
        "ContactUpdated.v1": ContactUpdated.model_construct(**identity, **dict(contact)),
        "ProfileUpdated.v1": ProfileUpdated.model_construct(**identity, **dict(facts)),
    }
    first, second = (
        Event(str(uuid7()), "/services/profiles", kind, profile_id, NOW, data) for kind, data in said.items()
    )
    return first, second


def tombstone(profile_id: UUID) -> Event:
    return Event("", "", "ProfileErased.v1", profile_id, NOW, None)


async def heard(pool: Pool, *events: Event) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        return await take_back(connection, events)


async def known(pool: Pool, profile_id: UUID) -> Profile | None:
    async with pool.acquire() as connection:
        return await store.get(connection, profile_id)


async def add(pool: Pool, name: str) -> UUID:
    profile_id = uuid7()
    profile, _ = Profile.create(profile_id, *somebody(name), NOW)
    async with pool.acquire() as connection:
        await store.insert(connection, profile)
    return profile_id


async def test_a_newer_version_is_taken_back_and_an_older_one_is_not(pool: Pool) -> None:
    profile_id = await add(pool, "Eerst")
    contact, facts = halves(profile_id, 3, "Later")
    assert await heard(pool, contact)
    await heard(pool, facts)
    profile = await known(pool, profile_id)
    assert profile is not None
    assert (profile.version, profile.contact, profile.facts) == (3, *somebody("Later"))
    assert not await heard(pool, *halves(profile_id, 2, "Ertussen")[:1])
    assert await known(pool, profile_id) == profile
    assert await pool.fetchval("SELECT count(*) FROM halves WHERE half = 'contact'") == 0


async def test_what_the_database_has_itself_is_left_as_it_is(pool: Pool) -> None:
    profile_id = await add(pool, "Zelf")
    before = await known(pool, profile_id)
    assert not await heard(pool, *halves(profile_id, 1, "Ander"))
    assert await known(pool, profile_id) == before


async def test_somebody_who_is_not_known_comes_back_whole(pool: Pool) -> None:
    profile_id = uuid7()
    contact, facts = halves(profile_id, 2, "Nieuw")
    assert await heard(pool, contact)
    assert await known(pool, profile_id) is None
    assert await heard(pool, facts)
    profile = await known(pool, profile_id)
    assert profile is not None
    assert (profile.version, profile.contact, profile.facts) == (2, *somebody("Nieuw"))
    assert await pool.fetchval("SELECT count(*) FROM halves") == 0


async def test_of_somebody_who_changed_since_the_newest_halves_come_together(pool: Pool) -> None:
    profile_id = uuid7()
    (first, first_facts), (last, last_facts) = halves(profile_id, 1, "Jong"), halves(profile_id, 3, "Oud")
    for event in (first, last, first_facts, last_facts):
        await heard(pool, event)
    profile = await known(pool, profile_id)
    assert profile is not None
    assert (profile.version, profile.contact, profile.facts) == (3, *somebody("Oud"))
    assert await pool.fetchval("SELECT count(*) FROM halves WHERE content <> '{}'") == 0


async def test_who_was_erased_stays_erased_whatever_comes_after(pool: Pool) -> None:
    profile_id, unknown = await add(pool, "Weg"), uuid7()
    contact, facts = halves(unknown, 1, "Mee")
    assert await heard(pool, contact)
    assert await heard(pool, tombstone(profile_id), tombstone(unknown))
    assert not await heard(pool, facts)
    assert not await heard(pool, contact)
    assert not await heard(pool, tombstone(profile_id))
    assert await known(pool, profile_id) is None
    assert await pool.fetchval("SELECT count(*) FROM erasures") == 2
    assert await pool.fetchval("SELECT count(*) FROM halves") == 0


async def test_everybody_is_published_again_above_the_topic_and_erasures_too(pool: Pool) -> None:
    behind, ahead, gone = [await add(pool, name) for name in ("Achter", "Voor", "Gewist")]
    await pool.execute("UPDATE profiles SET version = 9 WHERE profile_id = $1", ahead)
    await pool.execute("INSERT INTO topic_versions VALUES ($1, 7), ($2, 4)", behind, ahead)
    await heard(pool, tombstone(gone))
    await pool.execute("DELETE FROM outbox")
    async with pool.acquire() as connection, connection.transaction():
        first = await publish_profiles(connection, None, NOW)
        assert first.count == 2
        assert (await publish_profiles(connection, first.last, NOW)).last is None
        assert (await publish_erasures(connection, None, NOW)).last == gone
    rows = await pool.fetch("SELECT topic, key, value, header_names FROM outbox ORDER BY id")
    assert all("ce_republished" in row["header_names"] for row in rows)
    said = {(row["topic"], row["key"].decode()) for row in rows}
    both = {(topic, str(one)) for topic in ("profiles", "contacts") for one in (behind, ahead, gone)}
    assert said == {*both, ("keys", str(gone))}
    assert {row["value"] for row in rows if row["key"].decode() == str(gone)} == {None}
    versions = await pool.fetch("SELECT profile_id, version FROM profiles")
    assert {row["profile_id"]: row["version"] for row in versions} == {behind: 8, ahead: 10}


async def test_from_which_version_links_hold_is_taken_back_and_goes_no_lower(pool: Pool) -> None:
    profile_id, unknown = await add(pool, "Links"), uuid7()
    for one in (profile_id, unknown):
        contact, facts = halves(one, 5, "Links")
        assert isinstance(contact.data, ContactUpdated)
        said = contact.data.model_copy(update={"links_from": 4})
        await heard(pool, replace(contact, data=said))
        await heard(pool, facts)
        profile = await known(pool, one)
        assert profile is not None
        assert profile.links_from == 4
        for half in halves(one, 6, "Links"):  # of before it was said
            await heard(pool, half)
        profile = await known(pool, one)
        assert profile is not None
        assert (profile.version, profile.links_from) == (6, 4)


async def test_those_whom_this_version_cannot_read_hold_up_nobody_who_is_published_again(pool: Pool) -> None:
    first, newer, last, newest = [await add(pool, name) for name in ("Eerst", "Nieuw", "Laatst", "Nieuwst")]
    await pool.execute(
        """UPDATE profiles SET facts = jsonb_set(facts, '{level}', '"emperor"') WHERE profile_id = ANY($1)""",
        [newer, newest],
    )
    await pool.execute("DELETE FROM outbox")
    async with pool.acquire() as connection, connection.transaction():
        published = await publish_profiles(connection, None, NOW)
        assert (published.count, published.last) == (2, newest)
        assert (await publish_profiles(connection, newest, NOW)).last is None
    rows = await pool.fetch("SELECT DISTINCT key FROM outbox WHERE topic <> 'keys'")
    assert {UUID(row["key"].decode()) for row in rows} == {first, last}
    rows = await pool.fetch("SELECT profile_id, version FROM profiles")
    assert {row["profile_id"]: row["version"] for row in rows} == {first: 2, newer: 1, last: 2, newest: 1}
