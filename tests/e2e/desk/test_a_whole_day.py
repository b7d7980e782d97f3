"""A recruiter's whole day at the desk, from signing in to the printed record: by mouse, and by keys alone."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect
from stack.identity.configuration import PEOPLE
from support.a_day import MAIL, Day
from support.desk_pages import LIVE
from support.hands import Keyboard, Mouse
from support.meetings import mails_to, says_yes
from support.stacks import Stack, until
from support.taking_in import published, to_publish

RATE = "Tarief per uur, maximaal (mag leeg)"
FOR_OURSELVES = "Toelichting voor jezelf en je collega's"
GOOD_NEWS = "Goed nieuws: ik draag je voor. Ik bel je morgen."
HALF, REST = "Belde net: kan vanaf maart", ", liefst op dinsdag."


@pytest.fixture(params=[Mouse, Keyboard])
async def day(stack: Stack, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Day]:
    """A day, after which its people are gone, and the recruiter gets the mails that it got before."""
    context = await browser.new_context(base_url=stack.layout.url("desk"), reduced_motion="reduce")
    page = await context.new_page()
    begun = Day(stack, page, request.param(page), uuid4().hex[:6])
    async with stack.client("notifications") as http:
        before = (await http.get("/recruiter-preferences")).json()
        yield begun
        (await http.put("/recruiter-preferences", json=before)).raise_for_status()
    async with stack.client("profiles") as http:
        for profile_id in begun.people:
            (await http.delete(f"/profiles/{profile_id}")).raise_for_status()


async def test_a_whole_day_from_signing_in_to_the_printed_record(day: Day) -> None:
    await day.joins(day.anna)
    await day.joins(day.carla, rate_min_cents=10_500)
    await day.joins(day.dirk, excluded_organisation_types=["gemeente"])
    await signs_in(day)
    await takes_in_what_a_client_mailed(day)
    await finds_the_concept_and_publishes_it(day)
    await watches_who_comes(day)
    await understands_and_makes_a_note(day)
    await finds_it_among_what_waits_today(day)
    await compares(day)
    await invites_and_takes_it_back(day)
    await nominates(day)
    await rejects(day)
    await looks_who_almost_fits(day)
    await copies(day)
    await changes(day)
    await looks_up_a_mail(day)
    await sets_own_mails(day)
    await closes(day)
    await prints_the_record(day)
    await signs_out(day)


async def signs_in(day: Day) -> None:
    recruiter = PEOPLE[0]
    await day.page.goto("/")
    await day.hand.write("Naam", recruiter.name)
    await day.hand.write("Wachtwoord", recruiter.password)
    await day.hand.press("button", "Inloggen")
    await day.sees_heading("Vandaag")
    await expect(day.page.get_by_role("navigation", name="Kamers")).to_be_visible()


async def takes_in_what_a_client_mailed(day: Day) -> None:
    await day.hand.press("link", "Nieuwe opdracht", key="n")
    await day.sees_heading("Nieuwe opdracht")
    await day.hand.unfold("Plak de mail van de opdrachtgever")
    await day.hand.write(re.compile("^De mail. Wat we erin herkennen"), MAIL)
    await day.hand.press("button", "Lees de mail")
    await expect(day.page.get_by_role("status").filter(has_text="Uit de mail ingevuld")).to_be_focused()
    await expect(day.page.get_by_label(RATE)).to_have_value("80")

    (at_80,) = await until(lambda: reached(day, "Titel", day.title), what="the reach is told")
    await day.hand.press("link", "Eisen")
    await until(lambda: reaches(day, int(at_80) + 2), what="the reach follows what is typed")
    await day.hand.press("button", "Bewaar concept", key="Enter")
    await expect(day.page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()


async def reached(day: Day, field: str, text: str) -> list[str]:
    """Write into a field, also once more; return how many people the form then reaches, where it says so."""
    async with day.page.expect_response("**/opdrachten/nieuw"):
        await day.hand.write(field, text)
    return await day.page.locator("#bereik .big strong").all_inner_texts()


async def reaches(day: Day, least: int) -> bool:
    """Write the rate, also once more: who joined just now may not have been counted."""
    return any(int(count) >= least for count in await reached(day, RATE, "112,50"))


async def finds_the_concept_and_publishes_it(day: Day) -> None:
    await day.hand.press("link", "Opdrachten")
    await day.sees_heading("Opdrachten")
    await day.hand.press("link", re.compile("^Concept"))
    await day.hand.press("link", day.title)
    await day.sees_heading("Concept afmaken")
    await day.hand.write("Omschrijving", "Help de gemeente met de verkiezingen na de herindeling.")
    await day.hand.write("Reden van de inhuur", "Drukte door de verkiezingen")
    await day.hand.press("link", "Reageren")
    await day.hand.write("Datum", "2099-01-31")
    await day.hand.press("button", "Controleer en publiceer")
    await day.sees_heading("Controleer en publiceer")
    assignment_id = await to_publish(day.page)
    await until(lambda: says_who_fits(day), what="the page says how many fit")
    await day.hand.press("button", "Publiceer")
    await published(day.page, assignment_id)
    await day.sees_heading(day.title)


async def says_who_fits(day: Day) -> bool:
    """Load the page before publishing anew: asked while an owner was late, it says that it cannot tell."""
    await day.page.reload()
    return await day.page.get_by_text(re.compile(r"\d+ mensen passen")).is_visible()


async def watches_who_comes(day: Day) -> None:
    """Nobody loads the page anew for what comes: who fits, that they are mailed, and that one says yes."""
    await expect(day.page.locator("#connection")).to_contain_text(LIVE)
    loaded = await day.page.evaluate("performance.timeOrigin")
    await expect(day.part("Past en gemaild")).to_contain_text(day.anna)
    await day.joins(day.bert)
    await expect(day.page.locator("[data-key].new", has_text=day.bert)).to_be_visible()
    await says_yes(day.stack, day.address(day.bert), day.title)
    await expect(day.part("Heeft interesse")).to_contain_text(day.bert)
    assert await day.page.evaluate("performance.timeOrigin") == loaded


async def understands_and_makes_a_note(day: Day) -> None:
    """Somebody says yes while the note is half written; it goes on where it was."""
    await day.hand.press("link", day.anna)
    await day.sees_heading(day.anna)
    await expect(day.part("Waarom deze score")).to_contain_text("Specialismen")
    await expect(day.part("Alle eisen").locator("li.holds")).not_to_have_count(0)
    await expect(day.part("Alle eisen").locator("li.fails")).to_have_count(0)
    await expect(day.page.locator("#connection")).to_contain_text(LIVE)
    await day.hand.write("Nieuwe notitie", HALF)
    await says_yes(day.stack, day.address(day.anna), day.title)
    await expect(day.page.locator("#course")).to_contain_text("heeft interesse")
    await expect(day.page.get_by_label("Nieuwe notitie")).to_be_focused()
    await day.page.keyboard.type(REST)
    await day.hand.press("button", "Bewaar notitie")
    await expect(day.page.locator(".notes")).to_contain_text(HALF + REST)


async def finds_it_among_what_waits_today(day: Day) -> None:
    await day.hand.press("link", "Vandaag")
    await day.sees_heading("Vandaag")
    await day.hand.press("link", re.compile(f"^{day.anna} heeft interesse"))
    await day.sees_heading(day.anna)


async def compares(day: Day) -> None:
    await day.goes_back_to_the_opdracht()
    for name in (day.anna, day.bert):
        await day.hand.tick(f"Vergelijk {name}")
    await day.hand.press("button", "Vergelijk wie je aanvinkt", key="v")
    await day.sees_heading("Vergelijk")
    for name in (day.anna, day.bert):
        await expect(day.page.get_by_role("columnheader", name=name)).to_be_visible()
    await expect(day.page.get_by_role("row", name=re.compile("^Past"))).to_be_visible()
    await day.goes_back_to_the_opdracht()


async def invites_and_takes_it_back(day: Day) -> None:
    await day.hand.press("link", re.compile(f"^Nodig uit ?: {day.anna}"))
    await day.hand.write(FOR_OURSELVES, "De klant wil haar spreken.")
    await day.hand.write("Wanneer", "2098-03-04T10:30")
    await day.hand.write("Waar", "Stadhuis, kamer 4")
    await day.hand.press("button", "Verder")
    preview = day.part("Controleer je besluit")
    await expect(preview).to_contain_text("4 maart 2098, 10:30 uur, Stadhuis, kamer 4")
    await expect(preview).to_contain_text(f"Dag {day.anna}")
    await day.hand.press("button", "Leg vast")
    await day.hand.press("button", "Maak ongedaan")
    await expect(day.page.locator("#standing")).to_contain_text("heeft interesse")
    await expect(day.page.locator("#course")).to_contain_text("ongedaan gemaakt")


async def nominates(day: Day) -> None:
    await day.hand.press("link", "Voordragen bij de opdrachtgever", key="d")
    await day.hand.write(FOR_OURSELVES, "Past precies.")
    await day.hand.write(f"Bericht aan {day.anna}", GOOD_NEWS)
    await day.hand.press("button", "Verder")
    await expect(day.part("Controleer je besluit")).to_contain_text(GOOD_NEWS)
    await day.hand.press("button", "Leg vast")
    await expect(day.page.locator("#standing")).to_contain_text("Vastgelegd.")
    await until(lambda: told(day, day.anna, GOOD_NEWS), what="the message is mailed as it was written")


async def told(day: Day, name: str, words: str) -> bool:
    mails = await mails_to(day.stack, day.address(name))
    return any([words in await day.stack.mail_text(mail["id"]) for mail in mails])


async def rejects(day: Day) -> None:
    await day.goes_back_to_the_opdracht()
    await expect(day.part("Voorgedragen bij de opdrachtgever")).to_contain_text(day.anna)
    await day.hand.press("link", re.compile(f"^Wijs af ?: {day.bert}"))
    await day.hand.tick("Het tarief")
    await day.hand.write(FOR_OURSELVES, "Boven het budget.")
    await day.hand.press("button", "Verder")
    await expect(day.part("Controleer je besluit")).to_contain_text("past helaas niet binnen het budget")
    await day.hand.press("button", "Leg vast")
    await expect(day.page.locator("#standing")).to_contain_text("Vastgelegd.")


async def looks_who_almost_fits(day: Day) -> None:
    await day.goes_back_to_the_opdracht()
    await day.hand.press("link", "Bijna passend")
    await expect(day.part("Soort organisatie")).to_contain_text(day.dirk)
    await day.hand.press("link", day.dirk)
    await day.sees_heading(day.dirk)
    await expect(day.part("Alle eisen").locator("li.fails")).to_have_count(1)
    await expect(day.part("Alle eisen").locator("li.fails")).to_contain_text("Soort organisatie")


async def copies(day: Day) -> None:
    await day.goes_back_to_the_opdracht()
    await day.hand.press("link", "Kopieer")
    await day.hand.press("button", "Maak een kopie")
    await day.sees_heading("Concept afmaken")
    await expect(day.page.get_by_label("Titel", exact=True)).to_have_value(day.title)
    await expect(day.page.get_by_label("Start op", exact=True)).to_have_value("")


async def changes(day: Day) -> None:
    await day.finds_the_opdracht()
    await day.hand.press("link", "Wijzig")
    await day.sees_heading("Opdracht wijzigen")
    await day.hand.press("link", "Eisen")
    await day.hand.write(RATE, "95")
    await day.hand.press("button", "Controleer de wijziging", key="Enter")
    await day.sees_heading("Controleer de wijziging")
    row = day.page.get_by_role("row", name=re.compile("^Tarief"))
    await expect(row).to_contain_text("€ 112,50 per uur")
    await expect(row).to_contain_text("€ 95 per uur")
    await expect(day.page.get_by_text("dan niet meer")).to_contain_text(day.carla)
    await day.hand.press("button", "Wijzig de opdracht")
    await day.sees_heading(day.title)
    await expect(day.part("Past niet meer")).to_contain_text(day.carla)


async def looks_up_a_mail(day: Day) -> None:
    await day.hand.press("link", "Mensen")
    await day.sees_heading("Mensen")
    mistyped = day.anna.replace("nn", "n")
    await day.hand.write("Zoek op naam of e-mailadres", mistyped, key="/")
    await day.hand.press("button", "Zoek", key="Enter")
    await expect(day.page.get_by_label("Gekozen filters")).to_contain_text(mistyped)
    await day.hand.press("link", day.anna)
    await day.sees_heading(day.anna)
    await day.hand.press("link", f"Alle mails aan {day.anna}")
    await day.sees_heading("Mails")
    await day.hand.press("link", "Mail over de voordracht")
    await expect(day.page.locator(".mail")).to_contain_text(GOOD_NEWS)


async def sets_own_mails(day: Day) -> None:
    await day.hand.press("link", "Instellingen")
    await day.sees_heading("Instellingen")
    await day.hand.choose("Iemand heeft interesse", "één keer per dag")
    await day.hand.press("button", "Opslaan", within=day.part("Mails aan mij"))
    await expect(day.page.get_by_role("status").filter(has_text="Je mails zijn ingesteld")).to_be_visible()
    await expect(day.page.get_by_label("Iemand heeft interesse")).to_have_value("daily")


async def closes(day: Day) -> None:
    await day.finds_the_opdracht()
    await day.hand.press("link", "Sluit")
    await day.hand.tick("Ingevuld: er is iemand gevonden")
    await day.hand.press("button", "Sluit de opdracht")
    await expect(day.page.locator("#opdracht-head")).to_contain_text("ingevuld")


async def prints_the_record(day: Day) -> None:
    """Who was nominated stands in it by name, the others by their initials."""
    await day.hand.press("link", "Verantwoording")
    record = day.page.locator("#record")
    await expect(record.get_by_role("row", name=day.anna)).to_contain_text("Voorgedragen, ")
    await expect(record.get_by_role("row").filter(has_text="(het tarief)")).to_contain_text("B. P.")
    await expect(record).not_to_contain_text(day.bert)
    fell_off = record.get_by_role("row").filter(has_text="Past niet meer: tarief")
    await expect(fell_off.first).to_contain_text("C. D.")
    for asked in ("verkiezingscommunicatie", "€ 112,50"):
        await expect(record).to_contain_text(asked)
    await day.page.evaluate("window.print = () => { window.printed = true; }")
    await day.hand.press("button", "Druk af")
    assert await day.page.evaluate("window.printed")

    await day.page.emulate_media(media="print")
    await expect(record).to_be_visible()
    for unprinted in ("navigation", "button", "link"):
        await expect(day.page.get_by_role(unprinted)).to_have_count(0)
    document = await day.page.pdf()
    assert document.startswith(b"%PDF")
    assert len(document) > 10_000
    await day.page.emulate_media(media="screen")


async def signs_out(day: Day) -> None:
    await day.hand.press("button", "Uitloggen")
    await day.sees_heading("Je bent uitgelogd")
    await day.page.goto("/opdrachten")
    await expect(day.page.get_by_label("Wachtwoord")).to_be_visible()
