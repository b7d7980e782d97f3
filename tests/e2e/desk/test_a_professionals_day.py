"""The day of a professional, on the stack and without scripts: signs in by a mailed link, answers what fits,
looks at their career, changes their profile, sees who saw their data, takes it along, and leaves."""

import json
from pathlib import Path

from playwright.async_api import Browser, Page, expect
from support.desk_pages import signed_in
from support.mailed_sign_in import let_in
from support.meetings import a_match
from support.stacks import Stack, until


async def shown(page: Page, text: str) -> None:
    """Load a page anew until it shows a text."""

    async def shows() -> bool:
        await page.reload()
        return text in await page.locator("main").inner_text()

    await until(shows, what=f"the page shows {text}")


async def test_a_professional_has_a_day(stack: Stack, browser: Browser) -> None:
    assignment_id, profile_id, address = await a_match(stack, "Dagmara")
    context = await browser.new_context(java_script_enabled=False, base_url=stack.layout.url("desk"))
    page = await context.new_page()
    await let_in(page, stack, address)
    await page.wait_for_url("**/mijn")
    title = "Opdracht voor Dagmara"
    await shown(page, title)

    await page.get_by_role("link", name=title, exact=True).click()
    await page.get_by_role("button", name="Ja, ik heb interesse").click()
    await expect(page.get_by_role("status")).to_contain_text("Bedankt, je antwoord is binnen")
    await shown(page, "Je hebt interesse")
    recruiter = await (await signed_in(stack, browser)).new_page()
    await recruiter.goto(f"/opdrachten/{assignment_id}/mensen/{profile_id}")
    await expect(recruiter.locator("main")).to_contain_text("heeft interesse")

    await page.get_by_role("link", name="Loopbaan").click()
    await expect(page.get_by_role("heading", name="Tarief")).to_be_visible()
    await page.get_by_label("Reizen tot").fill("300")
    await page.get_by_role("button", name="Reken uit wat dit scheelt").click()
    await expect(page.get_by_role("status")).to_contain_text("in aanmerking gekomen")
    await page.get_by_role("link", name="Neem dit over in je profiel").click()
    await page.get_by_role("button", name="Neem over").click()
    await expect(page.get_by_role("status")).to_contain_text("Opgeslagen")
    await expect(page.locator("main")).to_contain_text("300 km")
    await page.get_by_role("button", name="Ik ben nu al vrij").click()
    await expect(page.get_by_role("status")).to_contain_text("vanaf wanneer je vrij bent")

    await page.get_by_role("link", name="Gegevens", exact=True).click()
    await shown(page, "een recruiter bekeek")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download je gegevens").click()
    held = json.loads(Path(await (await started.value).path()).read_text())["held"]
    assert held.keys() == {"profiles", "assignments", "matching", "notifications", "desk"}

    await page.get_by_text("Verwijder je profiel en alles").click()
    await page.get_by_label("Typ ter bevestiging je naam").fill("Dagmara")
    await page.get_by_role("button", name="Verwijder voorgoed").click()
    await expect(page.get_by_role("heading", name="Je gegevens worden verwijderd")).to_be_visible()
    await page.goto("/mijn")
    await expect(page.get_by_label("E-mailadres")).to_be_visible()
