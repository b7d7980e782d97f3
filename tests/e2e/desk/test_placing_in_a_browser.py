"""A recruiter nominates somebody, places them, extends that and ends it; with scripts and without."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect
from support.desk_pages import signed_in
from support.meetings import a_match, says_yes
from support.stacks import Stack, until


async def shows(page: Page, path: str, text: str) -> bool:
    await page.goto(path)
    return text in await page.content()


async def nominate(page: Page, pair: str) -> None:
    await page.goto(pair)
    await page.get_by_role("link", name="Voordragen bij de opdrachtgever").click()
    await page.get_by_label("Toelichting voor jezelf").fill("Past precies.")
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Leg vast").click()
    await until(lambda: shows(page, pair, "voorgedragen"))


async def place(page: Page) -> None:
    await page.get_by_role("link", name="Plaats", exact=True).click()
    await expect(page.get_by_label("Contractvorm")).to_have_value("zzp")
    await page.get_by_label("Uren per week").fill("41")
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("alert")).to_contain_text("1 tot en met 40")
    await page.get_by_label("Uren per week").fill("24")
    await page.get_by_label("Tarief per uur").fill("97,50")
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("heading", name="Controleer wat je vastlegt")).to_be_visible()
    await expect(page.get_by_text("Dit kun je niet ongedaan maken")).to_be_visible()
    await page.get_by_role("button", name="Plaats", exact=True).click()
    await expect(page.get_by_text("Geplaatst.")).to_be_visible()


async def extend(page: Page) -> None:
    await page.get_by_role("link", name="Verleng of wijzig").click()
    await page.get_by_label("Laatste dag").fill("2027-12-31")
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_text("was: woensdag 1 september 2027")).to_be_visible()
    await page.get_by_role("button", name="Leg vast").click()
    await expect(page.get_by_text("vrijdag 31 december 2027").first).to_be_visible()


async def end(page: Page) -> None:
    await page.get_by_role("link", name="Be\u00ebindig").click()
    await page.get_by_label("Laatste dag").fill("2027-05-31")
    await page.get_by_label("Waarom eindigt de plaatsing?").select_option("early")
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Be\u00ebindig de plaatsing").click()
    await expect(page.get_by_text("is eerder gestopt op maandag 31 mei 2027")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["live", "without-scripts"])
async def test_somebody_is_nominated_placed_extended_and_ended(
    stack: Stack, browser: Browser, scripts: bool
) -> None:
    name = f"Plaats{uuid4().hex[:8]}"
    assignment_id, profile_id, address = await a_match(stack, name)
    await says_yes(stack, address, name)
    page = await (await signed_in(stack, browser, java_script_enabled=scripts)).new_page()
    pair = f"/opdrachten/{assignment_id}/mensen/{profile_id}"
    await until(lambda: shows(page, pair, "heeft interesse sinds"))
    await nominate(page, pair)
    await place(page)
    await page.goto(f"/opdrachten/{assignment_id}")
    await expect(page.get_by_role("heading", name=re.compile("^Geplaatst"))).to_be_visible()
    await page.goto(f"/plaatsingen?q={name}")
    await page.get_by_role("link", name=name, exact=True).click()
    await extend(page)
    await end(page)
    await page.goto(f"/plaatsingen?tab=afgelopen&q={name}")
    await expect(page.get_by_role("rowheader", name=name)).to_be_visible()
    async with stack.client("assignments") as http:
        (kept,) = (await http.get(f"/assignments/{assignment_id}/placements")).json()["items"]
    assert {name: kept[name] for name in ("hours", "rate_cents", "ends_on", "ended_on", "ended_reason")} == {
        "hours": 24,
        "rate_cents": 9750,
        "ends_on": "2027-12-31",
        "ended_on": "2027-05-31",
        "ended_reason": "early",
    }
