"""Single keys open, search and decide; never in a field, with another key held, or where they are off."""

import re
from uuid import uuid4

from playwright.async_api import Browser, Page, expect
from support.desk_pages import signed_in
from support.meetings import a_match
from support.stacks import Stack


async def arrives(page: Page, url: str) -> None:
    """Wait for a page, and for its scripts: a key before them is the browser's own."""
    await expect(page).to_have_url(re.compile(url))
    await page.wait_for_load_state()


async def test_keys_go_through_rows_decide_search_and_show_themselves(stack: Stack, browser: Browser) -> None:
    name = f"Toets{uuid4().hex[:8]}"
    assignment_id, _, _ = await a_match(stack, name, frequency="none")
    page = await (await signed_in(stack, browser)).new_page()
    await page.goto(f"/opdrachten?q={name}")
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Sneltoetsen")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("n")
    await page.keyboard.press("Escape")
    await expect(dialog).not_to_be_visible()
    row = page.locator("[data-key]", has_text=name)
    await expect(row).to_be_visible()
    await page.keyboard.press("j")
    await expect(page.get_by_role("rowheader").get_by_role("link")).to_be_focused()
    await page.keyboard.press("Enter")
    await arrives(page, f"/opdrachten/{assignment_id}$")
    await expect(row).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await arrives(page, rf"{assignment_id}/mensen/[^/]+/besluit\?soort=rejected$")
    await page.keyboard.press("/")
    await arrives(page, "/opdrachten#q$")
    search = page.get_by_role("searchbox")
    await expect(search).to_be_focused()
    await page.keyboard.type("nja/?")
    await expect(search).to_have_value("nja/?")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Control+k")
    await expect(page).to_have_url(re.compile("/opdrachten#q$"))


async def test_keys_that_somebody_switched_off_do_nothing(stack: Stack, browser: Browser) -> None:
    context = await signed_in(stack, browser)
    url = stack.layout.url("desk")
    await context.add_cookies([{"name": "sneltoetsen", "value": "uit", "url": url}])
    page = await context.new_page()
    await page.goto("/opdrachten")
    for key in "/nj?":
        await page.keyboard.press(key)
    await expect(page).to_have_url(f"{url}/opdrachten")
    assert await page.evaluate("document.activeElement === document.body")
    await page.get_by_role("button", name="Sneltoetsen").click()
    await expect(page.get_by_role("dialog")).to_contain_text("uitgezet")
