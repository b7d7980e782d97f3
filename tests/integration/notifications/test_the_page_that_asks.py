"""The page behind the mail that asks whether somebody stays: looking changes nothing, its button does. The
page on privacy needs no link."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from chassis.database import Pool
from contracts.events import ContactUpdated
from notifications.answers.links import Purpose
from support.answer_pages import PRIVACY
from support.notifications_app import LINKS
from support.notifying import a_contact, hear
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
ASKED = "SELECT erased_on IS NOT NULL FROM contacts WHERE profile_id = $1"
PUBLISHED = "SELECT key FROM outbox WHERE topic = 'preferences'"


async def asked(pool: Pool, address: str) -> UUID:
    profile_id = uuid7()
    contact = a_contact(profile_id, address).model_dump()
    day, since = (NOW + timedelta(days=30)).date(), NOW - timedelta(days=335)
    await hear(pool, NOW, ContactUpdated(**contact | {"erased_on": day, "silent_since": since}))
    return profile_id


def page_of(profile_id: UUID) -> str:
    return "/confirm/" + LINKS.write(Purpose.CONFIRM, profile_id).rpartition("/")[2]


async def test_looking_changes_nothing_and_the_button_confirms(pool: Pool, http: httpx.AsyncClient) -> None:
    anna = await asked(pool, "blijft@example.org")
    shown = await http.get(page_of(anna))
    assert shown.status_code == 200
    assert "Ja, ik blijf ingeschreven" in shown.text
    assert await pool.fetchval(ASKED, anna)
    assert await pool.fetch(PUBLISHED) == []
    for _ in range(2):
        done = await http.post(page_of(anna))
        assert done.status_code == 200
        assert "Je blijft ingeschreven" in done.text
    assert not await pool.fetchval(ASKED, anna)
    assert {row["key"] for row in await pool.fetch(PUBLISHED)} == {str(anna).encode()}


async def test_a_page_of_one_link_hands_out_no_other(pool: Pool, http: httpx.AsyncClient) -> None:
    anna = await asked(pool, "eenlink@example.org")
    for answer in (await http.get(page_of(anna)), await http.post(page_of(anna))):
        assert not any(path in answer.text for path in ("/preferences/", "/unsubscribe/", "/m/"))


async def test_a_link_that_is_forged_or_of_nobody_does_nothing(pool: Pool, http: httpx.AsyncClient) -> None:
    anna = await asked(pool, "vervalst@example.org")
    other = LINKS.write(Purpose.PREFERENCES, anna).rpartition("/")[2]
    for path in ("/confirm/forged", f"/confirm/{other}", page_of(uuid7())):
        for answer in (await http.get(path), await http.post(path)):
            assert answer.status_code == 404
            assert "Deze link werkt niet meer" in answer.text
    assert await pool.fetchval(ASKED, anna)


async def test_the_page_on_privacy_is_for_everybody(http: httpx.AsyncClient) -> None:
    answer = await http.get("/privacy")
    assert answer.status_code == 200
    assert "Je rechten" in answer.text
    assert PRIVACY.address in answer.text
