"""The desk's rooms in a browser: axe finds nothing, and nothing is wider than a phone."""

import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool, migrate, open_pool
from contracts.vocabulary import CheckIn
from desk import rendering
from desk.domain import profile_form as form
from desk.pages import (
    mails,
    people,
    placement_changes,
    placements,
    placing,
    preferences,
    profile,
    profile_form,
    selection,
    trainings,
)
from playwright.async_api import Browser, BrowserContext, Page, Route
from support.accessibility import violations
from support.desks import a_checkin, a_placement, an_event, somebody_interested, tell
from support.own_pages import TRAININGS
from support.owned import Answering, desk_of

from contracts import examples

ROUTERS = [
    room.router
    for room in (
        *(rendering, people, profile_form, profile, mails, selection, preferences),
        *(placing, placements, placement_changes, trainings),
    )
]


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", "desk")
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
def owners() -> Answering:
    answering = Answering()
    deliveries = [
        {
            "notice_id": str(uuid4()),
            "kind": "match",
            "to": "a.very.long.address.of.somebody@communicatie.provincie.example.org",
            "assignment_id": None,
            "profile_id": None,
            "outcome": outcome,
            "created_at": "2026-11-01T12:00:00Z",
            "settled_at": None,
            "due_at": None,
        }
        for outcome in ("accepted", "bounced")
    ]
    answering.tell("GET", "/deliveries", {"items": deliveries, "next": "x"})
    answering.tell("GET", "/suppressions", {"items": [], "next": None})
    answering.tell(
        "GET", "/recruiter-preferences", {"summary": "direct", "interest": "direct", "quiet_hours": False}
    )
    group = {"group": "level", "professionals": 50, "proposed": 9}
    rates = [
        group | {"value": value, "rate": rate, "of_highest": rate}
        for value, rate in (("senior", 1.0), ("medior", 0.4))
    ]
    answering.tell("GET", "/selection", {"policy": "1", "rates": rates})
    fault = {"pointer": "/contact/email", "detail": "must be an e-mail address"}
    answering.tell("GET", "/trainings", {"items": TRAININGS, "next": None})
    training = TRAININGS[0]
    answering.tell("GET", f"/trainings/{training['training_id']}", training, headers={"ETag": '"1"'})
    answering.tell("POST", "/profiles", {"status": 422, "errors": [fault]}, 422)
    return answering


async def visited(context: BrowserContext, desk: httpx.AsyncClient) -> Page:
    """Return a page whose requests the desk answers in this process."""

    async def answer(route: Route) -> None:
        asked = route.request
        headers = {"content-type": asked.headers["content-type"]} if "content-type" in asked.headers else {}
        answered = await desk.request(
            asked.method, asked.url, content=asked.post_data_buffer, headers=headers
        )
        await route.fulfill(
            status=answered.status_code, headers=dict(answered.headers), body=answered.content
        )

    await context.route("**/*", answer)
    return await context.new_page()


async def check(page: Page) -> None:
    assert await violations(page) == [], page.url


async def photograph(page: Page, folder: str, name: str) -> None:
    path = re.sub(r"/[0-9a-f-]{36}", "", urlsplit(page.url).path).strip("/").replace("/", "-")
    await page.screenshot(path=f"{folder}/{path}-{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_axe_finds_nothing_in_any_room(
    pool: Pool, owners: Answering, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    pair = await somebody_interested(pool, "Anna Voorbeeld-van den Bergh")
    profile_id, placement_id = pair.ids["profile_id"], uuid4()
    at = datetime.now(UTC)
    said = a_checkin(pair, placement_id, at, CheckIn.WIL_PRATEN)
    await tell(pool, [an_event(one, at) for one in (a_placement(pair, placement_id), said)])
    place = "/opdrachten/{assignment_id}/mensen/{profile_id}/plaats".format(**pair.ids)
    owners.tell("GET", f"/profiles/{profile_id}", examples.PROFILE, headers={"ETag": '"1"'})
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    async with desk_of(pool, owners, *ROUTERS) as desk:
        page = await visited(context, desk)
        for path in (
            "/mensen?niveau=medior&stil=1",
            f"/mensen/{profile_id}",
            f"/mensen/{profile_id}/wijzigen",
            "/mails?uitkomst=bounced",
            "/mails/adressen",
            "/selectie",
            "/opleidingen",
            "/opleidingen/nieuw",
            f"/opleidingen/{TRAININGS[0]['training_id']}",
            "/instellingen",
            "/plaatsingen?praten=1",
            f"/plaatsingen/{placement_id}",
            f"/plaatsingen/{placement_id}/wijzigen",
            f"/plaatsingen/{placement_id}/einde",
            place,
        ):
            await page.goto(f"http://desk{path}")
            await check(page)
            if folder := os.environ.get("ROOMS_PICTURES"):
                await photograph(page, folder, f"{scheme}-{width}")
        for typed in ("41", "24"):  # refused, and looked at once more
            await page.goto(f"http://desk{place}")
            await page.get_by_label("Uren per week").fill(typed)
            await page.get_by_label("Contractvorm").select_option("zzp")
            async with page.expect_navigation():  # whole, with its styles
                await page.get_by_role("button", name="Verder").click()
            await check(page)
            if folder := os.environ.get("ROOMS_PICTURES"):
                await photograph(page, folder, f"{typed}-{scheme}-{width}")
        await page.goto("http://desk/mensen/nieuw")
        await page.get_by_label(form.LABELS["/contact/name"], exact=True).fill("Iemand")
        async with page.expect_navigation():
            await page.get_by_role("button", name="Opslaan").last.click()
        await check(page)
        await page.get_by_role("link", name="E-mailadres").click()
        assert await page.get_by_label(form.LABELS["/contact/name"], exact=True).input_value() == "Iemand"
