"""Every page, in light and dark, on a phone and a desk: axe finds nothing against WCAG 2.2 AA."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from support.accessibility import violations
from support.meetings import a_match, mails_to
from support.stacks import Stack, until

WIDTHS = {"phone": 360, "desk": 1280}


@pytest.fixture(params=[("light", "phone"), ("dark", "phone"), ("light", "desk"), ("dark", "desk")])
async def visit(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[BrowserContext]:
    scheme, width = request.param
    context = await browser.new_context(
        viewport={"width": WIDTHS[width], "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield context
    await context.close()


async def check(page: Page) -> None:
    assert await violations(page) == []


async def first_mail(stack: Stack, address: str, name: str) -> tuple[str, str]:
    """Return the text and the HTML of somebody's first mail."""
    mail = (await until(lambda: mails_to(stack, address, f"Opdracht voor {name}")))[0]
    return await stack.mail_text(mail["id"]), await stack.mail_text(mail["id"], "html")


def link(text: str, kind: str) -> str:
    found = re.search(rf"http://\S+/{kind}/[^\s?]+", text)
    assert found is not None
    return found[0]


async def test_what_a_professional_opens(stack: Stack, visit: BrowserContext) -> None:
    name = f"Iedereen{uuid4().hex[:8]}"
    _, _, address = await a_match(stack, name)
    text, html = await first_mail(stack, address, name)
    page = await visit.new_page()

    match = link(text, "m")
    await page.goto(match)
    await check(page)
    await page.get_by_role("button", name="Vraag het me later nog eens").click()
    await expect(page.get_by_role("status")).to_contain_text("nog eens te zien in je mail van")
    await check(page)
    await page.get_by_role("button", name="Ja, ik heb interesse").click()
    await expect(page.get_by_role("status")).to_contain_text("Je antwoord is binnen")
    await check(page)
    await page.get_by_role("button", name="Ik zie ervan af").click()
    await expect(page.get_by_text("niets voor je is")).to_be_visible()
    await check(page)

    await page.goto(link(text, "preferences"))
    await check(page)
    await page.get_by_role("button", name="Bewaar").click()
    await expect(page.get_by_role("status")).to_contain_text("Bewaard")
    await check(page)

    await page.goto(link(text, "unsubscribe"))
    await check(page)
    await page.get_by_role("button", name="Stuur me geen mail meer").click()
    await expect(page.get_by_role("heading", name="Je krijgt geen mail meer")).to_be_visible()
    await check(page)
    await page.get_by_label("Wil je zeggen waarom?").select_option("Ik kreeg te veel mail.")
    await page.get_by_role("button", name="Verstuur").click()
    await expect(page.get_by_role("status")).to_contain_text("Dank je wel")
    await check(page)
    async with stack.client("notifications") as http:
        assert 'unsubscribed_total{reason="too_much"}' in (await http.get("/metrics")).text

    await page.goto(match[:-3] + "abc")
    await expect(page.get_by_role("heading", name="Deze link werkt niet")).to_be_visible()
    await check(page)

    mail = await visit.new_page()
    await mail.set_content(html)
    await check(mail)
