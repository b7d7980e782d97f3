"""A professional's own pages in a browser: axe and the Nu HTML Checker find nothing in light and dark,
nothing is wider than a phone, and the keyboard alone answers an opdracht."""

import os
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import pytest
from chassis.database import Pool, migrate, open_pool
from contracts.vocabulary import Role
from desk import rendering
from desk.pages import mijn, mijn_address, mijn_career, mijn_data, mijn_learning, mijn_network, mijn_profile
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from support.accessibility import violations
from support.html_checker import html_errors
from support.own_pages import TITLE, Own, a_professional
from support.owned import Answering, desk_of

ROOMS = [
    room.router
    for room in (
        *(rendering, mijn, mijn_career, mijn_profile, mijn_data, mijn_address),
        *(mijn_learning, mijn_network),
    )
]


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", "desk")
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def own(pool: Pool, owners: Answering) -> Own:
    return await a_professional(pool, owners)


@pytest.fixture
async def desk(pool: Pool, owners: Answering, own: Own) -> AsyncIterator[httpx.AsyncClient]:
    desk = desk_of(pool, owners, *ROOMS, role=Role.PROFESSIONAL, subject=str(own.profile_id))
    async with desk as opened:
        yield opened


async def visited(context: BrowserContext, desk: httpx.AsyncClient) -> Page:
    """Return a page whose requests the desk answers in this process."""

    async def answer(route: Route) -> None:
        asked = route.request
        headers = {"content-type": asked.headers["content-type"]} if "content-type" in asked.headers else {}
        answered = await desk.request(
            asked.method, asked.url, content=asked.post_data_buffer, headers=headers, follow_redirects=True
        )  # to the end: a browser without windows follows no redirect that is fulfilled
        await route.fulfill(
            status=answered.status_code, headers=dict(answered.headers), body=answered.content
        )

    await context.route("**/*", answer)
    return await context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_axe_finds_nothing_and_nothing_is_too_wide(
    desk: httpx.AsyncClient, own: Own, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = await visited(context, desk)
    for number, path in enumerate(own.pages()):
        await page.goto(f"http://desk{path}")
        assert await violations(page) == [], path
        if folder := os.environ.get("ROOMS_PICTURES"):
            await page.screenshot(path=f"{folder}/own-{number}-{scheme}-{width}.png", full_page=True)
    await context.close()


async def test_the_html_checker_finds_nothing(desk: httpx.AsyncClient, own: Own) -> None:
    pages = {path: (await desk.get(path)).text for path in own.pages()}
    assert html_errors(pages) == []


async def test_the_keyboard_alone_answers_an_opdracht_without_scripts(
    desk: httpx.AsyncClient, own: Own, owners: Answering, browser: Browser
) -> None:
    owners.tell("POST", f"/matches/{own.match_id}/answer", {"match_id": str(own.match_id)})
    context = await browser.new_context(java_script_enabled=False)
    page = await visited(context, desk)
    await page.goto("http://desk/mijn")
    await page.get_by_role("link", name=TITLE, exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    await page.get_by_role("button", name="Ja, ik heb interesse").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Bedankt, je antwoord is binnen")
    await context.close()
