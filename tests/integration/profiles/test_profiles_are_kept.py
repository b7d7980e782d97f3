"""Profiles in PostgreSQL: what a choice, a pause that ends and an erasure make of their rows."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from chassis.unreadable import UnreadableRow
from contracts.envelope import Event
from contracts.events import PreferencesChosen
from contracts.facts import Contact, OwnFacts
from contracts.vocabulary import Frequency, ProfileStatus
from profiles import handlers, store
from profiles.domain.profile import Profile
from profiles.resuming import resume
from support import people
from uuid_utils.compat import uuid7

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)
RESUME_ON = date(2027, 2, 1)
MAKE_UNREADABLE = """
UPDATE profiles SET facts = jsonb_set(facts, '{level}', '"of-a-newer-release"') WHERE profile_id = ANY($1)
"""
ROWS = """
SELECT * FROM profiles WHERE profile_id = ANY($1) ORDER BY profile_id
"""


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on a database of profiles of one's own."""
    async with open_pool(database) as opened:
        yield opened


async def registered(pool: Pool, name: str = "Anna") -> Profile:
    body = people.profile_body(random.Random(1), name)
    facts = OwnFacts.model_validate_json(json.dumps({**body["facts"], "status": "active"}))
    contact = Contact.model_validate_json(json.dumps(body["contact"]))
    profile, _ = Profile.create(uuid7(), contact, facts, NOW)
    async with pool.acquire() as connection:
        await store.insert(connection, profile)
    return profile


def chosen(profile_id: UUID, at: datetime, paused_until: date | None = None) -> Event:
    choice = PreferencesChosen(
        profile_id=profile_id,
        frequency=Frequency.WEEKLY,
        min_score=70,
        quiet_hours=True,
        paused_until=paused_until,
        chosen_at=at,
    )
    return Event(
        id=str(uuid7()),
        source="/test",
        type="PreferencesChosen.v1",
        subject=profile_id,
        time=at,
        data=choice,
    )


async def apply(pool: Pool, *events: Event) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, events)


async def kept(pool: Pool, profile_id: UUID) -> Profile | None:
    async with pool.acquire() as connection:
        return await store.get(connection, profile_id)


async def published(pool: Pool) -> list[str]:
    return [row["topic"] for row in await pool.fetch("SELECT topic FROM outbox ORDER BY id")]


async def test_of_a_batch_of_choices_the_latest_counts_and_a_repetition_changes_nothing(pool: Pool) -> None:
    profile = await registered(pool)
    later = chosen(profile.profile_id, NOW + timedelta(minutes=1), RESUME_ON)
    batch = (later, chosen(profile.profile_id, NOW))
    await apply(pool, *batch)
    await apply(pool, *batch)
    after = await kept(pool, profile.profile_id)
    assert after is not None
    assert (after.version, after.resume_on) == (2, RESUME_ON)
    assert (after.facts.status, after.contact.preferences.min_score) == (ProfileStatus.PAUSED, 70)
    assert await published(pool) == ["profiles", "contacts"]


async def test_a_pause_ends_once_on_its_day_in_amsterdam(pool: Pool) -> None:
    profile = await registered(pool)
    await apply(pool, chosen(profile.profile_id, NOW, RESUME_ON))
    just_before = datetime(2027, 1, 31, 22, 59, tzinfo=UTC)
    for now in (just_before, just_before + timedelta(minutes=1), just_before + timedelta(days=1)):
        await resume(pool, now)
    after = await kept(pool, profile.profile_id)
    assert after is not None
    assert (after.version, after.updated_at) == (3, just_before + timedelta(minutes=1))
    assert (after.facts.status, after.resume_on) == (ProfileStatus.ACTIVE, None)


async def test_a_pause_that_another_replica_ends_is_passed_over(pool: Pool) -> None:
    profile = await registered(pool)
    await apply(pool, chosen(profile.profile_id, NOW, RESUME_ON))
    async with pool.acquire() as connection, connection.transaction():
        assert await store.get_for_update(connection, profile.profile_id) is not None
        await resume(pool, NOW + timedelta(days=60))
    after = await kept(pool, profile.profile_id)
    assert after is not None
    assert after.version == 2


async def test_after_an_erasure_only_the_id_is_left_and_a_choice_on_its_way_brings_nothing_back(
    pool: Pool,
) -> None:
    profile = await registered(pool)
    async with pool.acquire() as connection, connection.transaction():
        await store.erase(connection, profile.profile_id, NOW)
    await apply(pool, chosen(profile.profile_id, NOW))
    assert await kept(pool, profile.profile_id) is None
    assert await pool.fetchval("SELECT erased_at FROM erasures WHERE profile_id = $1", profile.profile_id)
    assert await published(pool) == []


async def test_one_that_this_version_cannot_read_stays_as_it_is_and_holds_up_nobody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.due.BATCH_SIZE", 2)
    newer = [await registered(pool, f"Nieuw{number}") for number in range(3)]
    due = [await registered(pool, f"Bekend{number}") for number in range(3)]
    for profile in (*newer, *due):
        await apply(pool, chosen(profile.profile_id, NOW, RESUME_ON))
    ids = [profile.profile_id for profile in newer]
    await pool.execute(MAKE_UNREADABLE, ids)
    before = await pool.fetch(ROWS, ids)
    await resume(pool, NOW + timedelta(days=60))
    for profile in due:
        after = await kept(pool, profile.profile_id)
        assert after is not None
        assert after.resume_on is None
    assert await pool.fetch(ROWS, ids) == before
    async with pool.acquire() as connection:
        shown = await store.page(connection, None, 3)
    assert [profile.profile_id for profile in shown] == [profile.profile_id for profile in due]
    with pytest.raises(UnreadableRow):
        await kept(pool, ids[0])
