"""Placements and commitments in the profiles service: in the database, over HTTP and in what is published."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event
from contracts.events import TYPES
from contracts.facts import ProfileFacts
from profiles import handlers, store
from profiles.app import build
from profiles.days_passing import settle
from profiles.domain.effective import Placement, day_of, effective
from profiles.settings import ProfilesSettings
from profiles.taking_back import take_back
from support import people
from support.openapi import SETTINGS
from support.placements import TERMS, event, said
from support.served import served

ANY = {"If-Match": "*"}
DAY = timedelta(days=1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as client:
        yield client


def today() -> date:
    """Return the day by which the service goes now."""
    return day_of(datetime.now(UTC))


def body(name: str, **facts: Any) -> dict[str, Any]:
    made = people.profile_body(random.Random(name), name)
    own = {"status": "active", "hours_min": 8, "hours_max": 32, "portfolio": [], "available_until": None}
    return {**made, "facts": {**made["facts"], **own, "available_from": "2026-12-01", **facts}}


async def somebody(http: httpx.AsyncClient, name: str, **facts: Any) -> str:
    answer = await http.post("/profiles", json=body(name, **facts))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["profile_id"])


async def shown(http: httpx.AsyncClient, profile_id: str) -> dict[str, Any]:
    return dict((await http.get(f"/profiles/{profile_id}")).json())


def placement(profile_id: str | None, placement_id: UUID | None = None, **changes: Any) -> Event:
    data = {
        "placement_id": str(placement_id or uuid4()),
        "assignment_id": str(uuid4()),
        "profile_id": profile_id,
        "version": 1,
        "organisation_type": "provincie",
        "level": "senior",
        "state": "agreed",
        **TERMS,
        "starts_on": str(today()),
        "ends_on": str(today() + 90 * DAY),
        **changes,
    }
    kind = "PlacementEnded.v1" if data["state"] == "ended" else "PlacementAgreed.v1"
    return event(kind, data)


async def heard(pool: Pool, *events: Event) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, events)


async def latest(pool: Pool) -> dict[str, Any]:
    return (await said(pool, "profiles"))[-1][1]


def cancelled(of: Event) -> Event:
    data = json.loads(of.data.model_dump_json()) if of.data else {}
    ended = {"state": "ended", "ended_on": str(today()), "ended_reason": "cancelled"}
    return event("PlacementEnded.v1", {**data, **ended, "version": data["version"] + 1})


async def test_a_placement_takes_hours_and_is_in_the_portfolio_until_it_is_cancelled(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna = await somebody(http, "Anna", hours_min=8)
    before = await shown(http, anna)
    assert before["effective_facts"]["hours_max"] == 32
    agreed = placement(anna)
    await heard(pool, agreed)
    at_work = await shown(http, anna)
    assert at_work["facts"] == before["facts"]
    assert at_work["effective_facts"]["hours_max"] == 8
    (entry,) = at_work["effective_facts"]["portfolio"]
    assert (entry["placement_id"], entry["ended_on"]) == (str(agreed.subject), None)
    published = await latest(pool)
    assert published["version"] == at_work["version"] == 2
    assert {name: published[name] for name in at_work["effective_facts"]} == at_work["effective_facts"]
    own = {"status": "active", "available_from": "2026-12-01", "hours_max": 32}
    assert published["own"] == own
    await heard(pool, cancelled(agreed), agreed)
    after = await shown(http, anna)
    assert after["facts"] == before["facts"]
    assert after["effective_facts"] == before["effective_facts"]
    assert (await latest(pool))["own"] is None
    contacts = [data["version"] for _, data in await said(pool, "contacts")]
    assert contacts == [data["version"] for _, data in await said(pool, "profiles")] == [1, 2, 3]


async def test_commitments_count_and_are_shown_and_travel_on_no_topic(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    job = {"hours": 20, "from": "2025-01-01", "until": None, "kind": "vast"}
    anna = await somebody(http, "Baan", commitments=[job])
    assert (await shown(http, anna))["facts"]["commitments"] == [job]
    assert (await shown(http, anna))["effective_facts"]["hours_max"] == 12
    assert "commitments" not in (await shown(http, anna))["effective_facts"]
    kept = await http.patch(f"/profiles/{anna}", json={"contact": {"name": "Baan Twee"}}, headers=ANY)
    assert kept.status_code == 200
    assert (await shown(http, anna))["facts"]["commitments"] == [job]
    answer = await http.put(f"/profiles/{anna}", json=body("Baan"), headers=ANY)
    assert answer.status_code == 200
    assert (await shown(http, anna))["effective_facts"]["hours_max"] == 32
    assert "commitments" not in (await shown(http, anna))["facts"]
    for row in await pool.fetch("SELECT value FROM outbox"):
        assert b"commitments" not in row["value"]
        assert b'"vast"' not in row["value"]


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        (
            {"commitments": [{"hours": 8, "from": "2027-01-02", "until": "2027-01-01", "kind": "vast"}]},
            "until",
        ),
        ({"commitments": [{"hours": 0, "from": "2027-01-02", "kind": "vast"}]}, "hours"),
        ({"commitments": [{"hours": 8, "kind": "vast"}]}, "from"),
        ({"commitments": [{"hours": 8, "from": "2027-01-02", "kind": "stage"}]}, "kind"),
        ({"commitments": [{"hours": 8, "first_day": "2027-01-02", "kind": "vast"}]}, "from"),
    ],
)
async def test_a_commitment_that_is_wrong_is_refused_by_name(
    pool: Pool, http: httpx.AsyncClient, facts: dict[str, Any], pointer: str
) -> None:
    answer = await http.post("/profiles", json=body("Fout", **facts))
    assert answer.status_code == 422
    assert f"/facts/commitments/0/{pointer}" in [error["pointer"] for error in answer.json()["errors"]]
    assert await pool.fetchval("SELECT count(*) FROM profiles") == 0


async def test_an_entry_to_come_is_refused_without_a_placement_and_its_words_are_on_no_topic(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    entry = {"organisation_type": "gemeente", "level": "medior", "started_on": str(today())}
    words = {"organisation_name": "Gemeente Geheim", "title": "Geheime titel", "result": "Geheim resultaat"}
    later = {**entry, "started_on": str(today() + 2 * DAY)}
    refused = await http.post("/profiles", json=body("Straks", portfolio=[entry, later]))
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/facts/portfolio/1/started_on"]
    placed = {**later, "placement_id": str(uuid4())}
    anna = await somebody(http, "Woorden", portfolio=[{**entry, **words}, placed])
    found = await shown(http, anna)
    assert words.items() <= found["facts"]["portfolio"][0].items()
    assert len(found["effective_facts"]["portfolio"]) == 1
    assert not words.keys() & found["facts"]["portfolio"][1].keys()
    patched = await http.patch(f"/profiles/{anna}", json={"facts": {"level": "senior"}}, headers=ANY)
    assert patched.status_code == 200
    assert words.items() <= (await shown(http, anna))["facts"]["portfolio"][0].items()
    assert (
        words.items() <= (await http.get(f"/profiles/{anna}/export")).json()["facts"]["portfolio"][0].items()
    )
    assert not any(b"eheim" in row["value"] for row in await pool.fetch("SELECT value FROM outbox"))


def last_day(rng: random.Random, first: date, today: date) -> date:
    """Choose until when, never today: what follows would be another after a midnight."""
    chosen = first + rng.randint(0, 90) * DAY
    return chosen + DAY if chosen == today else chosen


def world(rng: random.Random, everybody: list[str], today: date) -> list[Event]:
    """Return the whole history of some placements, in its order. Midnight may pass meanwhile: none begins
    tomorrow or ends today.
    """
    found = []
    for _ in range(6):
        first = today + rng.choice([*range(-60, 1), *range(2, 61)]) * DAY
        made = placement(
            rng.choice(everybody),
            hours=rng.choice([8, 16, 24]),
            starts_on=str(first),
            ends_on=str(last_day(rng, first, today)),
        )
        found.append(made)
        for version in range(2, rng.randint(2, 5)):
            data = json.loads(found[-1].data.model_dump_json()) if found[-1].data else {}
            ends = last_day(rng, first, today)
            changes: dict[str, Any] = {"version": version, "hours": rng.choice([8, 16]), "ends_on": str(ends)}
            if rng.random() < 0.4:
                reason = rng.choice(["early", "cancelled", "completed"])
                changes |= {"state": "ended", "ended_on": str(ends), "ended_reason": reason}
            kind = "PlacementEnded.v1" if "state" in changes else "PlacementChanged.v1"
            found.append(event(kind, {**data, **changes}))
            if "state" in changes:
                break
    return found


def last_states(events: Iterable[Event]) -> dict[UUID, Any]:
    last: dict[UUID, Any] = {}
    for one in events:
        last[one.subject] = one.data
    return last


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_the_order_and_repetition_of_events_the_facts_are_those_of_the_last_states(
    pool: Pool, http: httpx.AsyncClient, seed: int
) -> None:
    rng, day = random.Random(seed), today()
    everybody = [
        await somebody(http, f"Wereld{number}", hours_min=rng.choice([8, 24])) for number in range(3)
    ]
    events = world(rng, everybody, day)
    sent = events + rng.choices(events, k=20)
    rng.shuffle(sent)
    sent += rng.sample(events, k=len(events))  # each came at least once
    batches: list[list[Event]] = []
    while sent:
        size = rng.randint(1, 6)
        batches.append(sent[:size])
        sent = sent[size:]
    await asyncio.gather(*(heard(pool, *batch) for batch in batches))
    states = last_states(events)
    for profile_id in everybody:
        found = await shown(http, profile_id)
        async with pool.acquire() as connection:
            profile = await store.get(connection, UUID(profile_id))
        assert profile is not None
        theirs = [Placement.published(one) for one in states.values() if one.profile_id == UUID(profile_id)]
        expected = effective(profile.facts, theirs, day)
        assert found["effective_facts"] == json.loads(expected.model_dump_json())
        last = [data for _, data in await said(pool, "profiles") if data["profile_id"] == profile_id][-1]
        assert ProfileFacts.model_validate_json(json.dumps(last)) == expected
        assert last["version"] == found["version"]


async def test_a_days_passing_is_published_once_by_one_of_many_replicas(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    day = today()
    anna = await somebody(http, "Dagen", hours_min=24)
    await heard(pool, placement(anna, starts_on=str(day + 10 * DAY), ends_on=str(day + 19 * DAY), hours=32))
    assert (await shown(http, anna))["effective_facts"]["available_from"] == str(day + 20 * DAY)
    noon = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    versions = []
    for days in (9, 10, 11, 19, 20, 21):
        await asyncio.gather(*(settle(pool, noon + days * DAY) for _ in range(4)))
        versions.append((await latest(pool))["version"])
    assert versions == [2, 3, 3, 3, 4, 4]
    published = [data for _, data in await said(pool, "profiles")]
    assert [len(data["portfolio"]) for data in published] == [0, 0, 1, 1]
    assert published[2]["portfolio"][0]["ended_on"] is None
    assert published[3]["portfolio"][0]["ended_on"] == str(day + 19 * DAY)
    assert [data["hours_max"] for data in published] == [32, 32, 32, 32]
    assert published[3]["available_from"] == "2026-12-01"
    assert await pool.fetchval("SELECT due_on FROM profiles") == date.max


async def test_what_the_version_before_wrote_of_somebody_at_work_is_published_as_it_follows(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, bob = await somebody(http, "Eerder"), await somebody(http, "Zonder")
    await heard(pool, placement(anna))
    await pool.execute(
        "UPDATE profiles SET version = version + 1"
    )  # and published the facts as they were written
    await settle(pool, datetime.now(UTC))
    found = await shown(http, anna)
    assert (found["version"], found["effective_facts"]["hours_max"]) == (4, 8)
    assert ((await latest(pool))["profile_id"], (await latest(pool))["version"]) == (anna, 4)
    assert (await shown(http, bob))["version"] == 2
    count = len(await said(pool, "profiles"))
    await settle(pool, datetime.now(UTC))
    assert len(await said(pool, "profiles")) == count


async def test_what_a_restored_database_lost_comes_back_as_it_was_written(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    job = {"hours": 4, "from": "2025-01-01", "until": None, "kind": "vast"}
    anna = await somebody(http, "Terug", commitments=[job])
    agreed = placement(anna, hours=16)
    await heard(pool, agreed)
    changed = {"facts": {"hours_max": 30}}
    assert (await http.patch(f"/profiles/{anna}", json=changed, headers=ANY)).status_code == 200
    assert (await shown(http, anna))["effective_facts"]["hours_max"] == 10
    rows = await pool.fetch(
        "SELECT topic, value FROM outbox WHERE topic IN ('contacts', 'profiles') ORDER BY id"
    )
    kinds = {"contacts": "ContactUpdated.v1", "profiles": "ProfileUpdated.v1"}
    events = [
        Event(str(uuid4()), "/services/profiles", kinds[row["topic"]], UUID(anna), datetime.now(UTC), data)
        for row in rows
        if (data := TYPES[kinds[row["topic"]]].model_validate_json(row["value"]))
    ]
    await pool.execute("""
        UPDATE profiles
        SET version = 1, facts = jsonb_set(facts, '{hours_max}', '32'), due_on = NULL, settled_version = NULL
    """)
    await pool.execute("DELETE FROM placements")
    for kind in ("ContactUpdated.v1", "ProfileUpdated.v1"):
        async with pool.acquire() as connection, connection.transaction():
            await take_back(connection, [one for one in events if one.type == kind])
    await heard(pool, agreed)
    found = await shown(http, anna)
    assert (found["facts"]["hours_max"], found["facts"]["commitments"]) == (30, [job])
    assert found["facts"]["portfolio"] == []
    assert found["effective_facts"]["hours_max"] == 10
    assert len(found["effective_facts"]["portfolio"]) == 1


async def test_of_an_erased_person_no_work_is_left_and_what_comes_late_brings_none_back(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, unknown = await somebody(http, "Weg"), str(uuid4())
    agreed = placement(anna)
    await heard(pool, agreed, placement(unknown))
    assert (await http.delete(f"/profiles/{anna}")).status_code == 204
    await heard(pool, agreed, placement(anna))
    assert await pool.fetchval("SELECT count(*) FROM placements WHERE profile_id <> $1", UUID(unknown)) == 0
    data = json.loads(agreed.data.model_dump_json()) if agreed.data else {}
    await heard(pool, event("PlacementChanged.v1", {**data, "version": 2, "profile_id": None}))
    await heard(pool, agreed)
    assert await pool.fetchval("SELECT count(*) FROM placements") == 1
