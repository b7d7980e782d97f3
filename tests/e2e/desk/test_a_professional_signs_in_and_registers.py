"""In a browser on the stack: a professional registers by a mailed link, and signs in and out."""

import os
import re
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Browser, Page, expect
from support.accessibility import violations
from support.mailed_sign_in import ask, mailed, register
from support.stacks import Stack, until

VIEWS = [(width, scheme) for width in (320, 390, 1280) for scheme in ("light", "dark")]


async def check(page: Page, name: str) -> None:
    """Let axe look at a page on each kind of screen; a picture of each where a folder is named."""
    for width, scheme in VIEWS:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(page) == [], (name, width)
        if folder := os.environ.get("SIGN_IN_PICTURES"):
            await page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)


async def test_a_newcomer_registers_signs_out_and_signs_in_again_in_other_letter_case(
    stack: Stack, browser: Browser
) -> None:
    address = f"nieuw.{uuid4().hex[:8]}@example.org"
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{stack.layout.url('desk')}/mijn/inloggen")
    await check(page, "ask")
    await page.get_by_label("E-mailadres").fill("geen adres")
    await page.get_by_role("button", name="Stuur me een link").click()
    await expect(page.get_by_text("Vul je e-mailadres in, zoals")).to_be_visible()
    await check(page, "no-address")
    await ask(page, stack, address)
    await check(page, "sent")

    number, link = await mailed(stack, address)
    mail = await (await browser.new_context()).new_page()
    await mail.set_content(await stack.mail_text(number, "html"))
    await check(mail, "mail-new")
    await page.goto(link)
    await check(page, "open")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Schrijf je in")).to_be_visible()
    await check(page, "register")
    await page.get_by_role("button", name="Schrijf me in").click()
    await expect(page.get_by_role("heading", name="Nog niet ingeschreven")).to_be_visible()
    await check(page, "refused")
    await register(page, "Nieuw Iemand")
    await expect(page.get_by_role("heading", name="Je bent ingeschreven")).to_be_visible()
    await until(lambda: is_counted(page, stack), what="the page says how many fit")
    await check(page, "done")

    await page.goto(link)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Deze link werkt niet meer")).to_be_visible()
    await check(page, "dead")
    assert (await page.request.get(f"{stack.layout.url('desk')}/opdrachten")).status == 403

    await ask(page, stack, address.upper())
    number, link = await mailed(stack, address, count=2)
    text = await stack.mail_text(number)
    assert "Dag Nieuw Iemand," in text
    await mail.set_content(await stack.mail_text(number, "html"))
    await check(mail, "mail-known")
    await page.goto(link)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url("**/mijn")
    out = await page.request.post(f"{stack.layout.url('desk')}/sign-out")
    assert out.ok
    away = await page.request.get(f"{stack.layout.url('desk')}/mijn/registreren", max_redirects=0)
    assert away.status == 303


async def is_counted(page: Page, stack: Stack) -> bool:
    """Look again how many opdrachten fit, as the page asks that says that this is still looked for."""
    await page.goto(f"{stack.layout.url('desk')}/mijn/registreren/klaar")
    return await page.get_by_text(re.compile("past nu|passen nu")).count() > 0


async def test_a_second_registration_of_an_address_is_a_friendly_page(stack: Stack, browser: Browser) -> None:
    address = f"twee.{uuid4().hex[:8]}@example.org"
    pages = [await (await browser.new_context()).new_page() for _ in range(2)]
    for count, page in enumerate(pages, start=1):
        await ask(page, stack, address)
        _, link = await mailed(stack, address, count)
        await page.goto(link)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("heading", name="Schrijf je in")).to_be_visible()
    for page in pages:
        await register(page, "Tweede Keer")
    await expect(pages[0].get_by_role("heading", name="Je bent ingeschreven")).to_be_visible()
    await expect(pages[1].get_by_role("heading", name="Je bent al ingeschreven")).to_be_visible()
    await check(pages[1], "taken")


async def test_a_link_that_is_none_is_the_page_of_one_that_was_used(stack: Stack, browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{stack.layout.url('desk')}/mijn/inloggen/verzonnen")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Deze link werkt niet meer")).to_be_visible()
