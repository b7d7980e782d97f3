"""Every mail, and the pages of its links, however a match may stand: axe finds nothing against WCAG 2.2 AA.

They are made as they are sent and served, without a stack. A mail has one scheme of colours.
"""

from importlib.resources import files

from playwright.async_api import Browser, BrowserContext
from support.accessibility import violations
from support.answer_pages import every_page
from support.mails import COMPOSER, EVERY_MAIL, NOW
from support.notifying import read

STYLE = (files("words") / "static/style.css").read_text()
LINKED = '<link rel="stylesheet" href="/static/style.css">'


def pages() -> dict[str, str]:
    made = {f"page: {name}": html for name, html in every_page().items()}
    return {name: html.replace(LINKED, f"<style>{STYLE}</style>") for name, html in made.items()}


def mails() -> dict[str, str]:
    bodies = {name: read(COMPOSER.write(send, NOW)).get_body(("html",)) for name, send in EVERY_MAIL.items()}
    return {f"mail: {name}": body.get_content() for name, body in bodies.items() if body is not None}


async def test_everybody_can_read_every_mail_and_page_on_a_phone(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 800}, color_scheme="light")
    assert await faults(context, mails() | pages()) == []


async def test_everybody_can_read_every_page_in_the_dark(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    assert await faults(context, pages()) == []


async def faults(context: BrowserContext, made: dict[str, str]) -> list[tuple[str, ...]]:
    page = await context.new_page()
    seen: list[tuple[str, ...]] = []
    for name, html in made.items():
        await page.set_content(html)
        seen += [(name, *fault) for fault in await violations(page)]
    return seen
