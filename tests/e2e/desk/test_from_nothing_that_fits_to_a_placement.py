"""From an address that nobody has to an entry in a portfolio: a starter, and her recruiter beside her.

The same story twice, each time in two browsers: once with the eyes of the one, once with those of the other.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect
from support.stacks import Stack, leave_nothing, until
from support.starting_out import (
    FARTHER,
    FARTHER_AND_LESS,
    FREE_AGAIN,
    GOOD_NEWS,
    LAST_DAY,
    RECRUITER,
    Recruiter,
    Starter,
    day,
    opened,
)


@dataclass(frozen=True)
class Both:
    starter: Starter
    recruiter: Recruiter


@pytest.fixture
async def both(stack: Stack, browser: Browser) -> AsyncIterator[Both]:
    """A starter who is nobody yet, and a recruiter who is signed in, each in a browser of their own."""
    opdrachten = await opened(stack, uuid4().hex[:6])
    starter = Starter(await _page(stack, browser), opdrachten)
    recruiter = Recruiter(await _page(stack, browser), opdrachten)
    await recruiter.signs_in()
    yield Both(starter, recruiter)
    await leave_nothing(stack)


async def _page(stack: Stack, browser: Browser) -> Page:
    return await (await browser.new_context(base_url=stack.layout.url("desk"))).new_page()


async def test_a_starter_whom_nothing_fits_finds_what_helps_and_ends_with_a_placement_in_her_portfolio(
    both: Both,
) -> None:
    starter, recruiter = both.starter, both.recruiter
    title = starter.opdrachten.title
    await starter.comes_by_a_mailed_link()
    await starter.registers()
    await sees_that_nothing_fits_and_what_would_help(starter)
    await starter.wants_mail_at_any_hour()
    await starter.takes_over_what_brings_one()
    await starter.says_yes_from_the_mail()
    await starter.sees_at_home("Loopt", title, "Je hebt interesse.")

    await recruiter.nominates(starter.name)
    await starter.sees_in_the_mail("je bent voorgedragen", GOOD_NEWS)
    await starter.sees_at_home("Loopt", title, f"{RECRUITER.display_name} heeft je voorgedragen")

    await recruiter.places(starter.name)
    await starter.sees_in_the_mail("je gaat aan de slag!", title, "32 uur per week", day(LAST_DAY))
    await starter.sees_at_home("Je werkt nu aan", title, f"32 uur per week · tot en met {day(LAST_DAY)}")
    await finds_it_in_her_portfolio_and_is_free_the_day_after(starter)
    await finds_it_in_her_career(starter)


async def sees_that_nothing_fits_and_what_would_help(starter: Starter) -> None:
    """Right after she registered, and on the own page."""
    await sees_what_helps(starter, "/mijn/registreren/klaar")
    await expect(starter.page.get_by_text("Er past nu nog geen opdracht bij je.")).to_be_visible()
    await starter.follow("Naar jouw pagina")
    await expect(starter.page).to_have_url(re.compile("/mijn$"))
    await sees_what_helps(starter, "/mijn")
    await starter.sees_at_home("Bijna", starter.opdrachten.title)
    await starter.sees_heading(f"Dag {starter.name}")
    await expect(starter.part("Past bij je")).to_contain_text("Er wacht nu geen opdracht op je antwoord.")
    nearly = starter.part("Bijna").get_by_role("listitem").filter(has_text=starter.opdrachten.title)
    await expect(nearly).to_contain_text("Zwolle")


async def sees_what_helps(starter: Starter, address: str) -> None:
    """Load a page anew until it says so: it does not before all of it was heard of."""
    helps = starter.part("Dit scheelt het meest").get_by_role("listitem")
    farther = helps.filter(has_text=re.compile(f"^{FARTHER}: 1 opdracht erbij"))
    and_less = helps.filter(has_text=f"{FARTHER_AND_LESS}: 3 opdrachten erbij")

    async def says() -> bool:
        await starter.page.goto(address)
        return await farther.is_visible() and await and_less.is_visible()

    await until(says, what=f"{address} says what helps")


async def finds_it_in_her_portfolio_and_is_free_the_day_after(starter: Starter) -> None:
    async def is_there() -> bool:
        await starter.page.goto("/mijn/profiel")
        return await starter.page.get_by_text("via ons").count() > 0

    await until(is_there, what="the placement stands in the portfolio")
    entry = starter.part("Portfolio").get_by_role("listitem")
    await expect(entry).to_contain_text(
        f"– nu: {starter.opdrachten.title}, Gemeente Zwolle (gemeente) via ons"
    )
    await adds_to_it(starter)
    await expect(starter.part(f"Door je werk ben je vrij vanaf {day(FREE_AGAIN)}")).to_be_visible()
    free = starter.page.get_by_text("Door je lopende werk rekenen we nu met")
    await expect(free).to_contain_text(f"vrij vanaf {day(FREE_AGAIN)}")


async def adds_to_it(starter: Starter) -> None:
    """What was agreed stands; what came of it is hers to write."""
    await starter.follow("Vul je portfolio aan")
    row = starter.page.get_by_role("group", name="Eerder werk 1")
    await expect(row).to_contain_text("Via ons geplaatst: gemeente, communicatiemedewerker (junior)")
    await expect(row.get_by_label("Je rol of opdracht")).to_have_value(starter.opdrachten.title)
    await row.get_by_label("Vakgebieden").fill("redactie")
    await row.get_by_label("Wat het opleverde").fill("Een wijkkrant die gelezen wordt.")
    await starter.page.get_by_role("button", name="Opslaan").last.click()
    await expect(starter.page.get_by_role("status")).to_contain_text("Opgeslagen")
    entry = starter.part("Portfolio").get_by_role("listitem")
    await expect(entry).to_have_count(1)
    await expect(entry).to_contain_text("Een wijkkrant die gelezen wordt.")


async def finds_it_in_her_career(starter: Starter) -> None:
    await starter.follow("Loopbaan")
    await starter.sees_heading("Je loopbaan")
    await expect(starter.part("Afwisseling")).to_contain_text("gemeente")
    await expect(starter.part("Tussen opdrachten")).to_contain_text(
        f"De lopende plaatsing eindigt op {day(LAST_DAY)}."
    )


async def test_her_recruiter_sees_her_come_closer_step_by_step_and_places_her(
    both: Both,
) -> None:
    starter, recruiter = both.starter, both.recruiter
    name, page = starter.name, recruiter.page
    await recruiter.watches()
    await expect(page.get_by_text("Er past nog niemand.")).to_be_visible()
    await starter.comes_by_a_mailed_link()
    await starter.registers()
    await starter.wants_mail_at_any_hour()
    await sees_who_nearly_fits(recruiter, name)

    await recruiter.follow(re.compile("^Mensen"), page.get_by_label("Onderdelen van de opdracht"))
    await recruiter.watches()
    loaded = await page.evaluate("performance.timeOrigin")
    await starter.takes_over_what_brings_one()
    await expect(page.locator("[data-key].new", has_text=name)).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text("Eén nieuwe regel.")
    await recruiter.sees_live("Past en gemaild", name)
    await starter.says_yes_from_the_mail()
    await recruiter.sees_live("Heeft interesse", name)
    assert await page.evaluate("performance.timeOrigin") == loaded

    await finds_her_among_what_waits_today(recruiter, name)
    await recruiter.nominates(name)
    await recruiter.places(name)
    await sees_the_opdracht_filled(recruiter, name)
    await sees_the_placement(recruiter, name)
    await is_mailed(recruiter, f"{name} heeft interesse", f"{name} is geplaatst")


async def sees_who_nearly_fits(recruiter: Recruiter, name: str) -> None:
    async def nearly() -> bool:
        await recruiter.page.goto(f"{recruiter.opdrachten.place}?tab=bijna")
        return name in await recruiter.page.locator("main").inner_text()

    await until(nearly, what="she stands among who nearly fits")
    await expect(recruiter.part("Reisafstand")).to_contain_text(name)


async def finds_her_among_what_waits_today(recruiter: Recruiter, name: str) -> None:
    await recruiter.follow("Vandaag")
    await recruiter.sees_heading("Vandaag")
    await recruiter.follow(re.compile(f"^{name} heeft interesse"))
    await recruiter.sees_heading(name)


async def sees_the_opdracht_filled(recruiter: Recruiter, name: str) -> None:
    await recruiter.watches()
    await expect(recruiter.page.locator("#opdracht-head")).to_contain_text("ingevuld")
    await expect(recruiter.part("Geplaatst")).to_contain_text(name)
    await expect(recruiter.page.get_by_role("link", name="Wijzig", exact=True)).to_have_count(0)


async def sees_the_placement(recruiter: Recruiter, name: str) -> None:
    await recruiter.follow("Plaatsingen")
    await recruiter.sees_heading("Plaatsingen")
    row = recruiter.page.get_by_role("row").filter(has_text=name)
    for words in (recruiter.opdrachten.title, "32 uur per week", "€ 62,50 per uur, zzp"):
        await expect(row).to_contain_text(words)
    await recruiter.follow(name)
    await recruiter.sees_heading(f"Plaatsing van {name}")


async def is_mailed(recruiter: Recruiter, *subjects: str) -> None:
    for about in subjects:
        await recruiter.gets_a_mail(about)
