"""A recruiter decides at the desk: the message is looked at before it leaves, and can be taken back."""

import re
from uuid import uuid4

from playwright.async_api import Browser, Page, expect
from support.desk_pages import live_page, signed_in
from support.meetings import a_match, mails_to, says_yes
from support.stacks import Stack, until


async def fill_in_a_rejection(page: Page) -> None:
    await page.get_by_role("link", name="Afwijzen").click()
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kies de reden")
    await page.get_by_label("Het tarief").check()
    await page.get_by_label("Toelichting voor jezelf").fill("Boven het budget <b>van</b> de klant.")
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_text("past helaas niet binnen het budget")).to_be_visible()


async def test_a_message_is_looked_at_before_it_leaves_and_a_decision_can_be_taken_back(
    stack: Stack, browser: Browser
) -> None:
    name = f"Besluit{uuid4().hex[:8]}"
    assignment_id, _, address = await a_match(stack, name)
    await says_yes(stack, address, name)
    desk = await signed_in(stack, browser)
    page = await live_page(desk, f"/opdrachten/{assignment_id}")
    await expect(page.get_by_role("heading", name="Heeft interesse")).to_be_visible()
    await page.get_by_role("link", name=re.compile(name)).first.click()
    await fill_in_a_rejection(page)
    await page.get_by_role("button", name="Pas aan").click()
    await expect(page.get_by_label("Toelichting voor jezelf")).to_have_value(
        "Boven het budget <b>van</b> de klant."
    )
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Leg vast").click()
    await page.get_by_role("button", name="Maak ongedaan").click()
    await expect(page.get_by_role("link", name="Voordragen bij de opdrachtgever")).to_be_visible()

    await page.get_by_role("link", name="Voordragen bij de opdrachtgever").click()
    await page.get_by_label("Toelichting voor jezelf").fill("Past precies.")
    await page.get_by_label(re.compile("Bericht aan")).fill("Goed nieuws: ik draag je voor.")
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Leg vast").click()
    await expect(page.get_by_text("Vastgelegd.")).to_be_visible()

    async def told() -> list[str]:
        found = [await stack.mail_text(mail["id"]) for mail in await mails_to(stack, address, "")]
        return [text for text in found if "Goed nieuws: ik draag je voor." in text]

    await until(told, 90)
    texts = [await stack.mail_text(mail["id"]) for mail in await mails_to(stack, address, "")]
    assert not [text for text in texts if "van de klant" in text], "what stays inside"
    record = await live_page(desk, f"/opdrachten/{assignment_id}?tab=verantwoording")
    await expect(record.get_by_role("rowheader", name=name)).to_be_visible()
    await expect(record.get_by_text("Afgewezen (het tarief)")).to_be_visible()
