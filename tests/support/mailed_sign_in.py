"""How a professional comes to the desk: asks a link, opens it from the mail, and registers who is new."""

import re

from playwright.async_api import Page, expect

from support.stacks import Stack, until


async def ask(page: Page, stack: Stack, address: str) -> None:
    """Ask a link to sign in."""
    await page.goto(f"{stack.layout.url('desk')}/mijn/inloggen")
    await page.get_by_label("E-mailadres").fill(address)
    await page.get_by_role("button", name="Stuur me een link").click()
    await expect(page.get_by_role("heading", name="Kijk in je mail")).to_be_visible()


async def mailed(stack: Stack, address: str, count: int = 1) -> tuple[int, str]:
    """Return the newest link that an address was mailed and its mail's number, once so many were mailed."""

    async def newest() -> tuple[int, str] | None:
        known = await _links(stack, address)
        return max(known) if len(known) >= count else None

    return await until(newest, what="the link is mailed")


async def _links(stack: Stack, address: str) -> list[tuple[int, str]]:
    found = []
    for mail in await stack.mails():
        if address.lower() in str(mail).lower():
            text = await stack.mail_text(mail["id"])
            if link := re.search(r"\S+/mijn/inloggen/\S+", text):
                found.append((mail["id"], link[0]))
    return found


async def let_in(page: Page, stack: Stack, address: str) -> None:
    """Sign in by the link that an address is mailed."""
    await ask(page, stack, address)
    _, link = await mailed(stack, address)
    await page.goto(link)
    await page.get_by_role("button", name="Log in").click()


async def register(page: Page, name: str, **said: str) -> None:
    """Fill in the form for who is new, and send it. `said`: what is typed otherwise than usual, by field."""
    typed = USUAL | said
    await page.get_by_label("Je naam").fill(name)
    await page.get_by_label("Je niveau").select_option(typed["level"])
    await page.get_by_label("redactie").check()
    await page.get_by_label("Je bent vrij vanaf").fill(typed["free"])
    await page.get_by_label("Minste uren per week").fill(typed["hours_min"])
    await page.get_by_label("Meeste uren per week").fill(typed["hours_max"])
    await page.get_by_label("Je woonplaats").fill(typed["place"])
    await page.get_by_label("Zo ver wil je reizen").fill(typed["distance"])
    await page.get_by_label("Je laagste tarief per uur").fill(typed["rate"])
    await page.get_by_label("zzp").check()
    await page.get_by_role("button", name="Schrijf me in").click()


USUAL = {
    "level": "medior",
    "free": "2027-01-04",
    "hours_min": "16",
    "hours_max": "32",
    "place": "Utrecht",
    "distance": "80",
    "rate": "75",
}
