"""A professional who is signed in answers a match over HTTP: by the rules of the page of a mail's link."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool, open_pool
from contracts.vocabulary import Role
from notifications.app import build
from notifications.settings import NotificationsSettings
from support.notifying import add_assignment, add_contact, propose
from support.openapi import SETTINGS
from support.served import served

LATER = (datetime.now(UTC) + timedelta(days=20)).isoformat()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(NotificationsSettings(**SETTINGS)), pool) as opened:
        yield opened


async def a_match(pool: Pool, respond_by: str = LATER) -> tuple[UUID, UUID]:
    """Return a match and its professional."""
    person = uuid4()
    await add_contact(pool, person, f"{person}@example.org", "daily")
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=respond_by)
    return (await propose(pool, opdracht, person, datetime.now(UTC))).match_id, person


async def answer(
    http: httpx.AsyncClient, match: object, person: object, role: str = Role.PROFESSIONAL, **body: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {role}:{person}"}
    return await http.post(f"/matches/{match}/answer", json=body, headers=headers)


async def test_an_answer_is_taken_published_and_written_down_as_theirs(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    match, person = await a_match(pool)
    given = await answer(http, match, person, answer="interested")
    assert given.status_code == 200, given.text
    assert given.json() == {
        "match_id": str(match),
        "standing": "interested",
        "choices": ["interested", "declined"],
        "told_again_at": None,
    }
    again = await answer(http, match, person, answer="interested")
    assert again.json() == given.json()
    no = await answer(http, match, person, answer="declined", reason="Te ver.")
    assert no.json()["standing"] == "declined"
    said = [json.loads(row[0]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY id")]
    told = [one for one in said if "answer" in one]
    assert [(one["answer"], one["reason"]) for one in told] == [("interested", None), ("declined", "Te ver.")]
    acts = await pool.fetch("SELECT issuer, subject, role, action FROM audit_acts ORDER BY id")
    assert [tuple(row) for row in acts] == [
        ("https://issuer.example", str(person), Role.PROFESSIONAL, "answer")
    ] * 2


async def test_later_tells_when(pool: Pool, http: httpx.AsyncClient) -> None:
    match, person = await a_match(pool)
    given = await answer(http, match, person, answer="later")
    assert given.json()["standing"] == "open"
    assert datetime.fromisoformat(given.json()["told_again_at"]) > datetime.now(UTC)


async def test_what_is_too_late_is_refused(pool: Pool, http: httpx.AsyncClient) -> None:
    match, person = await a_match(pool, (datetime.now(UTC) - timedelta(hours=1)).isoformat())
    for wanted in ("interested", "declined", "later"):
        refused = await answer(http, match, person, answer=wanted)
        assert refused.status_code == 409, wanted
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_nobody_answers_for_another(pool: Pool, http: httpx.AsyncClient) -> None:
    match, person = await a_match(pool)
    assert (await answer(http, match, uuid4(), answer="interested")).status_code == 404
    assert (await answer(http, uuid4(), person, answer="interested")).status_code == 404
    for role in (Role.RECRUITER, Role.OPERATOR, Role.DESK):
        assert (await answer(http, match, person, role, answer="interested")).status_code == 403
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/answer"),
        ({"answer": "perhaps"}, "/answer"),
        ({"answer": "declined", "reason": "x" * 2101}, "/reason"),
        ({"answer": "declined", "other": 1}, "/other"),
    ],
)
async def test_what_is_no_answer_is_named(
    pool: Pool, http: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    match, person = await a_match(pool)
    refused = await answer(http, match, person, **body)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
