"""`contact.confirmed_at` over HTTP, on the topic and as a confirmation is heard: left out is not null."""

import copy
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, open_pool
from chassis.http.auth import Caller
from contracts.events import ContactConfirmed, ContactUpdated, ProfileUpdated
from contracts.vocabulary import Role
from profiles.app import build
from profiles.handlers import take_in
from profiles.settings import ProfilesSettings
from profiles.taking_back import take_back
from support.notifying import an_event
from support.openapi import SETTINGS
from support.served import Doorkeeper, served

from contracts import examples

NOW = datetime.now(UTC)
SAID = "2026-05-01T10:00:00Z"
LEFT_OUT = "left out"
MERGE = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool, Role.RECRUITER) as client:
        yield client


class Proving(Doorkeeper):
    """A doorkeeper whose callers proved one address."""

    async def verify(self, token: str) -> Caller:
        return replace(await super().verify(token), email="zelf@example.org")


def body(confirmed_at: Any, email: str = "vraag@example.org") -> dict[str, Any]:
    made = copy.deepcopy(examples.PROFILE)
    made["contact"]["email"] = email
    if confirmed_at != LEFT_OUT:
        made["contact"]["confirmed_at"] = confirmed_at
    return made


async def created(http: httpx.AsyncClient, confirmed_at: Any) -> str:
    answer = await http.post("/profiles", json=body(confirmed_at))
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def held(http: httpx.AsyncClient, path: str) -> Any:
    """Return it as the profile shows it."""
    return (await http.get(path)).json()["contact"].get("confirmed_at", LEFT_OUT)


async def told(pool: Pool) -> Any:
    """Return it as the newest contact on the topic says it."""
    value = await pool.fetchval("SELECT value FROM outbox WHERE topic = 'contacts' ORDER BY id DESC LIMIT 1")
    return json.loads(value).get("confirmed_at", LEFT_OUT)


async def confirm(pool: Pool, path: str, email: str, at: datetime) -> None:
    event = ContactConfirmed(profile_id=UUID(path.rpartition("/")[2]), email=email, confirmed_at=at)
    async with pool.acquire() as connection, connection.transaction():
        await take_in(connection, [an_event(event, at)], datetime.now(UTC))


@pytest.mark.parametrize("confirmed_at", [None, SAID, LEFT_OUT])
async def test_it_stays_as_it_was_said_through_all_that_does_not_name_it(
    pool: Pool, http: httpx.AsyncClient, confirmed_at: Any
) -> None:
    path = await created(http, confirmed_at)
    assert (await held(http, path), await told(pool)) == (confirmed_at, confirmed_at)
    changed = await http.patch(path, json={"contact": {"phone": None, "name": "Anders"}}, headers=MERGE)
    assert changed.status_code == 200
    assert (await held(http, path), await told(pool)) == (confirmed_at, confirmed_at)
    put = await http.put(path, json=body(confirmed_at), headers={"If-Match": '"2"'})
    assert put.status_code == 200
    assert (await held(http, path), await told(pool)) == (confirmed_at, confirmed_at)


@pytest.mark.parametrize("before", [None, SAID, LEFT_OUT])
@pytest.mark.parametrize("after", [None, "2026-06-01T10:00:00Z"])
async def test_a_merge_that_names_it_says_it_null_too(
    pool: Pool, http: httpx.AsyncClient, before: Any, after: Any
) -> None:
    path = await created(http, before)
    answer = await http.patch(path, json={"contact": {"confirmed_at": after}}, headers=MERGE)
    assert answer.status_code == 200
    assert (await held(http, path), await told(pool)) == (after, after)


async def test_what_is_no_moment_is_refused_and_nothing_stored(pool: Pool, http: httpx.AsyncClient) -> None:
    for wrong in ("gisteren", "2026-05-01", True, 0, "2026-05-01T10:00:00"):
        answer = await http.post("/profiles", json=body(wrong))
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/contact/confirmed_at"]
    assert await pool.fetchval("SELECT count(*) FROM profiles") == 0


async def test_a_confirmation_is_kept_and_told_once_however_often_it_comes(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    path, at = await created(http, None), datetime.now(UTC)
    for _ in range(3):
        await confirm(pool, path, "Vraag@Example.org", at)
    assert datetime.fromisoformat(await held(http, path)) == at
    assert (await http.get(path)).headers["etag"] == '"2"'
    assert datetime.fromisoformat(await told(pool)) == at


async def test_one_of_an_address_that_is_no_longer_theirs_confirms_nothing(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    path = await created(http, None)
    await http.patch(path, json={"contact": {"email": "ander@example.org"}}, headers=MERGE)
    at = datetime.now(UTC)
    await confirm(pool, path, "vraag@example.org", at)
    assert await held(http, path) is None
    await confirm(pool, path, "ander@example.org", at)
    assert await held(http, path) is not None


async def test_another_address_by_staff_is_asked_anew_and_one_by_whoever_has_it_is_confirmed(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    path = await created(http, SAID)
    await http.patch(path, json={"contact": {"email": "ander@example.org"}}, headers=MERGE)
    assert (await held(http, path), await told(pool)) == (None, None)
    app = build(ProfilesSettings(**SETTINGS))
    async with served(app, pool, f"{Role.PROFESSIONAL}:{path.rpartition('/')[2]}") as own:
        app.state.authenticator = Proving()
        answer = await own.patch(path, json={"contact": {"email": "zelf@example.org"}}, headers=MERGE)
        assert answer.status_code == 200
    assert datetime.now(UTC) - datetime.fromisoformat(await held(http, path)) < timedelta(minutes=1)


@pytest.mark.parametrize("said", [None, SAID, LEFT_OUT])
async def test_a_database_that_went_back_takes_back_what_was_said(
    pool: Pool, http: httpx.AsyncClient, said: Any
) -> None:
    path = await created(http, said)
    rows = await pool.fetch("SELECT topic, value FROM outbox WHERE topic IN ('profiles', 'contacts')")
    read: dict[str, type[ProfileUpdated | ContactUpdated]] = {
        "profiles": ProfileUpdated,
        "contacts": ContactUpdated,
    }
    events = [an_event(read[row["topic"]].model_validate_json(row["value"]), NOW) for row in rows]
    await pool.execute("DELETE FROM profiles")
    for event in events:
        async with pool.acquire() as connection, connection.transaction():
            assert await take_back(connection, [event])
    assert await held(http, path) == said
