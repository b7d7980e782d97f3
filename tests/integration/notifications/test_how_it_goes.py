"""Whoever is at work says how it goes, on the page that their mail links to."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from contracts.envelope import Event
from support.at_work import AGREED, DAY, World, at_work, said
from support.notifying import take
from uuid_utils.compat import uuid7


async def asked(world: World, address: str, **changes: Any) -> str:
    """Return the page of a check-in that somebody was just asked."""
    agreed = await at_work(world, address, **changes)
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED + 20 * DAY)
    mail = [mail for _, mail in world.sent if address in mail["To"]][-1]
    body = mail.get_body(("plain",))
    assert body is not None
    found: str = next(word for word in body.get_content().split() if "/check-in/" in word)
    world.sent.clear()
    return found.partition("?")[0]


PUBLISHED = "SELECT convert_from(value, 'UTF8') FROM outbox WHERE topic = 'checkins' ORDER BY id"


async def test_looking_changes_nothing_and_the_latest_answer_counts(
    world: World, http: httpx.AsyncClient
) -> None:
    page = await asked(world, "antwoordt@example.org")
    shown = await http.get(page, params={"answer": "gaat-wel"})
    assert shown.status_code == 200
    assert "Hoe gaat het?" in shown.text
    assert await world.pool.fetch(PUBLISHED) == []
    for wrong in ({"answer": "prima"}, {}, {"answer": "goed", "sentence": "x" * 2001}):
        assert (await http.post(page, data=wrong)).status_code == 422
    for answer in ("goed", "goed", "gaat-wel"):
        done = await http.post(page, data={"answer": answer})
        assert done.status_code == 200
        assert "Dank je wel" in done.text
    rows = [json.loads(row[0]) for row in await world.pool.fetch(PUBLISHED)]
    assert [row["answer"] for row in rows] == ["goed", "gaat-wel"]
    await world.live(world.now + DAY)
    assert world.sent == []


async def test_a_double_click_is_one_answer(world: World, http: httpx.AsyncClient) -> None:
    page = await asked(world, "dubbel@example.org")
    async with world.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM notices WHERE kind = 'started' FOR UPDATE")
        clicks = [asyncio.create_task(http.post(page, data={"answer": "wil-praten"})) for _ in range(2)]
        async with asyncio.timeout(60):
            while await world.pool.fetchval(WAITING_FOR_A_LOCK) < len(clicks):
                await asyncio.sleep(0.05)
        await transaction.rollback()
    assert [one.status_code for one in await asyncio.gather(*clicks)] == [200, 200]
    assert len(await world.pool.fetch(PUBLISHED)) == 1


WAITING_FOR_A_LOCK = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_one_check_in_takes_ten_answers(world: World, http: httpx.AsyncClient) -> None:
    page = await asked(world, "vaak@example.org")
    for count in range(10):
        done = await http.post(page, data={"answer": "wil-praten", "sentence": f"Nog iets: {count}"})
        assert done.status_code == 200
    assert (
        await http.post(page, data={"answer": "wil-praten", "sentence": "Nog iets: 9"})
    ).status_code == 200
    refused = await http.post(page, data={"answer": "goed"})
    assert refused.status_code == 409
    assert "je hebt al heel vaak geantwoord" in refused.text
    assert len(await world.pool.fetch(PUBLISHED)) == 10


@pytest.mark.parametrize("coach", [None, {"name": "Petra Coach", "email": "petra@example.org"}])
async def test_who_wants_to_talk_reaches_the_recruiter_or_their_coach_at_once(
    world: World, http: httpx.AsyncClient, coach: dict[str, str] | None
) -> None:
    page = await asked(world, "praat@example.org", coach=coach, called="Anna")
    form = {"answer": "wil-praten", "sentence": "Ik loop vast."}
    assert (await http.post(page, data=form)).status_code == 200
    await http.post(page, data=form)
    world.now = datetime.now(UTC)
    await world.live(world.now)
    ((_, mail),) = world.sent
    assert ("petra@" in mail["To"]) is (coach is not None)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Ik loop vast." in body.get_content()
    assert "praat@example.org" in body.get_content()


async def test_the_page_of_who_is_erased_and_a_forged_one_are_dead(
    world: World, http: httpx.AsyncClient
) -> None:
    page = await asked(world, "dood@example.org")
    profile_id = await world.pool.fetchval("SELECT profile_id FROM contacts")
    await take(
        world.pool,
        AGREED,
        Event(str(uuid7()), "/services/profiles", "ContactErased.v1", profile_id, AGREED, None),
    )
    for dead in (page, "/check-in/x.y.z"):
        assert (await http.get(dead)).status_code == 404
        assert (await http.post(dead, data={"answer": "goed"})).status_code == 404
