"""The pages on which an opdracht is taken in, published and changed, in a browser on a whole stack."""

import random
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from support.accessibility import violations
from support.desk_pages import opened
from support.meetings import somebody
from support.stacks import Stack, process_of, standing_still, until
from support.taking_in import a_draft, an_open_one, fill_in, press, published, to_publish, typed
from uuid_utils.compat import uuid7

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">'\"&lt;{{7*7}}</textarea><script>alert(1)</script>"
LARGEST_PAGE = 100_000
REACHES = re.compile(r"van de \d+ mensen")


@pytest.fixture
async def signed_in(stack: Stack, browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        base_url=stack.layout.url("desk"), extra_http_headers=stack.headers(), reduced_motion="reduce"
    )
    yield context
    await context.close()


@pytest.fixture
async def page(signed_in: BrowserContext) -> Page:
    return await signed_in.new_page()


@pytest.fixture(scope="module")
async def fitting(stack: Stack) -> None:
    """Somebody who fits what `typed` says."""
    await stack.post("profiles", "/profiles", somebody(random.Random(16), "IntakeInge"))


async def check(page: Page) -> None:
    assert await violations(page) == []
    assert len(await page.content()) < LARGEST_PAGE


@pytest.mark.usefixtures("fitting")
async def test_from_empty_to_published_with_a_mouse(stack: Stack, page: Page) -> None:
    title = f"Muis {uuid4().hex[:8]}"
    await page.goto("/opdrachten/nieuw")
    await expect(page.locator("#bereik")).to_contain_text("Vul nog in")
    await fill_in(page, title)
    await until(lambda: reaches(page, title))
    await page.fill("#weight_rate", "30")
    await expect(page.locator("#points")).to_contain_text("nog 70 te verdelen")

    await press(page, "Controleer en publiceer")
    summary = page.get_by_role("alert")
    await expect(summary).to_contain_text("samen 100")
    await expect(summary).to_be_focused()
    await expect(page.locator("#title")).to_have_value(title)
    await page.fill("#weight_rate", "")
    await press(page, "Controleer en publiceer")
    assignment_id = await to_publish(page)
    await expect(page.get_by_text("€ 112,50 per uur")).to_be_visible()
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await until(lambda: foresees(page))
    await press(page, "Publiceer")

    await published(page, assignment_id)
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    items = await stack.items("assignments", "/assignments?state=open")
    (found,) = [one for one in items if one["title"] == title]
    assert found["rate_max_cents"] == 11_250
    assert found["place"]["name"] == "Amersfoort"
    assert found["description"] == typed(title)["description"]


async def reaches(page: Page, title: str) -> bool:
    """Type the title, also once more, and look whether the form says whom the opdracht reaches."""
    async with page.expect_response("**/opdrachten/nieuw"):
        await page.fill("#title", title)
    return bool(REACHES.search(await page.locator("#bereik").inner_text()))


async def foresees(page: Page) -> bool:
    """Load the page before publishing anew: asked while an owner was late, it says that it cannot tell."""
    await page.reload()
    return bool(re.search("krijg(t|en) nu mail", await page.locator(".note").inner_text()))


async def test_from_empty_to_published_with_the_keyboard_alone(page: Page) -> None:
    title = f"Toetsen {uuid4().hex[:8]}"

    async def go(name: str, value: str = "") -> None:
        """Tab on to a control."""
        for _ in range(200):
            await page.keyboard.press("Tab")
            at = await page.evaluate(
                "[document.activeElement.name ?? '', document.activeElement.value ?? '']"
            )
            if at[0] == name and value in {"", at[1]}:
                return
        raise AssertionError(f"no Tab leads to {name} {value}")

    await page.goto("/opdrachten/nieuw")
    said = typed(title)
    for name in ("title", "organisation_name"):
        await go(name)
        await page.keyboard.type(said[name])
    await go("organisation_type")
    await page.keyboard.type("gemeente")
    for name in ("place", "onsite_days"):
        await go(name)
        await page.keyboard.type(said[name])
    await go("description")
    await page.keyboard.type("Help mee")
    await go("reason")
    await page.keyboard.type("Vervanging")
    await go("level")
    await page.keyboard.type("strategisch")
    for name in ("hours_min", "hours_max", "rate_max_cents"):
        await go(name)
        await page.keyboard.type(said[name])
    for name in ("starts_on", "ends_on"):
        await go(name)
        await type_a_day(page, said[name])
    await go("contract_forms", "zzp")
    await page.keyboard.press("Space")
    for value in ("evenementen", "media-analyse"):
        await go("required_specialisms", value)
        await page.keyboard.press("Space")
    await go("respond_by_day")
    await type_a_day(page, "2099-01-31")
    for name in ("recruiter_name", "recruiter_email"):
        await go(name)
        await page.keyboard.press("Control+A")
        await page.keyboard.type(said[name])
    await go("actie", "controleer")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Controleer en publiceer")).to_be_visible()
    assignment_id = await to_publish(page)
    publish = page.get_by_role("button", name="Publiceer")
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await publish.evaluate("button => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await published(page, assignment_id)
    await expect(page.get_by_role("heading", name=title)).to_be_visible()


async def type_a_day(page: Page, day: str) -> None:
    """Type a date into a browser's own field: month, day, year, as an English one has them."""
    year, month, number = day.split("-")
    await page.keyboard.type(f"{month}{number}{year}")


async def test_without_javascript_all_of_it_works(stack: Stack, browser: Browser) -> None:
    context = await browser.new_context(
        base_url=stack.layout.url("desk"), extra_http_headers=stack.headers(), java_script_enabled=False
    )
    page = await context.new_page()
    title = f"Zonder {uuid4().hex[:8]}"
    await page.goto("/opdrachten/nieuw")
    await fill_in(page, title)

    async def is_computed() -> bool:
        async with page.expect_navigation():
            await press(page, "Bereken bereik")
        return bool(REACHES.search(await page.locator("#bereik").inner_text()))

    await until(is_computed)
    await expect(page.locator("#title")).to_have_value(title)
    await press(page, "Controleer en publiceer")
    assignment_id = await to_publish(page)
    await press(page, "Publiceer")
    await published(page, assignment_id)
    await expect(page.get_by_role("heading", name=title)).to_be_visible()


async def test_an_incomplete_draft_is_kept_as_it_was_typed_and_can_be_deleted(page: Page) -> None:
    await page.goto("/opdrachten/nieuw")
    await page.fill("#title", "Half")
    await page.fill("#hours_min", "veel")
    await page.fill("#place", "Nergenshuizen")
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    await expect(page.locator("#hours_min")).to_have_value("veel")
    await expect(page.locator("#hours_min-fout")).to_contain_text("1 tot en met 40")
    await press(page, "Controleer en publiceer")
    await expect(page.locator("#place-fout")).to_contain_text("Kies een plaats uit de lijst")
    await expect(page.locator("#place")).to_have_value("Nergenshuizen")
    await page.fill("#place", "Den Bosch")  # which goes by its official name from now on
    await press(page, "Bewaar concept")
    await expect(page.locator("#place")).to_have_value("'s-Hertogenbosch")
    await page.get_by_role("link", name="Verwijder dit concept").click()
    await expect(page).to_have_url(re.compile("/verwijder$"))
    address = page.url.removesuffix("/verwijder")
    await press(page, "Verwijder dit concept")
    await expect(page).to_have_url(re.compile("tab=concept"))
    gone = await page.goto(f"{address}/wijzigen")
    assert gone is not None
    assert gone.status == 404


async def test_somebody_elses_change_of_a_draft_is_shown_beside_mine(stack: Stack, page: Page) -> None:
    address = await a_draft(page, f"Botsing {uuid4().hex[:8]}")
    draft = f"/drafts/{address.rpartition('/')[2]}"
    async with stack.client("assignments") as http:
        fields = (await http.get(draft)).json()["fields"]
        theirs = {**fields, "title": "Van de ander", "hours_max": 40}
        assert (await http.put(draft, json=theirs, headers={"If-Match": '"1"'})).is_success

    await page.fill("#title", "Van mij")
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("alert")).to_contain_text("Iemand anders heeft dit net gewijzigd")
    row = page.get_by_role("row", name=re.compile("Titel"))
    await expect(row).to_contain_text("Van de ander")
    await expect(row).to_contain_text("Van mij")
    await page.get_by_role("row", name=re.compile("maximaal")).get_by_role("checkbox").check()
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    await expect(page.locator("#title")).to_have_value("Van mij")
    await expect(page.locator("#hours_max")).to_have_value("40")


@pytest.mark.usefixtures("fitting")
async def test_a_change_of_an_open_one_is_looked_at_before_it_is_sent(stack: Stack, page: Page) -> None:
    assignment_id = await an_open_one(stack)
    await opened(page, f"/opdrachten/{assignment_id}")
    await page.goto(f"/opdrachten/{assignment_id}/wijzigen?met=%7B%22rate_max_cents%22%3A12345%7D")
    await expect(page.get_by_role("status").filter(has_text="Ingevuld: Tarief per uur")).to_be_visible()
    await expect(page.locator("#rate_max_cents")).to_have_value("123,45")
    await page.fill("#hours_max", "x")
    await press(page, "Controleer de wijziging")
    await expect(page.locator("#hours_max-fout")).to_contain_text("Vul hele uren in")
    await page.fill("#hours_max", "40")
    await press(page, "Controleer de wijziging")
    row = page.get_by_role("row", name=re.compile("Tarief"))
    await expect(row).to_contain_text("€ 123,45 per uur")
    await expect(page.locator(".note")).to_contain_text("Van wie nu past, valt niemand af.")
    await press(page, "Terug naar het formulier")
    await expect(page.locator("#rate_max_cents")).to_have_value("123,45")
    await press(page, "Controleer de wijziging")
    await press(page, "Wijzig de opdracht")
    await expect(page).to_have_url(re.compile(rf"/opdrachten/{assignment_id}$"))
    await expect(page.locator("#main")).to_contain_text("123,45")


async def test_an_opdracht_is_copied_and_closed_once_however_often_the_button_is_pressed(
    stack: Stack, page: Page
) -> None:
    assignment_id = await an_open_one(stack)
    await opened(page, f"/opdrachten/{assignment_id}")
    before = len(await stack.items("assignments", "/drafts"))
    await page.goto(f"/opdrachten/{assignment_id}/kopieer")
    await page.get_by_role("button", name="Maak een kopie").dblclick()
    await expect(page.get_by_role("heading", name="Concept afmaken")).to_be_visible()
    await expect(page.locator("#starts_on")).to_have_value("")
    assert len(await stack.items("assignments", "/drafts")) == before + 1

    await page.goto(f"/opdrachten/{assignment_id}/sluit")
    await press(page, "Sluit de opdracht")
    await expect(page.get_by_role("alert")).to_contain_text("Kies waarom")
    await page.get_by_label("Ingevuld").check()
    await page.get_by_role("button", name="Sluit de opdracht").dblclick()
    await expect(page.locator("#main")).to_contain_text("ingevuld")
    refused = await page.goto(f"/opdrachten/{assignment_id}/wijzigen")
    assert refused is not None
    assert refused.status == 409


async def test_a_double_click_makes_one_draft(stack: Stack, page: Page) -> None:
    title = f"Dubbel {uuid4().hex[:8]}"
    await page.goto("/opdrachten/nieuw")
    await page.fill("#title", title)
    await page.get_by_role("button", name="Bewaar concept").dblclick()
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    drafts = await stack.items("assignments", "/drafts")
    assert [one["fields"]["title"] for one in drafts if one["fields"].get("title") == title] == [title]


async def test_what_was_typed_stays_while_the_owner_does_not_answer(stack: Stack, page: Page) -> None:
    title = f"Stilte {uuid4().hex[:8]}"
    await page.goto("/opdrachten/nieuw")
    await fill_in(page, title)
    with standing_still(process_of(stack.layout, "assignments")):
        await press(page, "Bewaar concept")
        await expect(page.get_by_role("alert")).to_contain_text("even niet te bereiken")
        await expect(page.locator("#title")).to_have_value(title)
        await expect(page.locator("[name=contract_forms][value=zzp]")).to_be_checked()

    async def is_kept() -> bool:
        async with page.expect_navigation():
            await press(page, "Bewaar concept")
        return await page.get_by_role("status").filter(has_text="bewaard").is_visible()

    await until(is_kept)  # with all that waited for it, the owner may be late once more


async def test_without_matching_the_form_stands_and_the_reach_says_so(stack: Stack, page: Page) -> None:
    await page.goto("/opdrachten/nieuw")
    with standing_still(process_of(stack.layout, "matching")):
        await fill_in(page, "Zonder bereik")
        await expect(page.locator("#bereik")).to_contain_text("Het bereik is even niet te berekenen.")
    await until(lambda: reaches(page, "Met bereik"))


async def test_markup_in_every_field_stays_text(page: Page) -> None:
    await page.goto("/opdrachten/nieuw")
    said = typed(HOSTILE)
    for name in said:
        if not await page.locator(f"#{name}[type=date]").count():
            await page.fill(f"#{name}", HOSTILE[: 200 if name == "title" else 90])
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    await expect(page.locator("#title")).to_have_value(HOSTILE[:200])
    await expect(page.locator("#description")).to_have_value(HOSTILE[:90])
    assert "hacked" not in await page.title()
    assert await page.locator("img").count() == 0


@pytest.mark.parametrize("what", ["wijzigen", "publiceer", "kopieer", "sluit", "verwijder"])
async def test_an_id_that_nobody_has_is_a_page_that_says_so(page: Page, what: str) -> None:
    answer = await page.goto(f"/opdrachten/{uuid7()}/{what}")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading", name="Niet gevonden")).to_be_visible()


MAIL = """Dag Sanne,

Wij zoeken per 1 maart 2027 een senior communicatieadviseur voor 24 tot 28 uur per week.
Standplaats: Amersfoort, 2 dagen per week op locatie. Het tarief is maximaal € 95 per uur.
Eis: ervaring met crisiscommunicatie.

Groet, Piet
"""


async def test_a_clients_mail_fills_what_nobody_had_typed_and_shows_its_words(page: Page) -> None:
    await page.goto("/opdrachten/nieuw")
    await page.fill("#hours_max", "36")
    await page.get_by_text("Plak de mail van de opdrachtgever").click()
    await page.fill("#mail", MAIL)
    await press(page, "Lees de mail")
    await expect(page.get_by_role("status").filter(has_text="Uit de mail ingevuld")).to_be_focused()
    await expect(page.locator("#hours_min")).to_have_value("24")
    await expect(page.locator("#hours_max")).to_have_value("36")
    await expect(page.locator("#rate_max_cents")).to_have_value("95")
    await expect(page.locator("#place")).to_have_value("Amersfoort")
    await expect(page.locator("mark").filter(has_text="€ 95")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Haal weg.*Tarief")).click()
    await expect(page.locator("#rate_max_cents")).to_have_value("")
    await expect(page.locator("#hours_min")).to_have_value("24")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_axe_finds_nothing(stack: Stack, browser: Browser, scheme: Any, width: int) -> None:
    context = await browser.new_context(
        base_url=stack.layout.url("desk"),
        extra_http_headers=stack.headers(),
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto("/opdrachten/nieuw")
    await check(page)
    address = await a_draft(page, f"Axe {uuid4().hex[:8]}")
    await check(page)
    await press(page, "Controleer en publiceer")
    await expect(page).to_have_url(re.compile("/publiceer$"))
    await check(page)
    await page.goto(f"{address}/verwijder")
    await check(page)
    await page.goto("/opdrachten/nieuw")
    await page.fill("#weight_rate", "30")
    await page.get_by_text("Plak de mail van de opdrachtgever").click()
    await page.fill("#mail", MAIL)
    await press(page, "Lees de mail")
    await expect(page.get_by_role("status").filter(has_text="Uit de mail ingevuld")).to_be_focused()
    await check(page)
    await press(page, "Controleer en publiceer")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check(page)
    assignment_id = await an_open_one(stack)
    for path in ("kopieer", "sluit", "wijzigen?met=%7B%22rate_max_cents%22%3A12345%7D"):
        await page.goto(f"/opdrachten/{assignment_id}/{path}")
        await check(page)
    await press(page, "Controleer de wijziging")
    await expect(page.get_by_role("heading", name="Controleer de wijziging")).to_be_visible()
    await check(page)
