"""One living profile an address, whatever its form: over HTTP, and in a database of before the rule."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, open_pool
from chassis.erasure import CHASSIS
from contracts.vocabulary import Role
from profiles import backfilling, resuming
from profiles.app import build
from profiles.erasure import ERASURE
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import served
from uuid_utils.compat import uuid7

from contracts import examples

TAKEN = [{"pointer": "/contact/email", "detail": "another profile has this address"}]
PLACEMENT = "01a20f84-1f20-7c40-8a31-5b6c7d8e9f01"


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as client:
        yield client


def body(email: str, **facts: Any) -> dict[str, Any]:
    made = copy.deepcopy(examples.PROFILE)
    made["contact"]["email"] = email
    made["facts"] |= facts
    return made


def is_taken(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and answer.json()["errors"] == TAKEN


async def add(http: httpx.AsyncClient, email: str) -> str:
    answer = await http.post("/profiles", json=body(email))
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def put(http: httpx.AsyncClient, path: str, sent: dict[str, Any]) -> httpx.Response:
    return await http.put(path, json=sent, headers={"If-Match": "*"})


async def written_before(pool: Pool, email: str, **columns: Any) -> UUID:
    """Write a profile as the version before wrote it: it knew no mailbox."""
    profile_id, sent = uuid7(), body(email)
    await pool.execute(
        """
        INSERT INTO profiles (profile_id, version, contact, facts, created_at, updated_at, resume_on)
        VALUES ($1, 1, $2, $3, now(), now(), $4)
        """,
        profile_id,
        sent["contact"],
        {**sent["facts"], "status": "paused"},
        columns.get("resume_on"),
    )
    return profile_id


async def test_an_address_that_a_profile_has_is_refused_in_any_form(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    await add(http, "anke@faß.example")
    for form in ("Anke@faß.example", "anke@FAß.example", "ANKE@xn--fa-hia.example"):
        assert is_taken(await http.post("/profiles", json=body(form)))
    await add(http, "anke@fass.example")
    assert await pool.fetchval("SELECT count(*) FROM profiles") == 2
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts'") == 2


async def test_a_change_to_somebody_elses_address_is_refused_and_one_of_the_own_letters_is_not(
    http: httpx.AsyncClient,
) -> None:
    await add(http, "anke@example.org")
    path = await add(http, "bo@example.org")
    assert is_taken(await put(http, path, body("ANKE@example.org")))
    assert (await http.get(path)).json()["version"] == 1
    assert (await put(http, path, body("Bo@example.org"))).status_code == 200
    assert (await put(http, path, body("bo@elders.example"))).status_code == 200
    await add(http, "bo@example.org")


async def test_of_many_at_once_with_one_address_one_comes_in(http: httpx.AsyncClient) -> None:
    forms = ["samen@example.org", "Samen@example.org", "SAMEN@EXAMPLE.ORG"] * 3
    answers = await asyncio.gather(*(http.post("/profiles", json=body(form)) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 8
    paths = [await add(http, f"{name}@example.org") for name in ("een", "twee", "drie")]
    changes = await asyncio.gather(*(put(http, path, body("nieuw@example.org")) for path in paths))
    assert sorted(answer.status_code for answer in changes) == [200, 409, 409]


async def test_an_erasure_frees_the_address(http: httpx.AsyncClient) -> None:
    path = await add(http, "anke@example.org")
    assert (await http.delete(path)).status_code == 204
    await add(http, "Anke@example.org")


async def test_of_the_profiles_of_before_the_rule_the_oldest_has_the_address(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    oldest, second = [await written_before(pool, f"{name}@example.org") for name in ("Anke", "anke")]
    alone = await written_before(pool, "bo@straße.example")
    await backfilling.backfill(pool)
    await backfilling.backfill(pool)
    keys = {row["profile_id"]: row["mailbox"] for row in await pool.fetch("SELECT * FROM profiles")}
    assert keys == {oldest: "anke@example.org", second: None, alone: "bo@xn--strae-oqa.example"}
    for form in ("ANKE@example.org", "bo@straße.example"):
        assert is_taken(await http.post("/profiles", json=body(form)))
    assert (await http.get(f"/profiles/{alone}")).json()["contact"]["email"] == "bo@straße.example"


async def test_who_shares_an_address_since_before_the_rule_changes_all_but_that(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    await written_before(pool, "anke@example.org")
    second = await written_before(pool, "anke@example.org", resume_on=date(2020, 1, 1))
    await backfilling.backfill(pool)
    path = f"/profiles/{second}"
    await resuming.resume(pool, datetime.now(UTC))
    assert (await http.get(path)).json()["facts"]["status"] == "active"
    assert (await put(http, path, body("Anke@example.org", level="senior"))).status_code == 200
    assert (await put(http, path, body("alleen@example.org"))).status_code == 200
    assert is_taken(await http.post("/profiles", json=body("alleen@example.org")))
    assert is_taken(await put(http, path, body("anke@example.org")))


async def test_what_the_version_before_writes_during_the_roll_out_is_mended(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    moved = await add(http, "oud@example.org")
    await pool.execute(
        """UPDATE profiles SET contact = jsonb_set(contact, '{email}', '"nieuw@example.org"')"""
    )
    await written_before(pool, "oud@example.org")
    await backfilling.backfill(pool)
    assert is_taken(await http.post("/profiles", json=body("oud@example.org")))
    assert is_taken(await http.post("/profiles", json=body("nieuw@example.org")))
    assert (await http.delete(moved)).status_code == 204
    await add(http, "nieuw@example.org")


async def test_a_mailbox_beyond_ascii_comes_in_where_the_setting_says_so(pool: Pool) -> None:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as http:
        refused = await http.post("/profiles", json=body("josé@example.org"))
        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/contact/email"]
    async with served(build(ProfilesSettings(**SETTINGS, allow_smtputf8=True)), pool) as http:
        path = await add(http, "jose\u0301@example.org")
        assert (await http.get(path)).json()["contact"]["email"] == "josé@example.org"
        assert is_taken(await http.post("/profiles", json=body("JOSÉ@example.org")))


async def test_a_professional_does_not_hear_whether_an_address_is_in_use(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    await add(http, "anke@example.org")
    path = await add(http, "bo@example.org")
    own = f"{Role.PROFESSIONAL}:{path.rpartition('/')[2]}"
    async with served(build(ProfilesSettings(**SETTINGS)), pool, own) as professional:
        used, free = [
            await put(professional, path, body(one)) for one in ("anke@example.org", "vrij@example.org")
        ]
        assert used.status_code == free.status_code == 422
        assert used.content == free.content


async def test_an_entry_of_the_portfolio_tells_what_it_was_about_and_whence_it_came(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    entry = {
        "organisation_type": "gemeente",
        "level": "medior",
        "started_on": "2023-03-01",
        "ended_on": None,
        "specialisms": ["redactie"],
        "dossiers": ["wonen"],
        "placement_id": PLACEMENT,
    }
    answer = await http.post("/profiles", json=body("anke@example.org", portfolio=[entry]))
    assert answer.status_code == 201, answer.text
    path = answer.headers["location"]
    assert (await http.get(path)).json()["facts"]["portfolio"] == [entry]
    value = await pool.fetchval("SELECT value FROM outbox WHERE topic = 'profiles'")
    assert json.loads(value)["portfolio"] == [entry]


async def test_every_column_has_a_rule_for_erasures(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    listed = [(rule.table, column) for rule in (*ERASURE, *CHASSIS) for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)
