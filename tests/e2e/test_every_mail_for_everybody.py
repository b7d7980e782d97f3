"""Every mail, and the pages of its links, however a match may stand: axe finds nothing against WCAG 2.2 AA.

They are made as they are sent and served, without a stack. A mail has one scheme of colours.
"""

from importlib.resources import files

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext
from support.answer_pages import every_page
from support.mails import COMPOSER, EVERY_MAIL, NOW
from support.notifying import read

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
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
    assert await violations(context, mails() | pages()) == []


async def test_everybody_can_read_every_page_in_the_dark(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    assert await violations(context, pages()) == []


async def violations(context: BrowserContext, made: dict[str, str]) -> list[tuple[str, ...]]:
    page = await context.new_page()
    seen: list[tuple[str, ...]] = []
    for name, html in made.items():
        await page.set_content(html)
        found = (await Axe().run(page, options=WCAG)).response
        assert found["passes"], "axe looked at nothing"
        seen += [
            (name, one["id"], str(node["target"]), node["failureSummary"])
            for one in found["violations"]
            for node in one["nodes"]
        ]
        narrow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        if not await page.evaluate(narrow):
            seen.append((name, "wider than the window"))
    return seen
