"""A session that ends while somebody works: the page says so at once, and what they typed is there again
after they signed in."""

import re
from uuid import uuid4

import httpx
import pytest
from contracts.vocabulary import Role
from playwright.async_api import Browser, BrowserContext, Page, expect
from support.desk_pages import LIVE
from support.meetings import a_match
from support.stacks import ANSWER_SECONDS, Stack, until
from support.taking_in import press


@pytest.fixture
async def desk(stack: Stack, browser: Browser) -> BrowserContext:
    return await browser.new_context(base_url=stack.layout.url("desk"))


async def sign_in(page: Page) -> None:
    """Sign in at the provider's page, where a page of ours led to."""
    await page.get_by_label("Naam").fill("recruiter")
    await page.get_by_label("Wachtwoord").fill("recruiter")
    await page.get_by_role("button", name="Inloggen").click()


async def open_page(desk: BrowserContext, path: str) -> Page:
    """Open a page once the desk has heard of what it is about; sign in where the provider asks for it."""
    page = await desk.new_page()

    async def is_there() -> bool:
        answer = await page.goto(path)
        if await page.get_by_label("Wachtwoord").count():
            await sign_in(page)
            await expect(page.locator("#connection")).to_be_visible()
            return False  # what came after signing in may be the page that says that there is none
        return answer is not None and answer.ok

    await until(is_there, what=f"the desk has {path}")
    await expect(page.locator("#connection")).to_contain_text(LIVE)
    return page


async def end_sessions(stack: Stack) -> None:
    """End them as an operator does."""
    async with httpx.AsyncClient(
        base_url=stack.layout.url("desk"), headers=stack.headers(Role.OPERATOR), timeout=ANSWER_SECONDS
    ) as http:
        answer = await http.delete("/sessions", params={"subject": "recruiter"})
    assert answer.json()["ended"] >= 1


async def test_what_was_typed_is_in_the_form_after_signing_in_and_is_saved_once(
    stack: Stack, desk: BrowserContext
) -> None:
    title = f"Uitgelogd {uuid4().hex[:8]}"
    page = await open_page(desk, "/opdrachten/nieuw")
    await page.fill("#title", title)
    await page.fill("#description", "Eerste regel\nTweede regel")
    await page.check("[name=required_specialisms][value=redactie]")
    await end_sessions(stack)
    await expect(page.locator("#connection")).to_contain_text(
        "Je bent uitgelogd. Wat je hier invulde, staat er nog."
    )
    await page.fill("#hours_min", "24")  # the reach is asked for, and leads nowhere
    await expect(page.locator("#title")).to_have_value(title)

    await press(page, "Bewaar concept")
    await sign_in(page)
    await expect(page).to_have_url(re.compile("/opdrachten/nieuw$"))
    await expect(page.get_by_text("staat weer in het formulier")).to_be_visible()
    await expect(page.locator("#title")).to_have_value(title)
    await expect(page.locator("#description")).to_have_value("Eerste regel\nTweede regel")
    await expect(page.locator("#hours_min")).to_have_value("24")
    await expect(page.locator("[name=required_specialisms][value=redactie]")).to_be_checked()
    await expect(page.locator("#connection")).to_contain_text(LIVE)
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    drafts = await stack.items("assignments", "/drafts")
    assert [one["fields"]["title"] for one in drafts if one["fields"].get("title") == title] == [title]


async def test_a_page_on_which_nobody_types_leads_to_signing_in_and_back(
    stack: Stack, desk: BrowserContext
) -> None:
    assignment_id, _, _ = await a_match(stack, f"Sessie{uuid4().hex[:8]}", frequency="none")
    page = await open_page(desk, f"/opdrachten/{assignment_id}?tab=verloop")
    await end_sessions(stack)
    await expect(page.get_by_label("Wachtwoord")).to_be_visible()
    await sign_in(page)
    await expect(page).to_have_url(re.compile(rf"/opdrachten/{assignment_id}\?tab=verloop$"))
    await expect(page.locator("#connection")).to_contain_text(LIVE)


async def test_signing_out_in_one_tab_is_told_in_another_where_somebody_types(
    stack: Stack, desk: BrowserContext
) -> None:
    assignment_id, profile_id, _ = await a_match(stack, f"Tabblad{uuid4().hex[:8]}", frequency="none")
    place = f"/opdrachten/{assignment_id}/mensen/{profile_id}"
    typing = await open_page(desk, place)
    other = await open_page(desk, "/")
    await typing.get_by_label("Nieuwe notitie").fill("Half geschreven")
    await other.get_by_role("button", name="Uitloggen").click()
    await expect(typing.locator("#connection")).to_contain_text("Je bent uitgelogd")
    await typing.get_by_role("button", name="Bewaar notitie").click()
    await sign_in(typing)
    await expect(typing.get_by_label("Nieuwe notitie")).to_have_value("Half geschreven")
    await typing.get_by_role("button", name="Bewaar notitie").click()
    await expect(typing.locator(".notes").get_by_text("Half geschreven")).to_be_visible()
